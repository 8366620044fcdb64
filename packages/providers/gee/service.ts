/**
 * Earth Engine over REST: values and pixels of expressions.
 *
 * @module
 */

import {
  boundedBody,
  errorMessage,
  type Grid,
  isRsembedError,
  isTransient,
  retry,
  retryAfterMs,
  RsembedError,
  type RunOptions,
} from "@rsembed/core";
import { encodeExpression, type Expression, type ExpressionGraph } from "./expression.ts";
import { createLimiter, type Limiter } from "../http/limiter.ts";
import { type BandPlanes, readNpy } from "./npy.ts";
import { loopbackOrHttps, withTimeout } from "../http/requests.ts";
import { type Refusal, refusalError, refusalMessage } from "./service_errors.ts";
import type { TokenSource } from "./tokens.ts";

/** Address of the service for many small requests. */
export const highVolumeUrl = "https://earthengine-highvolume.googleapis.com";

/** Requests of a project in flight at once. Source: Earth Engine's quotas. */
export const projectConcurrency = 40;
/** Requests of a project a second. Source: as above. */
export const projectPerSecond = 100;

const maxValueBytes = 1 << 24;
const maxRefusalBytes = 1 << 16;
/** Room for the header of an array, bytes. */
const headerBytes = 1 << 19;

/** How to reach the service, and how patiently. */
export interface ServiceOptions {
  /** The Google Cloud project that pays. */
  readonly project: string;
  /** Who asks. */
  readonly tokens: TokenSource;
  /** Base address. @default that of the high-volume service */
  readonly url?: string | undefined;
  /** Attempts after the first. @default 5 */
  readonly maxRetries?: number | undefined;
  /** First wait before a retry, milliseconds; doubled each time. @default 1000 */
  readonly backoffMs?: number | undefined;
  /** Longest wait for an answer, milliseconds. @default 330000, after the service's own five minutes */
  readonly timeoutMs?: number | undefined;
  /** Requests of the project in flight at once. @default 40 */
  readonly maxConcurrent?: number | undefined;
  /** Requests of the project a second. @default 100 */
  readonly maxPerSecond?: number | undefined;
  /** Label of the requests in the project's usage. @default none */
  readonly workloadTag?: string | undefined;
}

/** Pixels to compute. */
export interface PixelRequest {
  /** Where they lie. */
  readonly grid: Grid;
  /** Names of the bands, in the wanted order. */
  readonly bands: readonly string[];
}

/** A connection to Earth Engine on behalf of a project. */
export interface EarthEngine {
  /** The Google Cloud project that pays. */
  readonly project: string;
  /** The value of an expression, as JSON. */
  computeValue(expression: Expression | ExpressionGraph, options?: RunOptions): Promise<unknown>;
  /** The pixels of an image, (C, H, W) in the order of `bands`; masked pixels are 0. */
  computePixels(
    expression: Expression | ExpressionGraph,
    request: PixelRequest,
    options?: RunOptions,
  ): Promise<Float32Array<ArrayBuffer>>;
}

type Answer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly refusal: Refusal };

/** Limiters by service, project and limits: a quota is shared by all who use the project. */
const limiters = new Map<string, Limiter>();

function sharedLimiter(options: ServiceOptions, origin: string): Limiter {
  const concurrency = options.maxConcurrent ?? projectConcurrency;
  const perSecond = options.maxPerSecond ?? projectPerSecond;
  const key = JSON.stringify([origin, options.project, concurrency, perSecond]);
  let limiter = limiters.get(key);
  if (!limiter) limiters.set(key, limiter = createLimiter({ concurrency, perSecond }));
  return limiter;
}

/**
 * Connects to Earth Engine; nothing is asked yet.
 *
 * Requests wait for their turn at the project's limiter. What may pass (429, 5xx, timeouts, cut
 * connections, answers that arrive damaged) is asked again with growing waits; a token that has run out is
 * renewed once.
 *
 * @throws {RsembedError} `spec` for an address that is not https, or a project's name that is none
 */
