/**
 * The provider of STAC catalogues.
 *
 * @module
 */

import { nearest, RsembedError } from "@rsembed/core";
import { createRangeClient, type RangeClientOptions } from "../http/range_client.ts";
import type { Provider, ProviderSettings } from "../provider.ts";
import { createCogReader } from "../tiff/cog.ts";
import { stacCard } from "./card.ts";
import { fetchPlace } from "./fetch.ts";
import { createFinder } from "./finder.ts";
import { publicEndpoints, signerOf, sourceNames, type StacEndpoints } from "./sources.ts";

/** Settings of {@linkcode stacProvider}. */
export interface StacSettings extends ProviderSettings {
  /** Addresses of the services. @default the public ones */
  readonly endpoints?: StacEndpoints | undefined;
  /** Bytes of decoded blocks that are kept for the places to come. @default 256 MiB */
  readonly cacheBytes?: number | undefined;
  /** How patiently services and files are asked, and how often at once. */
  readonly requests?: RangeClientOptions | undefined;
}

/** What was asked of the services so far. */
export interface StacTraffic {
  /** Requests for parts of files. */
  readonly requests: number;
  /** Bytes of those parts. */
  readonly bytes: number;
  /** Decoded blocks that were wanted. */
  readonly blocksAsked: number;
  /** Of those, how many were not at hand. */
  readonly blocksRead: number;
}

/** A {@linkcode Provider} that tells what it asked for. */
export interface StacProvider extends Provider {
  /** What was asked so far. */
  traffic(): StacTraffic;
}

/**
 * Imagery from STAC catalogues: cloud-optimised GeoTIFFs, read over HTTP by the blocks that are needed; no
 * account is needed.
 *
 * Sentinel-2 L2A comes from the Planetary Computer, else from Earth Search's Collection 1, else from its
 * legacy collection; Landsat, Sentinel-1 RTC and elevation from the Planetary Computer; anything from a
 * catalogue of your own, an API or plain files. A patch never mixes sources, and its provenance says which
 * it came from and why.
 *
 * Scenes are chosen by place, by time (`[start, end)`) and by cloud share; repeated deliveries of a scene
 * count once, by the highest processing baseline. `cloudMask` leaves cloudy pixels out. The composite is
 * the per-pixel median or the latest scene on top. Sentinel-2 comes as harmonised digital numbers
 * (reflectance x 10000), the offset of baseline 04.00 taken off. Sentinel-1 is terrain-flattened gamma
 * nought, where Earth Engine has sigma nought. All else is as stored.
 *
 * On the `utm` grid, pixels that are not the scenes' own are interpolated bilinearly, or averaged where they
 * become twice as long or more; on `webmercator` they are the nearest, as rs-embed has them.
 *
 * Tables of files and decoded blocks are kept, so that places close together share their reads.
 *
 * @param settings `stac`: `auto`, `planetary-computer`, `earth-search-c1`, `earth-search`, or the address of
 * another catalogue; `stacCollection`: what to search there; `maxScenes`: the clearest of each frame
 * @throws {RsembedError} `spec` for a catalogue that is none of those
 *
 * @example
 * ```ts
 * import { stacProvider } from "@rsembed/providers/stac";
 * import assert from "node:assert/strict";
 *
 * const provider = stacProvider({ stac: "earth-search-c1" });
 * assert.equal(provider.name, "stac");
 * ```
 */
export function stacProvider(settings: StacSettings = {}): StacProvider {
  const { endpoints = publicEndpoints, requests = {}, maxScenes = null } = settings;
  const stac = settings.stac ?? "auto";
  if (stac !== "auto" && !sourceNames.includes(stac) && !/^https?:\/\//i.test(stac)) {
    throw new RsembedError(
      "spec",
      `Cannot search "${stac}": it is none of auto, ${sourceNames.join(", ")}, nor an address`,
      { facts: { field: "stac", value: { stac, nearest: nearest(stac, sourceNames) } } },
    );
  }
  if (maxScenes !== null && !(Number.isSafeInteger(maxScenes) && maxScenes >= 1)) {
    throw new RsembedError(
      "spec",
      `Cannot use maxScenes ${maxScenes}: a whole number >= 1 is wanted`,
      {
        facts: { field: "maxScenes", value: maxScenes },
      },
    );
  }
  const { timeoutMs, maxRetries, backoffMs } = requests;
  const ask = { timeoutMs, maxRetries, backoffMs };
  const sign = signerOf(endpoints, { subscriptionKey: settings.planetaryComputerKey, ask });
  const client = createRangeClient(requests, sign);
  const reader = createCogReader({ client, cacheBytes: settings.cacheBytes });
  const finder = createFinder(ask);
  return {
    name: stacCard.id,
    identity: { stac, collection: settings.stacCollection ?? null, maxScenes },
    traffic: () => ({
      requests: client.traffic.requests,
      bytes: client.traffic.bytes,
      blocksAsked: reader.cache.counts.asked,
      blocksRead: reader.cache.counts.made,
    }),
    async fetch(request, options = {}) {
      const place = {
        provider: stacCard.id,
        finder,
        reader,
        endpoints,
        stac,
        collection: settings.stacCollection,
        maxScenes,
      };
      return await fetchPlace(place, request, options);
    },
  };
}
