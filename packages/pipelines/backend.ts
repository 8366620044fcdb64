/**
 * Which source of imagery serves a request.
 *
 * @module
 */

import {
  calendarYear,
  dateRange,
  lookup,
  type ModelCard,
  RsembedError,
  type TemporalSpec,
} from "@rsembed/core";
import type { Provider, ProviderCatalog, ProviderSettings } from "@rsembed/providers";

/** The window of rs-embed for requests without one, at sources that hold many years. */
export const defaultWindow: TemporalSpec = dateRange("2022-06-01", "2022-09-01");

/** What a backend is chosen by. */
export interface BackendOptions {
  /** `auto`, or the id of a provider. */
  readonly backend: string;
  readonly providers: ProviderCatalog;
  readonly settings: ProviderSettings;
  /** Models of the run: those whose embeddings are stored are read, whatever imagery the others take. */
  readonly cards?: readonly ModelCard[];
}

/** Sources of imagery, which have no embeddings; Earth Engine has those of its own catalogue. */
const imageryOnly: ReadonlySet<string> = new Set(["auto", "local", "stac", "synthetic", "gee"]);

/**
 * Opens the provider of a backend. `auto` is `local` where sources are given, `gee` where credentials and a
 * project are at hand, else `stac`; the synthetic world is never chosen unless it is named.
 *
 * @throws {RsembedError} `spec` where `auto` has nothing to choose, `not-found` for an unknown name
 */
export async function openBackend(options: BackendOptions): Promise<Provider> {
  const { backend, providers, settings, cards = [] } = options;
  const asked = backend.trim().toLowerCase();
  const open = async (name: string): Promise<Provider> =>
    await (await lookup(providers, name, "backend").load())(settings);
  const stored = new Set(
    cards.filter(({ type }) => type === "precomputed").flatMap(({ modalities }) =>
      Object.values(modalities).map(({ collection }) => collection)
    ),
  );
  for (const collection of stored) {
    const isTheirs = asked === "gee" && collection.startsWith("GOOGLE/");
    if (!imageryOnly.has(asked) || isTheirs) stored.delete(collection);
  }
  const products = stored.size > 0 ? await open("products") : null;
  if (products && cards.every(({ type }) => type === "precomputed") && asked !== "gee") {
    return products;
  }
  const main = await open(asked === "auto" ? await automatic(options) : asked);
  if (!products) return main;
  return {
    name: main.name,
    identity: { main: main.identity ?? null, products: products.identity ?? null },
    fetch: (request, run) =>
      (stored.has(request.sensor.collection) ? products : main).fetch(request, run),
  };
}

async function automatic({ backend, providers, settings }: BackendOptions): Promise<string> {
  if ((settings.sources?.length ?? 0) > 0) return "local";
  // whoever names a catalogue means it
  const wantsStac = settings.stac !== undefined || settings.stacCollection !== undefined;
  if (Object.hasOwn(providers, "gee") && !wantsStac) {
    const { likelyAccess } = await import("@rsembed/providers/gee");
    // a runtime that may not look has no credentials
    if (await likelyAccess(settings).catch(() => null)) return "gee";
  }
  if (Object.hasOwn(providers, "stac")) return "stac";
  throw new RsembedError(
    "spec",
    'Cannot choose a backend for "auto": there are no local sources, and the catalog has neither gee nor ' +
      "stac; name source files or a backend",
    { facts: { field: "backend", value: backend } },
  );
}

/**
 * The window to ask a provider for. Local files are what they are: without a window, any date will do;
 * elsewhere it is {@linkcode defaultWindow}, or the last year of products that do not have that one.
 */
export function windowFor(
  provider: Provider,
  temporal: TemporalSpec | null,
  cards: readonly ModelCard[] = [],
): TemporalSpec | null {
  if (temporal || provider.name === "local") return temporal;
  const years = cards.flatMap((card) => card.years ? [card.years] : []);
  const first = Math.max(...years.map(([year]) => year));
  const last = Math.min(...years.map(([, year]) => year));
  const isCovered = years.length === 0 || (first <= 2022 && 2022 <= last);
  return isCovered || first > last ? defaultWindow : calendarYear(last);
}
