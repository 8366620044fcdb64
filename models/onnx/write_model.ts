/**
 * Models on disk: the graph in one file, its weights in another beside it.
 *
 * @module
 */

import {
  type Arrays,
  bytesOf,
  type Dtype,
  errorMessage,
  RsembedError,
  type RunOptions,
} from "@rsembed/core";
import { open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Graph } from "./graph.ts";
import { byteLength, loadTensor, modelBytes, type Placement } from "./model_proto.ts";

/** Tensors from this many bytes on go to the data file. */
const externalFromBytes = 1024;

/** Tensors start at multiples of this, so that a runtime can map them. */
const alignment = 4096;

/** Most bytes written at once: an abort is noticed between two writes. */
const chunkBytes = 16 * 2 ** 20;

/** Writes bytes at a position of a file. */
type Write = (
  bytes: Uint8Array<ArrayBuffer>,
  options: { readonly position: number; readonly signal: AbortSignal | undefined },
) => Promise<void>;

/** Runs a step on the disk; what the file system refuses becomes a typed error. */
async function onDisk<T>(path: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    const status = (error as { code?: unknown }).code;
    throw new RsembedError(
      "unavailable",
      `Cannot write the model "${path}": ${status ?? errorMessage(error)}, a folder with room ` +
        "for it is wanted",
      {
        facts: {
          resource: path,
          permanent: true,
          ...(typeof status === "string" ? { status } : {}),
        },
        cause: error,
      },
    );
  }
}

/** Where a file is made, and the model it is for. */
interface NewFile {
  readonly file: string;
  readonly model: string;
}

/** A new file: what `fill` writes is on the disk when this returns. */
async function newFile(
  { file: name, model: path }: NewFile,
  fill: (write: Write) => Promise<void>,
): Promise<void> {
  const file = await onDisk(path, () => open(name, "wx"));
  try {
    await fill(async (bytes, { position, signal }) => {
      for (let done = 0; done < bytes.length;) {
        signal?.throwIfAborted();
        const length = Math.min(chunkBytes, bytes.length - done);
        const step = () => file.write(bytes, done, length, position + done);
        done += (await onDisk(path, step)).bytesWritten;
      }
    });
    await onDisk(path, () => file.sync());
  } finally {
    await file.close();
  }
}

/**
 * Writes a graph to `path`, and its weights to `<path>.data` beside it. Weights are loaded and written one
 * tensor at a time. Both files appear complete or not at all; a model that was there is replaced.
 *
 * Progress is reported as `convert`, by bytes of weights.
 *
 * @param path Ends in `.onnx` by custom; its folder exists
 * @throws {RsembedError} `unavailable` if the disk refuses; whatever loading a tensor throws
 *
 * @example
 * ```ts
 * import { graph, input, relu, writeModel } from "@rsembed/models/onnx";
 * import { mkdtemp, readdir } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import assert from "node:assert/strict";
 *
 * const folder = await mkdtemp(join(tmpdir(), "model-"));
 * const x = input("x", { dtype: "float32", shape: [3] });
 * await writeModel(graph("relu", { y: relu(x) }), join(folder, "model.onnx"));
 * assert.deepEqual(await readdir(folder), ["model.onnx"]); // no weights, no data file
 * ```
 */
export async function writeModel(
  graph: Graph,
  path: string,
  options: RunOptions = {},
): Promise<void> {
  const { signal, onProgress } = options;
  signal?.throwIfAborted();
  const dataPath = `${path}.data`;
  const stamp = crypto.randomUUID();
  const temporary = (file: string) => join(dirname(file), `.${basename(file)}.${stamp}.tmp`);
  const totalBytes = graph.initializers.reduce((sum, tensor) => sum + byteLength(tensor), 0);
  let doneBytes = 0;
  const report = (bytes: number) => {
    doneBytes += bytes;
    onProgress?.({ stage: "convert", model: graph.name, doneBytes, totalBytes });
  };
  const placements: Placement[] = [];
  let end = 0;

  const place = async (data: Arrays[Dtype], write: Write): Promise<Placement> => {
    if (data.byteLength < externalFromBytes) return { data };
    const offset = Math.ceil(end / alignment) * alignment;
    await write(bytesOf({ data }), { position: offset, signal });
    end = offset + data.byteLength;
    return { location: basename(dataPath), offset };
  };

  try {
    await newFile({ file: temporary(dataPath), model: path }, async (write) => {
      for (const tensor of graph.initializers) {
        signal?.throwIfAborted();
        const data = await loadTensor(tensor, { signal });
        placements.push(await place(data, write));
        report(data.byteLength);
      }
    });
    await newFile({ file: temporary(path), model: path }, async (write) => {
      await write(modelBytes(graph, placements), { position: 0, signal });
    });
    signal?.throwIfAborted();
    await onDisk(path, async () => {
      // at no moment may an old graph stand beside new weights
      await rm(path, { force: true });
      if (end > 0) await rename(temporary(dataPath), dataPath);
      else await rm(dataPath, { force: true });
      await rename(temporary(path), path);
    });
  } finally {
    const leftovers = [temporary(dataPath), temporary(path)];
    // what went wrong before is what the caller must hear of
    await Promise.allSettled(leftovers.map((file) => rm(file, { force: true })));
  }
}