export function connectEarthEngine(options: ServiceOptions): EarthEngine {
  const { project, tokens, workloadTag } = options;
  const base = loopbackOrHttps(options.url ?? highVolumeUrl, "serviceUrl");
  // letters, digits, hyphens; older ones have a domain and a colon
  if (!/^[A-Za-z0-9][\w.:-]{0,99}$/.test(project)) {
    throw new RsembedError(
      "spec",
      `Cannot ask Earth Engine as project "${project}": it is no id of a Google Cloud project`,
      {
        facts: { field: "project", value: project },
      },
    );
  }
  const limiter = sharedLimiter(options, base.origin);
  const timeoutMs = options.timeoutMs ?? 330_000;
  const backoffMs = options.backoffMs ?? 1000;

  interface Ask<T> {
    readonly method: "value:compute" | "image:computePixels";
    readonly body: string;
    readonly maxBytes: number;
    readonly read: (bytes: Uint8Array) => T;
  }

  async function once<T>(ask: Ask<T>, token: string, run: RunOptions): Promise<Answer<T>> {
    const url = new URL(
      `v1/projects/${encodeURIComponent(project)}/${ask.method}`,
      `${base.href.replace(/\/+$/, "")}/`,
    );
    const limits = { timeoutMs, what: base.host, signal: run.signal };
    const answer = await withTimeout(limits, async (signal) => {
      const response = await fetch(url, {
        method: "POST",
        headers: {
          authorization: `Bearer ${token}`,
          "content-type": "application/json",
          "x-goog-user-project": project,
          "x-goog-api-client": "rsembed",
        },
        body: ask.body,
        redirect: "error",
        signal,
      });
      if (response.ok) return await boundedBody(response, ask.maxBytes);
      const text = await boundedBody(response, maxRefusalBytes, { cut: true });
      const after = retryAfterMs(response.headers.get("retry-after"));
      if (response.status === 429) limiter.pause(after ?? backoffMs);
      return {
        status: response.status,
        message: refusalMessage(new TextDecoder().decode(text)),
        retryAfterMs: after,
        project,
      };
    });
    return answer instanceof Uint8Array
      ? { ok: true, value: ask.read(answer) }
      : { ok: false, refusal: answer };
  }

  async function turn<T>(ask: Ask<T>, run: RunOptions): Promise<T> {
    const { signal } = run;
    let token = await tokens.token({ signal });
    let answer = await limiter.run(() => once(ask, token, run), { signal });
    if (!answer.ok && answer.refusal.status === 401 && tokens.renew(token)) {
      token = await tokens.token({ signal });
      answer = await limiter.run(() => once(ask, token, run), { signal });
    }
    if (!answer.ok) throw refusalError(answer.refusal);
    return answer.value;
  }

  async function ask<T>(ask: Ask<T>, run: RunOptions): Promise<T> {
    return await retry(() => turn(ask, run), {
      maxRetries: options.maxRetries ?? 5,
      backoffMs,
      maxBackoffMs: 120_000,
      isRetryable: (error) => isTransient(error) || isRsembedError(error, "corrupt"),
      signal: run.signal,
    });
  }

  const bodyOf = (expression: Expression | ExpressionGraph, rest: Record<string, unknown>) =>
    JSON.stringify({
      expression: "kind" in expression ? encodeExpression(expression) : expression,
      ...rest,
      ...(workloadTag === undefined ? {} : { workloadTag }),
    });

  return {
    project,
    async computeValue(expression, run = {}) {
      return await ask({
        method: "value:compute",
        body: bodyOf(expression, {}),
        maxBytes: maxValueBytes,
        read: (bytes) => readResult(bytes, base.host),
      }, run);
    },
    async computePixels(expression, { grid, bands }, run = {}) {
      const { width, height, crs } = grid;
      const [scaleX, shearX, translateX, shearY, scaleY, translateY] = grid.transform;
      const planes = await ask({
        method: "image:computePixels",
        body: bodyOf(expression, {
          fileFormat: "NPY",
          bandIds: bands,
          grid: {
            crsCode: crs,
            affineTransform: { scaleX, shearX, translateX, shearY, scaleY, translateY },
            dimensions: { width, height },
          },
        }),
        maxBytes: headerBytes + 8 * bands.length * width * height,
        read: (bytes) => readNpy(bytes, { width, height, source: base.host }),
      }, run);
      return inOrder(planes, bands, base.host);
    },
  };
}

function readResult(bytes: Uint8Array, host: string): unknown {
  try {
    const answer = JSON.parse(new TextDecoder().decode(bytes)) as unknown;
    if (typeof answer === "object" && answer !== null && "result" in answer) return answer.result;
  } catch (cause) {
    throw new RsembedError("corrupt", `Cannot read a value from ${host}: ${errorMessage(cause)}`, {
      facts: { source: host },
      cause,
    });
  }
  throw new RsembedError("corrupt", `Cannot read a value from ${host}: the answer has no result`, {
    facts: { source: host },
  });
}

/** Planes in the order of `bands`. */
function inOrder(
  { names, data }: BandPlanes,
  bands: readonly string[],
  host: string,
): Float32Array<ArrayBuffer> {
  if (names.length === bands.length && bands.every((band, i) => band === names[i])) return data;
  // one band may come without a name
  if (names.length === 1 && bands.length === 1 && names[0] === "") return data;
  const plane = data.length / names.length;
  const out = new Float32Array(bands.length * plane);
  bands.forEach((band, i) => {
    const at = names.indexOf(band);
    if (at < 0) {
      throw new RsembedError(
        "corrupt",
        `Cannot read pixels from ${host}: band "${band}" is not among ${names.join(", ")}`,
        {
          facts: { source: host },
        },
      );
    }
    out.set(data.subarray(at * plane, (at + 1) * plane), i * plane);
  });
  return out;
}
