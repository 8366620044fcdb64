/**
 * What models leave behind between calls: located weights, converted graphs and open sessions.
 *
 * @module
 */

import {
  canonicalJson,
  fingerprint,
  isRsembedError,
  type ResolvedModel,
  RsembedError,
  type RunOptions,
  type WeightsRef,
} from "@rsembed/core";
import type { Family, GraphSource, InputShapes } from "@rsembed/embedders";
import { type Checkpoint, openCheckpoint } from "@rsembed/models/checkpoint";
import { convertOnce, type LocatedWeights, locateWeights } from "@rsembed/models/hub";
import { quantizeLinearLayers } from "@rsembed/models/onnx";
import { type Device, hasExactInt8, openSession, type Session } from "@rsembed/models/runtime";

/** Options of {@linkcode openRuntime}. */
export interface RuntimeOptions {
  /** Where models run. @default "auto" */
  readonly device?: Device;
  /** Threads a session may use. @default chosen by the machine */
  readonly threads?: number;
  /** Sessions kept open; the one longest unused is closed first. @default 4 */
  readonly maxSessions?: number;
  /** Never reach for the network. @default false */
  readonly offline?: boolean;
  /** Where converted graphs and downloads are kept. @default the user's cache folder */
  readonly cacheDir?: string;
}

/** Which graph a session runs. */
export interface SessionTarget {
  /** The code of the model. */
  readonly family: Family;
  /** The model with every choice made. */
  readonly embedder: GraphSource;
  /** Shapes of its inputs. */
  readonly shapes: InputShapes;
}

/** Opens sessions for models, once each. */
export interface Runtime extends AsyncDisposable {
  /** The device asked for. */
  readonly device: Device;
  /** Makes sure the weights of a model are here; `null` for a model without weights. */
  weights(
    embedder: Pick<GraphSource, "card" | "model">,
    options?: RunOptions,
  ): Promise<LocatedWeights | null>;
  /** Makes sure that a published file is here. */
  locate(source: string | WeightsRef, options?: RunOptions): Promise<LocatedWeights>;
  /**
   * Calls `fn` with the session for inputs of these shapes, and keeps that session open meanwhile.
   * Conversion happens at the first use ever, opening at the first use of this runtime.
   */
  use<T>(
    target: SessionTarget,
    fn: (session: Session) => Promise<T>,
    options?: RunOptions,
  ): Promise<T>;
  /** Closes all sessions; the runtime opens them anew when asked. */
  reset(): Promise<number>;
}

/** Where the weights of a resolved model are to be found: a path, a hub reference, or nowhere. */
export function weightsSource(
  { card, model }: Pick<GraphSource, "card" | "model">,
): string | WeightsRef | null {
  return model.weights ?? card.variants[model.variant]?.weights ?? null;
}

/**
 * What `open` gives, shared by all who ask for the same key, which becomes the most recent of the table. A
 * failure is not remembered; whoever waited for another's try, which that one may have aborted, tries itself.
 */
async function joined<T>(
  table: Map<string, Promise<T>>,
  key: string,
  { open, signal }: { readonly open: () => Promise<T>; readonly signal: AbortSignal | undefined },
): Promise<T> {
  const known = table.get(key);
  if (known) {
    table.delete(key);
    table.set(key, known);
    try {
      return await known;
    } catch {
      signal?.throwIfAborted();
    }
  }
  // another who waited may have begun in the meantime
  const current = table.get(key);
  const opened = current === undefined || current === known ? open() : current;
  table.set(key, opened);
  try {
    return await opened;
  } catch (error) {
    if (table.get(key) === opened) table.delete(key);
    throw error;
  }
}

/**
 * Opens a runtime. Sessions live in workers and are closed when the runtime is disposed.
 *
 * @example
 * ```ts
 * import { openRuntime } from "@rsembed/pipelines";
 * import assert from "node:assert/strict";
 *
 * const runtime = openRuntime({ device: "cpu", maxSessions: 2 });
 * assert.equal(await runtime.reset(), 0);
 * ```
 */
