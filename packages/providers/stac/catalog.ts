/**
 * Static STAC catalogues: files that link to each other.
 *
 * @module
 */

import { mapPool, RsembedError } from "@rsembed/core";
import { askJson, type AskOptions } from "../http/ask_json.ts";
import { objectOf, readItem, type StacItem } from "./item.ts";
import { maxItems } from "./search.ts";

/** Documents of a catalogue at most. */
const maxDocuments = 20_000;
/** Documents read at once. */
const readsAtOnce = 8;

/** What an address turned out to be. */
export type StacRoot =
  | { readonly kind: "api"; readonly searchUrl: string }
  | { readonly kind: "static"; readonly items: readonly StacItem[] };

interface Link {
  readonly rel: unknown;
  readonly href: string;
}

function linksOf(json: Readonly<Record<string, unknown>>, base: string): Link[] {
  const links = Array.isArray(json["links"]) ? json["links"].map((link) => objectOf(link)) : [];
  return links.flatMap((link) => {
    if (!link || typeof link["href"] !== "string") return [];
    try {
      const address = new URL(link["href"], base);
      // a catalogue is read where it was named: not from other hosts, nor from files
      return address.origin === new URL(base).origin
        ? [{ rel: link["rel"], href: address.href }]
        : [];
    } catch {
      return [];
    }
  });
}

/**
 * Opens an address: an API by its landing page, a catalogue or collection by reading all items below it,
 * or one item.
 *
 * @throws {RsembedError} As `askJson`; `corrupt` for what is no STAC; `limit` for catalogues of more than
 * 20,000 documents
 */
export async function openRoot(url: string, options: AskOptions = {}): Promise<StacRoot> {
  const root = objectOf(await askJson({ url }, options));
  if (!root) throw notStac(url, "it is no JSON object");
  const search = linksOf(root, url).find(({ rel }) => rel === "search");
  if (search) return { kind: "api", searchUrl: search.href };
  return { kind: "static", items: await crawl(url, root, options) };
}

async function crawl(
  url: string,
  root: Readonly<Record<string, unknown>>,
  options: AskOptions,
): Promise<StacItem[]> {
  const items: StacItem[] = [];
  const seen = new Set([url]);
  const kinds = new Set(["child", "item", "items"]);
  const tooMany = () =>
    new RsembedError(
      "limit",
      `Cannot read the catalogue ${url}: it has more than ${maxDocuments} documents or ${maxItems} items, name a collection inside it`,
      { facts: { limit: "documents of a catalogue", max: maxDocuments } },
    );
  const add = (item: StacItem) => {
    items.push(item);
    if (items.length > maxItems) throw tooMany();
  };
  /** The links that were not followed before. */
  const follow = (links: readonly Link[]): string[] => {
    const fresh: string[] = [];
    for (const { href } of links) {
      if (seen.has(href)) continue;
      seen.add(href);
      if (seen.size > maxDocuments) throw tooMany();
      fresh.push(href);
    }
    return fresh;
  };
  const visit = (json: Readonly<Record<string, unknown>>, base: string): string[] => {
    const item = readItem(json, base);
    if (item) {
      add(item);
      return [];
    }
    if (json["type"] === "FeatureCollection" && Array.isArray(json["features"])) {
      for (const feature of json["features"]) {
        const one = readItem(feature, base);
        if (one) add(one);
      }
      // the items of a collection come page by page
      return follow(linksOf(json, base).filter(({ rel }) => rel === "next"));
    }
    if (json["type"] !== "Catalog" && json["type"] !== "Collection") {
      throw notStac(base, "it is no catalogue, collection or item");
    }
    return follow(linksOf(json, base).filter(({ rel }) => kinds.has(String(rel))));
  };
  let level = visit(root, url);
  while (level.length > 0) {
    const below: string[] = [];
    const read = async (href: string) => ({
      href,
      json: objectOf(await askJson({ url: href }, options)),
    });
    const reading = mapPool(level, read, { concurrency: readsAtOnce, signal: options.signal });
    for await (const { href, json } of reading) {
      if (!json) throw notStac(href, "it is no JSON object");
      below.push(...visit(json, href));
    }
    level = below;
  }
  return items;
}

function notStac(url: string, state: string): RsembedError {
  return new RsembedError("corrupt", `Cannot read "${url}" as STAC: ${state}`, {
    facts: { source: url },
  });
}
