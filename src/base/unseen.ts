// Characters that drive a terminal or reorder what stands in it, made visible.

/** Control characters, line separators of Unicode, and those that set the direction of text (UAX 9). */
const UNSEEN = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;
/** Those of them that JSON leaves as they are. */
const UNSEEN_IN_JSON = /[\u007f-\u009f\p{Bidi_Control}\u2028\u2029]/gu;

function escapeOf(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** The text with all of them as \u escapes. */
export function visible(text: string): string {
  return text.replace(UNSEEN, escapeOf);
}

/** JSON that says the same, with all of them as \u escapes. */
export function visibleJson(json: string): string {
  return json.replace(UNSEEN_IN_JSON, escapeOf);
}
