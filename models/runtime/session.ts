/**
 * Sessions: models loaded into a worker thread, so that the event loop never blocks.
 *
 * @module
 */

import { Worker } from "node:worker_threads";
import {
  type Dtype,
  type NdArray,
  ndarray,
  RsembedError,
  type RunOptions,
  sizeOf,
} from "@rsembed/core";
import { defaultThreads, type Device, providersFor } from "./device.ts";
import type { Failure, Opened, Reply, Request, WireTensor, WireTensors } from "./protocol.ts";

/** Any array that goes into or comes out of a session. */
export type SessionTensor = NdArray<readonly string[], Dtype>;

/** Options of {@linkcode openSession}. */
export interface SessionOptions extends RunOptions {
  /** Where to run; a device that cannot run gives way to the CPU, and the session says so. @default "auto" */
  readonly device?: Device;
  /** Threads of one run. @default the number of processors, at most 16 */
  readonly threads?: number;
}

/** Options of {@linkcode Session.run}. */
export interface SessionRunOptions extends RunOptions {
  /** Outputs to compute. @default all */
  readonly outputs?: readonly string[];
  /**
   * Hand over feeds that have a buffer of their own, instead of copying them: their arrays have no length afterwards.
   *
   * @default false
   */
  readonly transfer?: boolean;
}

/** An open model. */
export interface Session extends AsyncDisposable {
  /** The device that really runs. */
  readonly device: string;
  /** Why it is not the one asked for; `null` where it is, or where `auto` found what it looked for. */
  readonly fallback: string | null;
  /** Names of its inputs. */
  readonly inputs: readonly string[];
  /** Names of its outputs. */
  readonly outputs: readonly string[];
  /**
   * Runs the model on a batch. Feeds are copied, so the caller's arrays stay its own, unless they are handed over.
   * Native code cannot be stopped halfway: an abort rejects at once, and the thread finishes its run before the next.
   *
   * @throws {RsembedError} `corrupt` where the model refuses its inputs, `unavailable` where its thread is gone
   */
  run(
    feeds: Readonly<Record<string, SessionTensor>>,
    options?: SessionRunOptions,
  ): Promise<Record<string, SessionTensor>>;
}

interface Pending {
  readonly resolve: (value: Opened | WireTensors) => void;
  readonly reject: (error: unknown) => void;
}

/** The worker's module: `.ts` in a checkout, `.js` in a package for Node. */
function workerUrl(): URL {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const url = new URL(`./session_worker.${extension}`, import.meta.url);
  if (url.protocol === "file:") return url;
  // threads start from files or data only; a module from a registry is imported by a line of data
  return new URL(
    `data:text/javascript,${encodeURIComponent(`import ${JSON.stringify(url.href)}`)}`,
  );
}

function failureToError({ reason, message }: Failure, model: string): RsembedError {
  if (reason === "missing") {
    return new RsembedError(
      "unsupported",
      `Cannot run models: onnxruntime-node does not load (${message}); install it for this platform ` +
        "(npm install onnxruntime-node, with ONNXRUNTIME_NODE_INSTALL=skip where its optional CUDA " +
        "download cannot be reached)",
      { facts: { feature: "onnxruntime-node" } },
    );
  }
  return new RsembedError("corrupt", `Cannot run the model "${model}": ${message}`, {
    facts: { source: model },
  });
}

/** A tensor for another thread, with a buffer of its own: a copy, or its own where that may go. */
function wireTensor({ dtype, shape, data }: SessionTensor, transfer: boolean): WireTensor {
  if (data.length !== sizeOf(shape)) {
    throw new TypeError(
      `Cannot run on ${data.length} values of shape (${shape}): were they handed over before?`,
    );
  }
  const goes = transfer && data.byteLength === data.buffer.byteLength;
  return { dtype, shape: [...shape], data: goes ? data : data.slice() as typeof data };
}

/** Requests to a worker, matched with its replies. */
class Channel {
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  readonly #model: string;
  #nextId = 0;
  /** Requests that the thread has not answered yet, aborted ones too. */
  #unanswered = 0;
  #idle: () => void = () => {};
  #gone: RsembedError | null = null;

