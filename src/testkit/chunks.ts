/** A POST of JSON for `fetch` whose body has no length: it is sent in these chunks (`Transfer-Encoding: chunked`). */
export function inChunks(...chunks: readonly string[]): RequestInit {
  const left = [...chunks];
  const body = new ReadableStream({
    pull(controller) {
      const chunk = left.shift();
      if (chunk === undefined) controller.close();
      else controller.enqueue(Buffer.from(chunk));
    },
  });
  return { method: 'POST', headers: { 'content-type': 'application/json' }, body, duplex: 'half' } as RequestInit;
}
