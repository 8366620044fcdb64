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
 * Opens the provider of a backend. `auto` is `local` where sources are given; the synthetic world is
 * never chosen unless it is named.
 *
 * @throws {RsembedError} `spec` where `auto` has nothing to choose, `not-found` for an unknown name
 */
export async function openBackend(
  { backend, providers, settings }: BackendOptions,
): Promise<Provider> {
  let name = backend.trim().toLowerCase();
  if (name === "auto") {
    if ((settings.sources?.length ?? 0) === 0) {
      throw new RsembedError(
        "spec",
        'Cannot choose a backend for "auto": no local sources are given; name source files, or ' +
          'ask for the backend "synthetic"',
        { facts: { field: "backend", value: backend } },
      );
    }
    name = "local";
  }
  const factory = await lookup(providers, name, "backend").load();
  return await factory(settings);
}

/**
 * The window to ask a provider for. Local files are what they are: without a window, any date will do;
 * elsewhere it is {@linkcode defaultWindow}.
 */
export function windowFor(provider: Provider, temporal: TemporalSpec | null): TemporalSpec | null {
  return temporal ?? (provider.name === "local" ? null : defaultWindow);
}