export function openRuntime(options: RuntimeOptions = {}): Runtime {
  const { device = "auto", threads, maxSessions = 4, offline, cacheDir } = options;
  if (!Number.isSafeInteger(maxSessions) || maxSessions < 1) {
    throw new RangeError(`Cannot keep ${maxSessions} sessions: maxSessions is a whole number >= 1`);
  }
  const located = new Map<string, Promise<LocatedWeights>>();
  const sessions = new Map<string, Promise<Session>>();
  /** Calls that a session is in use by. */
  const users = new Map<string, number>();
  const hub = {
    ...(offline === undefined ? {} : { offline }),
    ...(cacheDir === undefined ? {} : { cacheDir }),
  };

  const locate: Runtime["locate"] = (source, run = {}) =>
    joined(located, canonicalJson(source), {
      open: () => locateWeights(source, { ...hub, ...run }),
      signal: run.signal,
    });

  const weights: Runtime["weights"] = async (embedder, run = {}) => {
    const source = weightsSource(embedder);
    return source === null ? null : await locate(source, run);
  };

  const convert = async ({ family, embedder, shapes }: SessionTarget, run: RunOptions) => {
    const found = await weights(embedder, run);
    let checkpoint: Checkpoint | undefined;
    try {
      return await convertOnce(
        {
          sourceHash: found?.sha256 ?? "weight-free",
          key: {
            family: embedder.model.id,
            variant: embedder.model.variant,
            graphVersion: family.graphVersion,
            graphKey: await fingerprint({
              graphConfig: embedder.graphConfig,
              shapes,
              ...(embedder.model.precision === "int8" ? { precision: "int8" } : {}),
            }),
          },
          async build() {
            if (found) checkpoint = await openCheckpoint(found.path);
            const graph = embedder.graph(shapes, checkpoint ?? null);
            return embedder.model.precision === "int8" ? quantizeLinearLayers(graph) : graph;
          },
        },
        { ...hub, ...run },
      );
    } finally {
      await checkpoint?.[Symbol.asyncDispose]();
    }
  };

  /** The device of a model's sessions: integers are for the CPU. */
  const deviceOf = async ({ name, precision }: ResolvedModel): Promise<Device> => {
    if (precision === "float32") return device;
    if (device !== "auto" && device !== "cpu") {
      throw new RsembedError(
        "spec",
        `Cannot run ${name} in ${precision} on device "${device}": it runs on the CPU`,
        { facts: { field: "precision", value: precision } },
      );
    }
    if (!await hasExactInt8()) {
      throw new RsembedError(
        "unsupported",
        `Cannot run ${name} in ${precision} on this processor: it adds pairs of 8-bit products in 16 bits, ` +
          "where they overflow; use float32",
        { facts: { feature: `precision ${precision}` } },
      );
    }
    return "cpu";
  };

  const close = async (key: string): Promise<boolean> => {
    const opened = sessions.get(key);
    sessions.delete(key);
    return await opened?.then((session) => session[Symbol.asyncDispose]()).then(
      () => true,
      () => false,
    ) ??
      false;
  };

  /** Closes the sessions longest unused, while there are too many. */
  const trim = async () => {
    for (const key of [...sessions.keys()]) {
      if (sessions.size <= maxSessions) return;
      if (!users.has(key)) await close(key);
    }
  };

  const reset = async () => {
    located.clear();
    const closed = await Promise.all([...sessions.keys()].map(close));
    return closed.filter((done) => done).length;
  };

  return {
    device,
    weights,
    locate,
    async use(target, fn, run = {}) {
      const { embedder, shapes } = target;
      const key = canonicalJson({
        weights: weightsSource(embedder),
        id: embedder.model.id,
        graphConfig: embedder.graphConfig,
        precision: embedder.model.precision,
        shapes,
      });
      users.set(key, (users.get(key) ?? 0) + 1);
      try {
        const session = await joined(sessions, key, {
          open: async () => {
            const device = await deviceOf(embedder.model);
            return await openSession(await convert(target, run), {
              device,
              ...(threads === undefined ? {} : { threads }),
              ...run,
            });
          },
          signal: run.signal,
        });
        return await fn(session);
      } catch (error) {
        // its thread is gone: the next call opens it anew
        if (isRsembedError(error, "unavailable")) await close(key);
        throw error;
      } finally {
        const others = users.get(key)! - 1;
        if (others > 0) users.set(key, others);
        else users.delete(key);
        await trim();
      }
    },
    reset,
    async [Symbol.asyncDispose]() {
      await reset();
    },
  };
}

let shared: Runtime | undefined;

/** The runtime of calls that name none; it lives as long as the process. */
export function sharedRuntime(): Runtime {
  return shared ??= openRuntime();
}
