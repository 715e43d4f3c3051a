// Lists as responses: they may be long, so they are made into text as they are read.

/** So many items are made into text at a stretch. */
const PAGE = 1_000;

/** `{"revision":1,"NAME":[...]}`, each item as `messageOf` has it. */
export function listResponse<T>(
  revision: number,
  name: string,
  items: readonly T[],
  messageOf: (item: T) => unknown,
): Response {
  const encoder = new TextEncoder();
  let next = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const page = items.slice(next, next + PAGE).map((item) => JSON.stringify(messageOf(item)));
      const head = next === 0 ? `{"revision":${revision},"${name}":[` : page.length > 0 ? ',' : '';
      next += PAGE;
      const isEnd = next >= items.length;
      controller.enqueue(encoder.encode(`${head}${page.join(',')}${isEnd ? ']}' : ''}`));
      if (isEnd) controller.close();
    },
  });
  return new Response(body, { headers: { 'content-type': 'application/json', 'cache-control': 'no-store' } });
}
