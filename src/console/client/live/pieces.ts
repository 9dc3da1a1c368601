// Pieces: a body's text as it comes. Not every browser goes through a stream by `for await`.

export async function* piecesOf(body: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    // Of a connection that is away already there is nothing to let go.
    await reader.cancel().catch(() => undefined);
  }
}