  constructor(model: string) {
    this.#model = model;
    this.#worker = new Worker(workerUrl());
    this.#worker.on("message", (reply: Reply) => this.#settle(reply));
    this.#worker.on("error", (error) => this.#end(`its thread failed: ${error}`));
    this.#worker.on("exit", (code) => {
      this.#end(`its thread ended with code ${code}`);
      this.#unanswered = 0;
      this.#idle();
    });
    this.#worker.unref(); // an idle session keeps no process alive
  }

  #settle(reply: Reply): void {
    if (--this.#unanswered === 0) this.#idle();
    const pending = this.#pending.get(reply.id);
    if (!pending) return; // aborted meanwhile
    this.#pending.delete(reply.id);
    if (this.#pending.size === 0) this.#worker.unref();
    if (reply.ok) pending.resolve(reply.value);
    else pending.reject(failureToError(reply.failure, this.#model));
  }

  #end(state: string): void {
    this.#gone ??= new RsembedError(
      "unavailable",
      `Cannot run the model "${this.#model}": ${state}`,
      {
        facts: { resource: this.#model, permanent: true },
      },
    );
    for (const { reject } of this.#pending.values()) reject(this.#gone);
    this.#pending.clear();
  }

  /** Sends a request and waits for its reply. */
  ask(
    request: (id: number) => Request,
    { signal, transfer = [] }: { signal: AbortSignal | undefined; transfer?: ArrayBuffer[] },
  ): Promise<Opened | WireTensors> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      if (this.#gone) return reject(this.#gone);
      const id = this.#nextId++;
      const stop = () => {
        this.#pending.delete(id);
        if (this.#pending.size === 0) this.#worker.unref();
        reject(signal!.reason);
      };
      signal?.addEventListener("abort", stop, { once: true });
      const settled = <T>(then: (value: T) => void) => (value: T) => {
        signal?.removeEventListener("abort", stop);
        then(value);
      };
      this.#pending.set(id, { resolve: settled(resolve), reject: settled(reject) });
      this.#worker.ref();
      this.#worker.postMessage(request(id), transfer);
      this.#unanswered++;
    });
  }

  /** Rejects what is asked for, and ends the thread: not before native code has returned, which a kill crashes. */
  async close(): Promise<void> {
    this.#end("its session is closed");
    if (this.#unanswered > 0) {
      this.#worker.ref();
      await new Promise<void>((resolve) => this.#idle = resolve);
    }
    await this.#worker.terminate();
  }
}

/**
 * Opens a model in a thread of its own.
 *
 * @param model Path of an `.onnx` file, whose external data lies beside it, or the bytes of a model
 * @throws {RsembedError} `corrupt` if ONNX Runtime refuses the model, `unsupported` if there is no ONNX
 * Runtime for this platform, `spec` for an unknown device
 *
 * @example
 * ```ts
 * import { openSession } from "@rsembed/models/runtime";
 * import { encodeModel, graph, input, relu } from "@rsembed/models/onnx";
 * import { ndarray } from "@rsembed/core";
 * import assert from "node:assert/strict";
 *
 * const x = input("x", { dtype: "float32", shape: [2] });
 * const bytes = await encodeModel(graph("clip", { y: relu(x) }));
 * const session = await openSession(bytes, { device: "cpu" });
 * try {
 *   const data = Float32Array.of(-1, 2);
 *   const { y } = await session.run({ x: ndarray("float32", { axes: ["n", "i"], shape: [1, 2], data }) });
 *   assert.deepEqual(y!.data, Float32Array.of(0, 2));
 * } finally {
 *   await session[Symbol.asyncDispose]();
 * }
 * ```
 */
export async function openSession(
  model: string | Uint8Array<ArrayBuffer>,
  options: SessionOptions = {},
): Promise<Session> {
  const { device = "auto", threads = defaultThreads(), signal } = options;
  if (!Number.isSafeInteger(threads) || threads < 1) {
    throw new RangeError(`Cannot run on ${threads} threads: threads is a whole number >= 1`);
  }
  const providers = providersFor(device);
  signal?.throwIfAborted();
  const name = typeof model === "string" ? model : "bytes";
  const channel = new Channel(name);
  let opened: Opened;
  try {
    opened = await channel.ask((id) => ({ kind: "open", id, model, providers, threads }), {
      signal,
    }) as Opened;
  } catch (error) {
    await channel.close();
    throw error;
  }
  const { provider, refused } = opened;
  return {
    device: provider,
    fallback: device === "auto" || provider === device ? null : refused.join("; "),
    inputs: opened.inputs,
    outputs: opened.outputs,
    async run(feeds, { outputs, signal, transfer = false } = {}) {
      const wire = Object.fromEntries(
        Object.entries(feeds).map(([name, tensor]) => [name, wireTensor(tensor, transfer)]),
      );
      const results = await channel.ask(
        (id) => ({ kind: "run", id, feeds: wire, outputs: outputs ?? null }),
        { signal, transfer: [...new Set(Object.values(wire).map(({ data }) => data.buffer))] },
      ) as WireTensors;
      return Object.fromEntries(
        Object.entries(results).map(([name, { dtype, shape, data }]) => [
          name,
          ndarray(dtype, { axes: shape.map((_, axis) => `axis${axis}`), shape, data }),
        ]),
      );
    },
    [Symbol.asyncDispose]: () => channel.close(),
  };
}
