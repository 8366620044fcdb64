/**
 * Sources and models that fail on purpose, made of the real ones.
 *
 * @module
 */

import { type ModelCard, type Patch, RsembedError, type Spatial } from "@rsembed/core";
import { type Embedder, type EmbedderCatalog, embedders } from "@rsembed/embedders";
import { type Provider, type ProviderCatalog, providers } from "@rsembed/providers";

/** What a {@linkcode watchedProviders} source does beside fetching. */
export interface Watch {
  /** Fetches so far. */
  calls: number;
  /** Fetches in flight. */
  running: number;
  /** Most fetches in flight at once. */
  peak: number;
}

/** The catalog with a source `watched`: the synthetic world, observed, failing where `fail` says. */
export function watchedProviders(
  watch: Watch,
  fail: (place: Spatial, call: number) => Error | null = () => null,
): ProviderCatalog {
  const { synthetic } = providers;
  return {
    ...providers,
    watched: {
      card: { ...synthetic!.card, id: "watched", aliases: [] },
      async load() {
        const factory = await synthetic!.load();
        return async (settings): Promise<Provider> => {
          const world = await factory(settings);
          return {
            name: "watched",
            async fetch(request, options): Promise<Patch> {
              const call = watch.calls++;
              watch.peak = Math.max(watch.peak, ++watch.running);
              try {
                await new Promise((resolve) => setTimeout(resolve, 1));
                const error = fail(request.spatial, call);
                if (error) throw error;
                return await world.fetch(request, options);
              } finally {
                watch.running--;
              }
            },
          };
        };
      },
    },
  };
}

/** The catalog with a model `picky`: mosaiks, refusing patches that `refuses` says. */
export function pickyEmbedders(refuses: (patch: Patch) => boolean): EmbedderCatalog {
  const mosaiks = embedders["mosaiks"]!;
  const card: ModelCard = { ...mosaiks.card, id: "picky", aliases: [] };
  return {
    ...embedders,
    picky: {
      card,
      async load() {
        const family = await mosaiks.load();
        return {
          ...family,
          card,
          embedder(model): Embedder {
            const inner = family.embedder(model);
            return {
              ...inner,
              card,
              prepare(patch) {
                if (refuses(patch)) {
                  throw new RsembedError("spec", "Cannot prepare the patch: it is refused here", {
                    facts: { field: "patch" },
                  });
                }
                return inner.prepare(patch);
              },
            };
          },
        };
      },
    },
  };
}
