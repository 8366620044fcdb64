/**
 * The seam to imagery: what every source gives.
 *
 * @module
 */

import type {
  Card,
  Catalog,
  ImageryRequest,
  Json,
  Patch,
  RunOptions,
  Spatial,
} from "@rsembed/core";

/** A source of imagery. */
export interface Provider {
  /** The catalog's id of the source; stands as `backend` in metadata. */
  readonly name: string;
  /** What its pixels depend on beside the request: exports go on only where it is the same. */
  readonly identity?: Json;
  /**
   * Fetches the imagery of one place, (T, C, H, W) with T = `request.frames.length`, in the source's own
   * units; nothing is normalised.
   *
   * @throws {RsembedError} `no-data` where there is no imagery, `unavailable` where asking again may help,
   * `corrupt` for bytes that are not what they claim, `not-found` for unknown bands
   */
  fetch(request: ImageryRequest, options?: RunOptions): Promise<Patch>;
  /** The source's own places, one a file or scene, where it has such. */
  footprints?(options?: RunOptions): Promise<readonly NamedPlace[]>;
}

/** A place with a name that can serve as a file name. */
export interface NamedPlace {
  /** Unique among the places of a source. */
  readonly name: string;
  /** Where it is. */
  readonly spatial: Spatial;
}

/** What a catalog says of a provider. */
export interface ProviderCard extends Card {
  /** Name for people. */
  readonly title: string;
  /** One sentence on what it gives. */
  readonly summary: string;
  /** Whether it reaches for a network. */
  readonly network: boolean;
  /** Whether it needs an account. */
  readonly account: boolean;
}

/** Settings for any provider; each reads its own. */
export interface ProviderSettings {
  /** Files, folders or globs of the `local` provider. */
  readonly sources?: readonly string[];
  /** Band names of local files that carry none. */
  readonly bands?: readonly string[];
  /** Acquisition date of local files that carry none, ISO. */
  readonly date?: string;
  /** Seed of the `synthetic` world. */
  readonly seed?: number;
  /**
   * Catalogue of the `stac` provider: `auto`, `planetary-computer`, `earth-search-c1`, `earth-search`, or
   * an address. @default "auto"
   */
  readonly stac?: string | undefined;
  /** Collection to search in a catalogue named by its address. @default the usual name */
  readonly stacCollection?: string | undefined;
  /** Scenes of a frame at most for the `stac` provider, the clearest. @default all */
  readonly maxScenes?: number | undefined;
  /** Key of a subscription to the Planetary Computer, for more requests. @default none */
  readonly planetaryComputerKey?: string | undefined;
  /**
   * Copies of the stored embeddings, each an address or a path: of the folder of the years (gse), of the
   * folder that holds `npy` and `landmasks` (tessera), of the file (copernicus). @default where they are published
   */
  readonly productRoots?: {
    readonly gse?: string | undefined;
    readonly tessera?: string | undefined;
    readonly copernicus?: string | undefined;
  } | undefined;
  /** Google Cloud project of the `gee` provider. @default found with the credentials */
  readonly project?: string | undefined;
  /** Access token of the `gee` provider. @default credentials are looked up */
  readonly accessToken?: string | undefined;
  /** File of credentials of the `gee` provider. @default credentials are looked up */
  readonly credentials?: string | undefined;
}

/** Makes a provider from its settings. */
export type ProviderFactory = (settings: ProviderSettings) => Provider | Promise<Provider>;

/** Providers by id. */
export type ProviderCatalog = Catalog<ProviderCard, ProviderFactory>;
