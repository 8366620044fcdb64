/**
 * The thread a session lives in: native inference blocks whatever thread it runs on, so it runs here.
 *
 * @module
 */

import type * as ort from "onnxruntime-node";
import { parentPort } from "node:worker_threads";
import { allocate, type Arrays, type Dtype, errorMessage } from "@rsembed/core";
import type { Opened, OpenRequest, Reply, Request, RunRequest, WireTensors } from "./protocol.ts";

type Runtime = typeof ort;

let runtime: Runtime | undefined;
let session: ort.InferenceSession | undefined;

async function loadRuntime(): Promise<Runtime> {
  const loaded = await import("onnxruntime-node");
  // the package is CommonJS: some runtimes put its exports under `default`
  return (loaded as unknown as { default?: Runtime }).default ?? loaded;
}

async function open({ model, providers, threads }: OpenRequest): Promise<Opened> {
  const { InferenceSession, listSupportedBackends } = runtime!;
  // a provider that this build does not know is skipped by it without a word
  const known = new Set(listSupportedBackends().map(({ name }) => name));
  const refused: string[] = [];
  for (const provider of providers) {
    if (!known.has(provider)) {
      refused.push(`${provider}: not in this build of ONNX Runtime`);
      continue;
    }
    const options: ort.InferenceSession.SessionOptions = {
      executionProviders: provider === "cpu" ? ["cpu"] : [provider, "cpu"],
      intraOpNumThreads: threads,
      graphOptimizationLevel: "all",
      logSeverityLevel: 4,
    };
    try {
      session = typeof model === "string"
        ? await InferenceSession.create(model, options)
        : await InferenceSession.create(model, options);
      return {
        provider,
        refused,
        inputs: [...session.inputNames],
        outputs: [...session.outputNames],
      };
    } catch (error) {
      refused.push(`${provider}: ${errorMessage(error)}`);
    }
  }
  throw new Error(refused.join("; "));
}

async function run({ feeds, outputs }: RunRequest): Promise<WireTensors> {
  const { Tensor } = runtime!;
  const inputs: Record<string, ort.Tensor> = {};
  for (const [name, { dtype, data, shape }] of Object.entries(feeds)) {
    inputs[name] = new Tensor(dtype as "float32", data as Float32Array, [...shape]);
  }
  const results = outputs === null
    ? await session!.run(inputs)
    : await session!.run(inputs, [...outputs]);
  const wire: Record<string, WireTensors[string]> = {};
  for (const [name, tensor] of Object.entries(results)) {
    const dtype = tensor.type as Dtype;
    const source = tensor.data as Arrays[Dtype];
    // the native buffer is the runtime's own: what is sent away must be ours
    const data = allocate(dtype, source.length);
    data.set(source as never);
    wire[name] = { dtype, shape: [...tensor.dims], data };
    tensor.dispose();
  }
  return wire;
}

async function answer(request: Request): Promise<Reply> {
  const { id } = request;
  try {
    if (!runtime) {
      runtime = await loadRuntime();
      // what fails is thrown and reported; a device that is only tried must not write to the terminal
      runtime.env.logLevel = "fatal";
    }
  } catch (error) {
    return { id, ok: false, failure: { reason: "missing", message: errorMessage(error) } };
  }
  try {
    const value = request.kind === "open" ? await open(request) : await run(request);
    return { id, ok: true, value };
  } catch (error) {
    return { id, ok: false, failure: { reason: "model", message: errorMessage(error) } };
  }
}

function buffersOf(reply: Reply): ArrayBuffer[] {
  if (!reply.ok || "provider" in reply.value) return [];
  return Object.values(reply.value as WireTensors).map(({ data }) => data.buffer);
}

let last: Promise<void> = Promise.resolve();

parentPort?.on("message", (request: Request) => {
  // one at a time: a session is not entered twice
  last = last.then(async () => {
    const reply = await answer(request);
    parentPort!.postMessage(reply, buffersOf(reply));
  });
});
