/**
 * The provider of Google Earth Engine.
 *
 * @module
 */

import type { RunOptions } from "@rsembed/core";
import type { Provider, ProviderSettings } from "../provider.ts";
import { findAccess } from "./access.ts";
import { geeCard } from "./card.ts";
import { fetchPlace } from "./fetch.ts";
import { unlessAborted } from "../http/requests.ts";
import type { CustomImage, KnownBands } from "./layers.ts";
import { connectEarthEngine, type EarthEngine, type ServiceOptions } from "./service.ts";

/** Settings of {@linkcode geeProvider}. */
export interface GeeSettings extends ProviderSettings {
  /** Address of the service. @default `https://earthengine-highvolume.googleapis.com` */
  readonly serviceUrl?: string | undefined;
  /** Whether the scenes of each composite are listed in the provenance, at one request each. @default true */
  readonly listScenes?: boolean | undefined;
  /**
   * Images of your own, computed by Earth Engine: a sensor whose collection is one of these names takes its bands
   * from the image that the function gives.
   */
  readonly images?: Readonly<Record<string, CustomImage>> | undefined;
  /** How patiently the service is asked, and how often at once. */
  readonly service?: Omit<ServiceOptions, "project" | "tokens" | "url"> | undefined;
}

/**
 * Imagery computed by Google Earth Engine: composites of any of its image collections, one request a
 * collection and frame, larger places in several.
 *
 * Scenes are chosen by place, by time (`[start, end)`), and by the cloud share that Sentinel-2 and Landsat
 * state; no pixel is masked for clouds. The composite is the per-pixel median or the latest scene on top.
 * Values are those of the collection: neither scale nor offset is applied. Sentinel-1 is taken in the scale
 * and pass that the sensor names, in both polarisations, in interferometric wide swath unless that leaves
 * nothing. Collections joined by `+` become one patch; terrain has no date.
 *
 * On the `utm` grid, pixels that are not the scenes' own are interpolated bilinearly; on `webmercator` they
 * are the nearest, as rs-embed has them.
 *
 * Credentials and project are looked up at the first call: the settings' own, else where Google's clients keep theirs.
 *
 * @example
 * ```ts
 * import { geeProvider } from "@rsembed/providers/gee";
 * import assert from "node:assert/strict";
 *
 * const provider = geeProvider({ project: "my-project" });
 * assert.equal(provider.name, "gee");
 * ```
 */
export function geeProvider(settings: GeeSettings = {}): Provider {
  const known: KnownBands = new Map();
  let connection: Promise<EarthEngine> | null = null;
  async function connect({ signal }: RunOptions): Promise<EarthEngine> {
    const opening = connection ??= open(settings);
    try {
      return await unlessAborted(opening, signal);
    } catch (error) {
      signal?.throwIfAborted();
      if (connection === opening) connection = null;
      throw error;
    }
  }
  return {
    name: geeCard.id,
    async fetch(request, options = {}) {
      options.signal?.throwIfAborted();
      const engine = await connect(options);
      const { listScenes = true, images = {} } = settings;
      const source = { engine, provider: geeCard.id, listScenes, known, images };
      return await fetchPlace(source, request, options);
    },
  };
}

async function open(settings: GeeSettings): Promise<EarthEngine> {
  const { project, tokens } = await findAccess(settings);
  return connectEarthEngine({ ...settings.service, project, tokens, url: settings.serviceUrl });
}
