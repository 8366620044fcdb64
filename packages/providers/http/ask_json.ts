/**
 * Questions to services that answer in JSON.
 *
 * @module
 */

import {
  boundedBody,
  errorMessage,
  isTransient,
  retry,
  RsembedError,
  type RunOptions,
  statusFacts,
} from "@rsembed/core";
import { withTimeout } from "./requests.ts";

/** Longest text of a refusal that is shown. */
const maxShown = 200;

/** A question. */
export interface JsonQuestion {
  /** Where to. */
  readonly url: string | URL;
  /** Sent as JSON by POST; without it, GET. */
  readonly body?: unknown;
  /** More headers. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** How patiently to ask. */
export interface AskOptions extends RunOptions {
  /** Longest wait for one answer, milliseconds. @default 60000 */
  readonly timeoutMs?: number | undefined;
  /** Attempts after the first. @default 3 */
  readonly maxRetries?: number | undefined;
  /** First wait before a retry, milliseconds; doubled each time. @default 500 */
  readonly backoffMs?: number | undefined;
  /** Bytes of an answer at most. @default 64 MiB */
  readonly maxBytes?: number | undefined;
}

/**
 * Asks until there is an answer, and gives it as parsed JSON.
 *
 * @throws {RsembedError} `unavailable` where nobody answers or the service fails, `auth` where it refuses
 * whoever asks, `not-found` for 404, `corrupt` for an answer that is no JSON or too long; `spec` where the
 * service takes the question for wrong
 */
export async function askJson(question: JsonQuestion, options: AskOptions = {}): Promise<unknown> {
  const { maxRetries = 3, backoffMs = 500, signal } = options;
  return await retry(() => once(question, options), {
    maxRetries,
    backoffMs,
    isRetryable: isTransient,
    signal,
  });
}

async function once(
  { url, body, headers }: JsonQuestion,
  { timeoutMs = 60_000, maxBytes = 2 ** 26, signal }: AskOptions,
): Promise<unknown> {
  const address = new URL(url);
  return await withTimeout({ timeoutMs, what: address.host, signal }, async (inner) => {
    const response = await fetch(address, {
      method: body === undefined ? "GET" : "POST",
      headers: {
        accept: "application/geo+json, application/json",
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      // a key is for whom it was given
      redirect: headers === undefined ? "follow" : "error",
      signal: inner,
    });
    if (!response.ok) throw await refusal(response, address);
    const bytes = await boundedBody(response, maxBytes);
    try {
      return JSON.parse(new TextDecoder().decode(bytes)) as unknown;
    } catch (cause) {
      throw new RsembedError(
        "corrupt",
        `Cannot read the answer of ${address.host}: ${errorMessage(cause)}`,
        { facts: { source: address.host }, cause },
      );
    }
  });
}

async function refusal(response: Response, address: URL): Promise<RsembedError> {
  const { status } = response;
  const bytes = await boundedBody(response, 2 ** 16, { cut: true }).catch(() => new Uint8Array());
  const text = new TextDecoder().decode(bytes).replace(/<[^>]*>/g, " ").replace(/\s+/g, " ").trim();
  const said = text === "" ? "" : `, ${text.slice(0, maxShown)}`;
  const { host } = address;
  const message = `Cannot ask ${host}: it answers ${status}${said}`;
  if (status === 401 || status === 403) {
    return new RsembedError("auth", message, { facts: { service: host } });
  }
  if (status === 404) {
    return new RsembedError("not-found", message, { facts: { name: address.href } });
  }
  if (status === 400 || status === 405 || status === 422) {
    return new RsembedError("spec", message, { facts: { field: "url", value: address.href } });
  }
  return new RsembedError("unavailable", message, {
    facts: { resource: host, ...statusFacts(status, response.headers.get("retry-after")) },
  });
}
