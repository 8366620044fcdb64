/**
 * Stages of a pipeline: pull-driven, bounded, overlapping.
 *
 * @module
 */

/** Groups items into arrays of `size`; the last may be shorter. */
export async function* chunked<T>(
  items: AsyncIterable<T>,
  size: number,
): AsyncGenerator<T[], void, undefined> {
  let chunk: T[] = [];
  for await (const item of items) {
    chunk.push(item);
    if (chunk.length === size) {
      yield chunk;
      chunk = [];
    }
  }
  if (chunk.length > 0) yield chunk;
}

/**
 * Works up to `count` items ahead of the consumer, so that a stage is busy while the next one is. Nothing
 * starts before the first item is asked for; leaving the loop early closes the source.
 */
export async function* ahead<T>(
  items: AsyncIterable<T>,
  count: number,
): AsyncGenerator<T, void, undefined> {
  const source = items[Symbol.asyncIterator]();
  const pending: Promise<IteratorResult<T>>[] = [];
  const pull = () => {
    const next = source.next();
    next.catch(() => {}); // reported when its turn comes
    pending.push(next);
  };
  try {
    for (let i = 0; i <= count; i++) pull();
    while (true) {
      const next = await pending.shift()!;
      if (next.done) return;
      pull();
      yield next.value;
    }
  } finally {
    await Promise.allSettled(pending);
    await source.return?.();
  }
}
