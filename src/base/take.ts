// The next few of an iterator, which can go on afterwards.

/** Up to `count` of them; the rest stays to be taken. */
export function* take<T>(from: Iterator<T>, count: number): Generator<T> {
  for (let i = 0; i < count; i++) {
    const { done, value } = from.next();
    if (done === true) return;
    yield value;
  }
}
