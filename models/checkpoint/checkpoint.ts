/**
 * The one face of all checkpoint formats: named tensors, read when asked for.
 *
 * @module
 */

import type { Dtype, NdArray, RunOptions } from "@rsembed/core";

/** What a checkpoint says of a tensor without reading it. */
export interface TensorInfo {
  readonly name: string;
  /** Element type as stored; `bfloat16` is read as float32. */
  readonly dtype: Dtype | "bfloat16";
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
   * @throws {RsembedError} `not-found` for an unknown name, `corrupt` for damaged bytes
   */
  read(name: string, options?: RunOptions): Promise<NdArray>;
}
