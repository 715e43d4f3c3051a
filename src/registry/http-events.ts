// Server-sent events (WHATWG HTML 9.2), cut out of text as it comes.

export interface ServerEvent {
  readonly name: string;
  readonly data: string;
  /** The last one that was given, by this event or one before. */
  readonly id: string | undefined;
}

export class EventReader {
  #rest = '';
  /** Where to look for the end of an event. */
  #from = 0;
  #id: string | undefined;

  /** The events that are whole with this text. */
  *read(text: string): Generator<ServerEvent> {
    this.#rest += text;
    for (;;) {
      const end = this.#rest.indexOf('\n\n', this.#from);
      if (end < 0) break;
      const event = this.#eventOf(this.#rest.slice(0, end));
      this.#rest = this.#rest.slice(end + 2);
      this.#from = 0;
      if (event !== undefined) yield event;
    }
    this.#from = Math.max(0, this.#rest.length - 1);
  }

  #eventOf(text: string): ServerEvent | undefined {
    let name = 'message';
    const data: string[] = [];
    for (const line of text.split('\n')) {
      const [, field = '', value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
      if (field === 'event') name = value;
      else if (field === 'data') data.push(value);
      else if (field === 'id') this.#id = value;
    }
    return data.length === 0 ? undefined : { name, data: data.join('\n'), id: this.#id };
  }
}
