/**
 * Parts of remote files, by HTTP range requests.
 *
 * @module
 */

import {
  boundedBody,
  isRsembedError,
  isTransient,
  retry,
  RsembedError,
  type RunOptions,
  statusFacts,
} from "@rsembed/core";
import { createHostGate, type HostGate } from "./host_gate.ts";
import { withTimeout } from "./requests.ts";

/** Turns the address that a catalogue gives into the one to ask. */
export interface AddressSigner {
  /**
   * @param href As the catalogue has it
   * @param options `refused`: what an earlier call gave, and the server did not take
   */
  (href: string, options: RunOptions & { readonly refused?: string }): Promise<string>;
}

/** Options of {@linkcode createRangeClient}. */
export interface RangeClientOptions {
  /** Requests to one host at once. @default 16 */
  readonly maxConcurrent?: number | undefined;
  /** Longest wait for one answer, milliseconds. @default 60000 */
  readonly timeoutMs?: number | undefined;
  /** Attempts after the first. @default 4 */
  readonly maxRetries?: number | undefined;
  /** First wait before a retry, milliseconds; doubled each time. @default 500 */
  readonly backoffMs?: number | undefined;
}

/** A part of a file. */
export interface RangeAnswer {
  /** As many as were asked for, fewer only where the file ends. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Length of the whole file, bytes; `null` where the server does not say. */
  readonly size: number | null;
}

/** Reads parts of files. */
export interface RangeClient {
  /**
   * The bytes `[offset, offset + length)` of a file, or what there is of them.
   *
   * @throws {RsembedError} `not-found` if there is no such file, `auth` if it is not given, `unavailable`
   * if the server fails or stays silent, `unsupported` if it gives whole files only
   */
  read(
    href: string,
    range: { readonly offset: number; readonly length: number },
    options?: RunOptions,
  ): Promise<RangeAnswer>;
  /** What was asked so far. */
  readonly traffic: Readonly<{ requests: number; bytes: number }>;
}

/** Longest part that is asked for, bytes. */
const maxRangeBytes = 2 ** 28;

/**
 * A client; share one, as it knows how much each host bears.
 *
 * @param signer Turns addresses into those to ask; without it they are asked as they are
 */
export function createRangeClient(
  options: RangeClientOptions = {},
  signer?: AddressSigner,
): RangeClient {
  const { maxConcurrent = 16, timeoutMs = 60_000, maxRetries = 4, backoffMs = 500 } = options;
  const sign: AddressSigner = signer ?? ((href) => Promise.resolve(href));
  const gates = new Map<string, HostGate>();
  const traffic = { requests: 0, bytes: 0 };

  function gateOf(host: string): HostGate {
    let gate = gates.get(host);
    if (!gate) gates.set(host, gate = createHostGate(maxConcurrent));
    return gate;
  }

  async function once(
    href: string,
    { offset, length }: { offset: number; length: number },
    { signal, address }: RunOptions & { readonly address: URL },
  ): Promise<RangeAnswer> {
    const ask = () =>
      withTimeout({ timeoutMs, what: address.host, signal }, async (inner) => {
        traffic.requests++;
        const response = await fetch(address, {
          headers: { range: `bytes=${offset}-${offset + length - 1}` },
          signal: inner,
        });
        checkRedirect(address, response);
        const answer = await partOf(response, { href, offset, length });
        traffic.bytes += answer.bytes.length;
        return answer;
      });
    return await gateOf(address.host).run(ask, { signal });
  }

  return {
    traffic,
    async read(href, range, { signal } = {}) {
      if (!(range.length >= 1 && range.length <= maxRangeBytes && range.offset >= 0)) {
        throw new RsembedError(
          "limit",
          `Cannot read ${range.length} bytes of "${href}" at once: at most ${maxRangeBytes} are`,
          { facts: { limit: "range, bytes", max: maxRangeBytes, actual: range.length } },
        );
      }
      return await retry(async () => {
        const signed = await sign(href, { signal });
        try {
          return await once(href, range, { signal, address: new URL(signed) });
        } catch (error) {
          if (signer === undefined || !isRsembedError(error, "auth")) throw error;
          // the signature ran out on the way, perhaps
          const again = await sign(href, { signal, refused: signed });
          return await once(href, range, { signal, address: new URL(again) });
        }
      }, { maxRetries, backoffMs, isRetryable: isTransient, signal });
    },
  };
}

/** A server may send a reader elsewhere, but not out of encryption. */
function checkRedirect({ protocol, host }: URL, response: Response): void {
  const target = new URL(response.url || `${protocol}//${host}`);
  if (protocol !== "https:" || target.protocol === "https:") return;
  response.body?.cancel().catch(() => {});
  throw new RsembedError(
    "auth",
    `Cannot read from ${host}: it leads to ${target.host} without encryption`,
    {
      facts: { service: host },
    },
  );
}

async function partOf(
  response: Response,
  { href, offset, length }: { href: string; offset: number; length: number },
): Promise<RangeAnswer> {
  const { status } = response;
  const host = new URL(response.url || href).host;
  if (status === 206) {
    const said = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(response.headers.get("content-range") ?? "");
    const size = said && said[3] !== "*" ? Number(said[3]) : null;
    const bytes = await boundedBody(response, length);
    const wanted = size === null ? length : Math.min(length, size - offset);
    if (!said || Number(said[1]) !== offset || bytes.length !== wanted) {
      throw unavailable(
        host,
        `${bytes.length} bytes of "${href}" came as ${
          response.headers.get("content-range")
        }, ${wanted} at ${offset} were asked for`,
      );
    }
    return { bytes, size };
  }
  if (status === 200) {
    const size = Number(response.headers.get("content-length") ?? NaN);
    if (offset === 0 && size <= length) {
      const bytes = await boundedBody(response, length);
      if (bytes.length !== size) throw unavailable(host, `"${href}" ends early`);
      return { bytes, size };
    }
    await response.body?.cancel();
    throw new RsembedError(
      "unsupported",
      `Cannot read a part of "${href}": ${host} gives whole files only, a server with range requests is wanted`,
      { facts: { feature: "server without range requests" } },
    );
  }
  await response.body?.cancel();
  if (status === 404 || status === 410) {
    throw new RsembedError("not-found", `Cannot read "${href}": ${host} has no such file`, {
      facts: { name: href },
    });
  }
  if (status === 401 || status === 403 || status === 409) {
    throw new RsembedError("auth", `Cannot read "${href}": ${host} refuses it with ${status}`, {
      facts: { service: host },
    });
  }
  throw new RsembedError("unavailable", `Cannot read "${href}": ${host} answers ${status}`, {
    facts: { resource: host, ...statusFacts(status, response.headers.get("retry-after")) },
  });
}

function unavailable(host: string, state: string): RsembedError {
  return new RsembedError("unavailable", `Cannot read from ${host}: ${state}`, {
    facts: { resource: host },
  });
}
