/**
 * Which source of imagery serves a request.
 *
 * @module
 */

import { dateRange, lookup, RsembedError, type TemporalSpec } from "@rsembed/core";
import type { Provider, ProviderCatalog, ProviderSettings } from "@rsembed/providers";

/** The window of rs-embed for requests without one, at sources that hold many years. */
export const defaultWindow: TemporalSpec = dateRange("2022-06-01", "2022-09-01");

/** What a backend is chosen by. */
export interface BackendOptions {
  /** `auto`, or the id of a provider. */
  readonly backend: string;
  readonly providers: ProviderCatalog;
  readonly settings: ProviderSettings;
}

/**
 * Opens the provider of a backend. `auto` is `local` where sources are given, `gee` where credentials and a
 * project are at hand, else `stac`; the synthetic world is never chosen unless it is named.
 *
 * @throws {RsembedError} `spec` where `auto` has nothing to choose, `not-found` for an unknown name
 */
export async function openBackend(options: BackendOptions): Promise<Provider> {
  const { backend, providers, settings } = options;
  const asked = backend.trim().toLowerCase();
  const name = asked === "auto" ? await automatic(options) : asked;
  const factory = await lookup(providers, name, "backend").load();
  return await factory(settings);
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
 * elsewhere it is {@linkcode defaultWindow}.
 */
export function windowFor(provider: Provider, temporal: TemporalSpec | null): TemporalSpec | null {
  return temporal ?? (provider.name === "local" ? null : defaultWindow);
}
