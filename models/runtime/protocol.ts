/**
 * What a session and its worker say to each other.
 *
 * @module
 */

import type { Arrays, Dtype } from "@rsembed/core";

/** An array on its way between threads. */
export interface WireTensor {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly data: Arrays[Dtype];
}

/** Named arrays on their way between threads. */
export type WireTensors = Readonly<Record<string, WireTensor>>;

/** Opens the model; the first request of a worker. */
export interface OpenRequest {
  readonly kind: "open";
  readonly id: number;
  /** Path of the model, or its bytes. */
  readonly model: string | Uint8Array<ArrayBuffer>;
  /** Execution providers to try, in order. */
  readonly providers: readonly string[];
  readonly threads: number;
}

/** Runs the model. */
export interface RunRequest {
  readonly kind: "run";
  readonly id: number;
  readonly feeds: WireTensors;
  /** Outputs to compute; `null` for all. */
  readonly outputs: readonly string[] | null;
}

/** Anything a worker is asked. */
export type Request = OpenRequest | RunRequest;

/** What the worker found when it opened a model. */
export interface Opened {
  /** The execution provider that runs. */
  readonly provider: string;
  /** Why those before it do not: one line each. */
  readonly refused: readonly string[];
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/** How a request failed. */
export interface Failure {
  /** `missing` if ONNX Runtime itself cannot be loaded, `model` if the model or its inputs are refused. */
  readonly reason: "missing" | "model";
  readonly message: string;
}

/** Anything a worker answers. */
export type Reply =
  | { readonly id: number; readonly ok: true; readonly value: Opened | WireTensors }
  | { readonly id: number; readonly ok: false; readonly failure: Failure };
