/**
 * Addresses of the Planetary Computer's files, with the access tokens that it gives to anybody.
 *
 * Source: the SAS service of the Planetary Computer, as its client for Python asks it.
 *
 * @module
 */

import { RsembedError } from "@rsembed/core";
import { askJson, type AskOptions } from "../http/ask_json.ts";
import type { AddressSigner } from "../http/range_client.ts";
import { keepWork } from "../http/kept_work.ts";
import { objectOf } from "./item.ts";

/** Options of {@linkcode blobSigner}. */
export interface BlobSignerOptions {
  /** Address of the token service. */
  readonly tokenUrl: string;
  /** The storage account and container of an address, or `null` where it needs no token. */
  readonly containerOf: (address: URL) => { account: string; container: string } | null;
  /** Key of a subscription, for more requests a second. */
  readonly subscriptionKey?: string | undefined;
  /** How patiently the service is asked. */
  readonly ask?: AskOptions | undefined;
}

/** Time before its end at which a token counts as run out, milliseconds. */
const marginMs = 60_000;
/** Containers whose tokens are kept. */
const maxContainers = 256;
/** Time between renewals of a token that was refused before its end, milliseconds. */
const leastRenewalMs = 30_000;
/** Life of a token whose end is not said, milliseconds. */
const assumedMs = 30 * 60_000;

interface Token {
  /** A query. */
  readonly query: string;
  readonly expiresAtMs: number;
}

/** The account and container of an Azure blob that wants a token. */
export function azureContainer(address: URL): { account: string; container: string } | null {
  const account = /^([a-z0-9]+)\.blob\.core\.windows\.net$/.exec(address.hostname)?.[1];
  const container = address.pathname.split("/")[1];
  // open to all
  if (!account || !container || account === "ai4edatasetspublicassets") return null;
  return { account, container };
}

/** Signs addresses, with one token a container, asked for once however many want it. */
export function blobSigner(options: BlobSignerOptions): AddressSigner {
  const tokens = keepWork<Token>(maxContainers);
  const current = new Map<string, Token>();
  const renewedAt = new Map<string, number>();
  return async (href, { signal, refused }) => {
    const address = new URL(href);
    const isSigned = ["st", "se", "sp", "sig"].some((key) => address.searchParams.has(key));
    const place = options.containerOf(address);
    if (isSigned || place === null) return href;
    const key = `${place.account}/${place.container}`;
    const known = current.get(key);
    // files that are refused for good must not cost the others their token, again and again
    const isRefused = known !== undefined && refused?.endsWith(known.query) === true &&
      Date.now() > (renewedAt.get(key) ?? -Infinity) + leastRenewalMs;
    if (isRefused) renewedAt.set(key, Date.now());
    if (known && (isRefused || Date.now() > known.expiresAtMs - marginMs)) {
      current.delete(key);
      tokens.forget(key);
    }
    const token = await tokens.get(key, async (signal) => {
      const made = await tokenFor(key, options, signal);
      current.set(key, made);
      return made;
    }).join(signal);
    address.search = address.search === "" ? token.query : `${address.search}&${token.query}`;
    return address.href;
  };
}

async function tokenFor(
  key: string,
  { tokenUrl, subscriptionKey, ask }: BlobSignerOptions,
  signal: AbortSignal,
): Promise<Token> {
  const url = `${tokenUrl.replace(/\/+$/, "")}/${key}`;
  const headers = subscriptionKey ? { "ocp-apim-subscription-key": subscriptionKey } : undefined;
  const answer = objectOf(await askJson({ url, headers }, { maxRetries: 10, ...ask, signal }));
  const token = answer?.["token"];
  if (typeof token !== "string" || token === "") {
    throw new RsembedError("corrupt", `Cannot read from ${key}: ${url} gives no token`, {
      facts: { source: url },
    });
  }
  const end = Date.parse(String(answer?.["msft:expiry"] ?? ""));
  return {
    query: token.replace(/^\?/, ""),
    expiresAtMs: Number.isFinite(end) ? end : Date.now() + assumedMs,
  };
}
