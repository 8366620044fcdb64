/**
 * The one face of all checkpoint formats: named tensors, read when asked for.
 *
 * @module
 */

import type { Dtype, NdArray, RunOptions } from "@rsembed/core";

/** What a checkpoint says of a tensor without reading it. */
export interface TensorInfo {
  /** Name in the checkpoint; nested dicts are joined with dots. */
  readonly name: string;
  /** Element type as stored; `bfloat16` is read as float32. */
  readonly dtype: Dtype | "bfloat16";
  /** Lengths of its axes; `[]` for a scalar. */
  readonly shape: readonly number[];
}

/** An open checkpoint. Nothing in it is ever executed. */
export interface Checkpoint extends AsyncDisposable {
  /** Path or address, for messages. */
  readonly source: string;
  /** All tensors, in the file's order. */
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /** Plain values beside the tensors (hyper-parameters, text metadata), where the format has them. */
  readonly metadata: Readonly<Record<string, unknown>>;
  /**
   * Reads one tensor as float32, in C order.
   *
   * @throws {RsembedError} `not-found` for an unknown name, `unsupported` for what is no dense tensor, `corrupt` for
   * damaged bytes, `limit` for a tensor larger than its storage or than memory
   * @throws {TypeError} if the checkpoint is closed
   */
  read(name: string, options?: RunOptions): Promise<NdArray>;
}
