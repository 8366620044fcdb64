/**
 * Searching STAC APIs.
 *
 * Source: STAC API 1.0, item search, with the query extension; what Earth Search and the Planetary
 * Computer do beyond it, from public reports.
 *
 * @module
 */

import { isTransient, retry, RsembedError } from "@rsembed/core";
import { askJson, type AskOptions } from "../http/ask_json.ts";
import type { LonLatBounds } from "../raster/crs.ts";
import { lonSpans } from "../raster/lonlat.ts";
import { objectOf, readItem, type StacItem } from "./item.ts";

/** What to search for. */
export interface SearchQuery {
  /** Collections; empty for all. */
  readonly collections: readonly string[];
  /** Where. */
  readonly bounds: LonLatBounds;
  /** When, milliseconds since 1970, half-open; `null` for any time. */
  readonly time: { readonly startMs: number; readonly endMs: number } | null;
  /** Conditions on properties, as the query extension has them. */
  readonly query: Readonly<Record<string, unknown>>;
}

/** Items of a page asked for at first. */
const firstPageSize = 100;
/** Pages are not made smaller than this where a service fails. */
const leastPageSize = 10;
/** Items of a search at most. */
export const maxItems = 10_000;
/** Attempts at a page of one size. */
const pageRetries = 2;

/** A request for a page. */
interface PageRequest {
  readonly url: string;
  /** `null`: by GET. */
  readonly body: Readonly<Record<string, unknown>> | null;
}

/**
 * All items that a search finds, page by page. Pages are halved where the service fails on them.
 *
 * @param url Address of the search, such as `https://earth-search.aws.element84.com/v1/search`
 * @throws {RsembedError} As `askJson`; `limit` for more than 10,000 items; `corrupt` for answers that are
 * no items, or never end
 */
export async function searchItems(
  url: string,
  query: SearchQuery,
  options: AskOptions = {},
): Promise<StacItem[]> {
  const found = new Map<string, StacItem>();
  for (const bbox of boxesOf(query.bounds)) {
    for (const item of await searchBox(url, { ...query, bbox }, options)) {
      found.set(`${item.collection}/${item.id}`, item);
    }
  }
  return [...found.values()];
}

/** A box that crosses the antimeridian in two pieces, as services take it for the other way round. */
function boxesOf(bounds: LonLatBounds): number[][] {
  return lonSpans(bounds).map(([west, east]) => [west, bounds.minLat, east, bounds.maxLat]);
}

/** A time as STAC writes it: intervals are closed there, so the end is a millisecond earlier. */
export function datetimeOf({ startMs, endMs }: { startMs: number; endMs: number }): string {
  const text = (ms: number) => new Date(ms).toISOString().replace(".000Z", "Z");
  return `${text(startMs)}/${text(Math.max(startMs, endMs - 1))}`;
}

async function searchBox(
  url: string,
  { collections, bbox, time, query }: SearchQuery & { readonly bbox: readonly number[] },
  options: AskOptions,
): Promise<StacItem[]> {
  let pageSize = firstPageSize;
  let next: PageRequest | null = {
    url,
    body: {
      ...(collections.length > 0 ? { collections } : {}),
      bbox,
      ...(time ? { datetime: datetimeOf(time) } : {}),
      ...(Object.keys(query).length > 0 ? { query } : {}),
    },
  };
  const items: StacItem[] = [];
  const asked = new Set<string>();
  while (next) {
    const request: PageRequest = next;
    const key = JSON.stringify(request);
    if (asked.has(key)) throw corrupt(url, "its pages go round in a circle");
    asked.add(key);
    const { page, size } = await askPage(request, pageSize, options);
    pageSize = size;
    const features = page["features"];
    if (!Array.isArray(features)) throw corrupt(url, "the answer has no features");
    for (const feature of features) {
      const item = readItem(feature, request.url);
      if (item) items.push(item);
    }
    if (items.length > maxItems) {
      throw new RsembedError(
        "limit",
        `Cannot search ${url}: it finds more than ${maxItems} scenes, use a shorter time range or a lower cloudyPct`,
        { facts: { limit: "scenes found", max: maxItems } },
      );
    }
    next = features.length === 0 ? null : nextPage(page, request);
  }
  return items;
}

/** One page; a service that fails on a page is asked for a smaller one. */
async function askPage(
  { url, body }: PageRequest,
  pageSize: number,
  options: AskOptions,
): Promise<{ page: Readonly<Record<string, unknown>>; size: number }> {
  for (let size = pageSize;; size = size >> 1) {
    const question = body === null ? { url } : { url, body: { limit: size, ...body } };
    // the size of a page that comes after another is part of its address, or of its token
    const canShrink = body !== null && !("limit" in body) && size >> 1 >= leastPageSize;
    const { maxRetries = 3, backoffMs = 500, signal } = options;
    const retries = canShrink ? Math.min(pageRetries, maxRetries) : maxRetries;
    try {
      const page = objectOf(
        await retry(() => askJson(question, { ...options, maxRetries: 0 }), {
          maxRetries: retries,
          backoffMs,
          isRetryable: isTransient,
          signal,
        }),
      );
      if (!page) throw corrupt(url, "the answer is no JSON object");
      return { page, size };
    } catch (error) {
      signal?.throwIfAborted();
      if (!canShrink || !isTransient(error)) throw error;
    }
  }
}

/** The request for the page after one, or `null`. */
function nextPage(
  page: Readonly<Record<string, unknown>>,
  { url, body }: PageRequest,
): PageRequest | null {
  const links = Array.isArray(page["links"]) ? page["links"].map((link) => objectOf(link)) : [];
  const link = links.find((link) => link?.["rel"] === "next");
  if (!link || typeof link["href"] !== "string") return null;
  let address: URL;
  try {
    address = new URL(link["href"], url);
  } catch {
    throw corrupt(url, "the link to its next page is no address");
  }
  if (address.origin !== new URL(url).origin) {
    throw corrupt(url, `its next page lies elsewhere, at ${address.host}`);
  }
  if (String(link["method"] ?? "GET").toUpperCase() !== "POST") {
    return { url: address.href, body: null };
  }
  const own = objectOf(link["body"]) ?? {};
  return { url: address.href, body: link["merge"] === true ? { ...body, ...own } : own };
}

function corrupt(url: string, state: string): RsembedError {
  return new RsembedError("corrupt", `Cannot search ${url}: ${state}`, { facts: { source: url } });
}
