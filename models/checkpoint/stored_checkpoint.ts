/**
 * A checkpoint over a file: what all formats share once names, shapes and places are known.
 *
 * @module
 */

import { RsembedError } from "@rsembed/core";
import type { ByteSource } from "./byte_source.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { printable, suggest } from "./refusal.ts";
import { readView, type TensorView } from "./tensor_view.ts";

/** What a format's reader found. */
export interface StoredTensors {
  readonly views: ReadonlyMap<string, TensorView>;
  /** Names of entries that are no readable tensors, and what they are. */
  readonly refused: ReadonlyMap<string, string>;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** The checkpoint of a file. */
export function storedCheckpoint(source: ByteSource, stored: StoredTensors): Checkpoint {
  const { views, metadata } = stored;
  let closed = false;
  return {
    source: source.name,
    tensors: new Map(
      [...views].map(([name, { type, shape }]) => [name, { name, dtype: type, shape }]),
    ),
    metadata,
    async read(name, options = {}) {
      if (closed) throw new TypeError(`Cannot read "${name}" of "${source.name}": it is closed`);
      options.signal?.throwIfAborted();
      const view = views.get(name);
      if (!view) throw missingTensor(name, source.name, stored);
      const data = await readView(view, source.name, options);
      return {
        dtype: "float32",
        axes: view.shape.map((_, axis) => `d${axis}`),
        shape: view.shape,
        data,
      };
    },
    async [Symbol.asyncDispose]() {
      if (closed) return;
      closed = true;
      await source.close();
    },
  };
}

function missingTensor(
  name: string,
  file: string,
  { views, refused }: StoredTensors,
): RsembedError {
  const kind = refused.get(name);
  if (kind !== undefined) {
    return new RsembedError(
      "unsupported",
      printable(`Cannot read "${name}" of "${file}": it is a ${kind}, a dense tensor is wanted`),
      { facts: { feature: kind } },
    );
  }
  const near = suggest(name, views.keys());
  return new RsembedError(
    "not-found",
    printable(
      `Cannot read "${name}" of "${file}": there is no such tensor` +
        (near.length > 0 ? `, did you mean ${near.join(", ")}` : ""),
    ),
    { facts: { name, nearest: near } },
  );
}
