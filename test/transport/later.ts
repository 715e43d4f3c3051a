// A responder that answers some questions later, when the test says so.
import { LATER, type Respond } from '../../src/query/responder.ts';

/** Replies to what begins with `later` when it is told to, to everything else with the same bytes at once. */
export class LaterResponder {
  /** What is still to be answered, by the text that was asked. */
  readonly open = new Map<string, (reply: Uint8Array) => void>();
  readonly clients: string[] = [];

  readonly respond: Respond = (request, asker, reply) => {
    const text = String(Buffer.from(request));
    this.clients.push(asker.client.text());
    if (text.startsWith('later')) {
      this.open.set(text, asker.later());
      return LATER;
    }
    // Promised, and then not needed after all.
    if (text.startsWith('changed')) asker.later();
    reply.set(request);
    return request.length;
  };

  /** Answers one, from memory that is used again at once. */
  answer(text: string, reply = `re ${text}`): void {
    const scratch = Buffer.from(reply);
    this.open.get(text)?.(scratch);
    scratch.fill(0x21);
  }
}
