/**
 * The few requests to S3 that a store needs.
 *
 * @module
 */

import process from "node:process";
import {
  boundedBody,
  errorMessage,
  isRsembedError,
  isTransient,
  retry,
  RsembedError,
  type RunOptions,
  statusFacts,
} from "@rsembed/core";
import { encodeKey, type S3Credentials, signedHeaders } from "./signature.ts";

/** Where a bucket is, and who asks. What is left out comes from the usual environment variables. */
export interface S3Options {
  /** Who asks. @default `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN` */
  readonly credentials?: S3Credentials | undefined;
  /** Where the bucket is. @default `AWS_REGION`, `AWS_DEFAULT_REGION`, or `us-east-1` */
  readonly region?: string | undefined;
  /**
   * Address of a service other than Amazon's; buckets are then the first part of the path.
   * @default `AWS_ENDPOINT_URL_S3` or `AWS_ENDPOINT_URL`
   */
  readonly endpoint?: string | undefined;
  /** Attempts after the first. @default 5 */
  readonly maxRetries?: number | undefined;
  /** First wait before a retry, milliseconds; doubled each time. @default 300 */
  readonly backoffMs?: number | undefined;
  /** Longest wait for one answer, milliseconds. @default 120000 */
  readonly timeoutMs?: number | undefined;
}

/** One request. */
export interface S3Request extends RunOptions {
  readonly method: "GET" | "PUT" | "POST" | "DELETE" | "HEAD";
  /** Key in the bucket; empty for the bucket itself. */
  readonly key: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Headers that are not of the signature, such as `range`. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array<ArrayBuffer>;
  /** Longest answer, bytes. @default 16 MiB */
  readonly maxBytes?: number;
}

/** An answer. */
export interface S3Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The bytes as UTF-8. */
  readonly text: string;
}

/** Asks a bucket. */
export interface S3Client {
  /**
   * Asks until there is an answer; that a key is not there is one to HEAD and DELETE.
   *
   * @throws {RsembedError} `auth` if it is refused, `not-found` if there is no such bucket, `unavailable` if the service fails or stays silent
   */
  ask(request: S3Request): Promise<S3Answer>;
}

const maxAnswerBytes = 2 ** 24;

/** The credentials of the environment. */
function environmentCredentials(): S3Credentials {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = process.env;
  if (!accessKeyId || !secretAccessKey) {
    throw new RsembedError(
      "auth",
      "Cannot use S3: there are no credentials, set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
      { facts: { service: "S3" } },
    );
  }
  return { accessKeyId, secretAccessKey, sessionToken: process.env["AWS_SESSION_TOKEN"] };
}

/**
 * A client of one bucket.
 *
 * @throws {RsembedError} `auth` if there are no credentials, `spec` for a bucket or address that is none
 */
export function s3Client(bucket: string, options: S3Options = {}): S3Client {
  const { env } = process;
  const credentials = options.credentials ?? environmentCredentials();
  const region = options.region ?? env["AWS_REGION"] ?? env["AWS_DEFAULT_REGION"] ?? "us-east-1";
  const endpoint = options.endpoint ?? env["AWS_ENDPOINT_URL_S3"] ?? env["AWS_ENDPOINT_URL"];
  const { maxRetries = 5, backoffMs = 300, timeoutMs = 120_000 } = options;
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket)) {
    throw new RsembedError("spec", `Cannot use the bucket "${bucket}": it is no name of one`, {
      facts: { field: "bucket", value: bucket },
    });
  }
  const base = baseOf(bucket, { region, endpoint });

  async function once(request: S3Request): Promise<S3Answer> {
    const { method, key, query = {}, body, signal, maxBytes = maxAnswerBytes } = request;
    const url = new URL(`${base}/${key.split("/").map(encodeKey).join("/")}`);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const signed = { credentials, region, nowMs: Date.now() };
    const unsigned = { method, url, headers: request.headers ?? {}, ...(body ? { body } : {}) };
    const headers = signedHeaders(unsigned, signed);
    const timeout = AbortSignal.timeout(timeoutMs);
    try {
      const response = await fetch(url, {
        method,
        headers,
        ...(body ? { body } : {}),
        redirect: "error",
        signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      });
      const { status, ok } = response;
      const isAnswer = ok || (status === 404 && (method === "HEAD" || method === "DELETE"));
      const bytes = await boundedBody(response, maxBytes, { cut: !isAnswer });
      const answer = {
        status,
        headers: response.headers,
        bytes,
        get text() {
          return new TextDecoder().decode(bytes);
        },
      };
      if (isAnswer) return answer;
      throw refusal(response, answer.text, url);
    } catch (cause) {
      signal?.throwIfAborted();
      if (isRsembedError(cause)) throw cause;
      throw new RsembedError(
        "unavailable",
        `Cannot reach ${url.host}: ${errorMessage(cause)}`,
        { facts: { resource: url.host }, cause },
      );
    }
  }

  return {
    ask: (request) =>
      retry(() => once(request), {
        maxRetries,
        backoffMs,
        isRetryable: isTransient,
        signal: request.signal,
      }),
  };
}

function baseOf(
  bucket: string,
  { region, endpoint }: { readonly region: string; readonly endpoint: string | undefined },
): string {
  // a name with dots does not fit under Amazon's certificate
  if (endpoint === undefined) {
    return bucket.includes(".")
      ? `https://s3.${region}.amazonaws.com/${bucket}`
      : `https://${bucket}.s3.${region}.amazonaws.com`;
  }
  let url: URL | null = null;
  try {
    url = new URL(endpoint);
  } catch {
    // said below
  }
  if (url?.protocol !== "https:" && url?.protocol !== "http:") {
    throw new RsembedError("spec", `Cannot use "${endpoint}": it is no address`, {
      facts: { field: "endpoint", value: endpoint },
    });
  }
  return `${endpoint.replace(/\/+$/, "")}/${bucket}`;
}

function refusal({ status, headers }: Response, text: string, url: URL): RsembedError {
  const said = [elementOf(text, "Code"), elementOf(text, "Message")].filter(Boolean).join(", ");
  const message = `Cannot ask ${url.host}: it answers ${status}${said === "" ? "" : `, ${said}`}`;
  // a clock that is wrong, or a bucket elsewhere, is no matter of waiting
  if (status === 401 || status === 403) {
    return new RsembedError("auth", message, { facts: { service: url.host } });
  }
  if (status === 404) {
    return new RsembedError("not-found", message, { facts: { name: url.pathname } });
  }
  return new RsembedError("unavailable", message, {
    facts: { resource: url.host, ...statusFacts(status, headers.get("retry-after")) },
  });
}

const entities: Readonly<Record<string, string>> = {
  lt: "<",
  gt: ">",
  amp: "&",
  quot: '"',
  apos: "'",
};

function unescaped(text: string): string {
  return text.replace(
    /&(?:#(\d+)|#x([\da-f]+)|(\w+));/gi,
    (all, decimal, hex, name) =>
      decimal
        ? String.fromCodePoint(Number(decimal))
        : hex
        ? String.fromCodePoint(parseInt(hex, 16))
        : entities[name] ?? all,
  );
}

/** The text of the first element of a name. */
export function elementOf(xml: string, name: string): string | null {
  const found = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml);
  return found ? unescaped(found[1]!) : null;
}

/** The texts of all elements of a name. */
export function elementsOf(xml: string, name: string): string[] {
  return [...xml.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, "g"))]
    .map(([, text]) => unescaped(text!));
}
