/**
 * What models leave behind between calls: located weights, converted graphs and open sessions.
 *
 * @module
 */

import { canonicalJson, fingerprint, type RunOptions, type WeightsRef } from "@rsembed/core";
import type { Embedder, Family, InputShapes } from "@rsembed/embedders";
import { type Checkpoint, openCheckpoint } from "@rsembed/models/checkpoint";
import { convertOnce, type LocatedWeights, locateWeights } from "@rsembed/models/hub";
import { type Device, openSession, type Session } from "@rsembed/models/runtime";

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
  readonly embedder: Embedder;
  /** Shapes of its inputs. */
  readonly shapes: InputShapes;
}

/** Opens sessions for models, once each. */
export interface Runtime extends AsyncDisposable {
  /** The device asked for. */
  readonly device: Device;
  /** Makes sure the weights of a model are here; `null` for a model without weights. */
  weights(embedder: Embedder, options?: RunOptions): Promise<LocatedWeights | null>;
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
  { card, model }: Pick<Embedder, "card" | "model">,
): string | WeightsRef | null {
  return model.weights ?? card.variants[model.variant]?.weights ?? null;
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
  const sessions = new Map<string, { readonly opened: Promise<Session>; users: number }>();
  const hub = {
    ...(offline === undefined ? {} : { offline }),
    ...(cacheDir === undefined ? {} : { cacheDir }),
  };

  const weights: Runtime["weights"] = (embedder, run = {}) => {
    const source = weightsSource(embedder);
    if (source === null) return Promise.resolve(null);
    const key = canonicalJson(source);
    const found = located.get(key) ?? locateWeights(source, { ...hub, ...run });
    located.set(key, found);
    found.catch(() => located.delete(key)); // a failure is not remembered
    return found;
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
            graphKey: await fingerprint({ graphConfig: embedder.graphConfig, shapes }),
          },
          async build() {
            if (found) checkpoint = await openCheckpoint(found.path);
            return embedder.graph(shapes, checkpoint ?? null);
          },
        },
        { ...hub, ...run },
      );
    } finally {
      await checkpoint?.[Symbol.asyncDispose]();
    }
  };

  const trim = async () => {
    for (const [key, { opened, users }] of sessions) {
      if (sessions.size <= maxSessions) return;
      if (users > 0) continue;
      sessions.delete(key);
      await opened.then((session) => session[Symbol.asyncDispose](), () => {});
    }
  };

  const reset = async () => {
    const open = [...sessions.values()];
    sessions.clear();
    located.clear();
    const closed = await Promise.allSettled(
      open.map(async ({ opened }) => await (await opened)[Symbol.asyncDispose]()),
    );
    return closed.filter(({ status }) => status === "fulfilled").length;
  };

  return {
    device,
    weights,
    async use(target, fn, run = {}) {
      const { embedder, shapes } = target;
      const key = canonicalJson({
        weights: weightsSource(embedder),
        id: embedder.model.id,
        graphConfig: embedder.graphConfig,
        shapes,
      });
      const known = sessions.get(key);
      sessions.delete(key);
      const entry = known ?? {
        opened: convert(target, run).then((path) =>
          openSession(path, { device, ...(threads === undefined ? {} : { threads }), ...run })
        ),
        users: 0,
      };
      sessions.set(key, entry); // now the most recently used
      entry.users++;
      try {
        return await fn(await entry.opened);
      } catch (error) {
        // a session that could not be opened is not remembered
        await entry.opened.catch(() => sessions.delete(key));
        throw error;
      } finally {
        entry.users--;
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
