/**
 * Where account-free imagery is searched, in which order.
 *
 * @module
 */

import type { AddressSigner } from "../http/range_client.ts";
import type { Imagery } from "./imagery.ts";
import { azureContainer, blobSigner, type BlobSignerOptions } from "./signing.ts";

/** How the numbers of Sentinel-2 scenes are told apart that carry an offset of 1000. */
export type OffsetRule =
  /** By the processing baseline: 04.00 and later have it. */
  | "baseline"
  /** By scale and offset of the item's bands. */
  | "declared"
  /** By the pixels: what the items say is not true. */
  | "pixels";

/** A catalogue to search, for one kind of imagery. */
export interface StacSource {
  /** Stands in provenance. */
  readonly name: string;
  /** Address of the search; `null` where `root` must be looked at first. */
  readonly searchUrl: string | null;
  /** Address of a catalogue of any kind. */
  readonly root: string | null;
  /** Collections that are searched; empty for all. */
  readonly collections: readonly string[];
  /** Whether nobody named them: a catalogue may call the same imagery otherwise. */
  readonly isGuess: boolean;
  readonly offsetRule: OffsetRule;
}

/** Addresses of the services, as they are or as a test has them. */
export interface StacEndpoints {
  /** STAC API of the Planetary Computer. */
  readonly planetaryComputer: string;
  /** Its token service. */
  readonly planetaryComputerTokens: string;
  /** Which of its files want a token. */
  readonly containerOf: (address: URL) => { account: string; container: string } | null;
  /** STAC API of Earth Search. */
  readonly earthSearch: string;
}

/** The services. */
export const publicEndpoints: StacEndpoints = {
  planetaryComputer: "https://planetarycomputer.microsoft.com/api/stac/v1",
  planetaryComputerTokens: "https://planetarycomputer.microsoft.com/api/sas/v1/token",
  containerOf: azureContainer,
  earthSearch: "https://earth-search.aws.element84.com/v1",
};

/** Names that the setting `stac` knows. */
export const sourceNames: readonly string[] = [
  "planetary-computer",
  "earth-search-c1",
  "earth-search",
];

/** Collections of the Planetary Computer, by the kind of imagery. */
const planetaryCollections: Readonly<Record<Imagery["kind"], string | null>> = {
  "sentinel-2": "sentinel-2-l2a",
  landsat: "landsat-c2-l2",
  "sentinel-1": "sentinel-1-rtc",
  elevation: "cop-dem-glo-30",
  other: null,
};

/** What {@linkcode sourcesOf} chooses by. */
export interface SourceChoice {
  /** Name of the collection as asked for. */
  readonly id: string;
  readonly imagery: Imagery;
  readonly endpoints: StacEndpoints;
  /** `auto`, one of {@linkcode sourceNames}, or the address of another catalogue. */
  readonly stac: string;
  /** Collection to search in a catalogue named by its address. */
  readonly collection: string | undefined;
}

/** The sources of some imagery, to be asked one after the other. */
export function sourcesOf(choice: SourceChoice): StacSource[] {
  const { imagery, endpoints, stac } = choice;
  if (/^https?:/i.test(stac)) {
    return [{
      name: new URL(stac).host,
      searchUrl: null,
      root: stac,
      collections: ownCollections(choice),
      isGuess: choice.collection === undefined,
      offsetRule: "declared",
    }];
  }
  const all: StacSource[] = [];
  // names of catalogues look like sentinel-2-l2a, those of Earth Engine have folders
  const planetary = planetaryCollections[imagery.kind] ??
    (/^[a-z0-9][a-z0-9._-]*$/i.test(choice.id) ? choice.id : null);
  if (planetary) {
    all.push({
      name: "planetary-computer",
      searchUrl: `${endpoints.planetaryComputer}/search`,
      root: null,
      isGuess: false,
      collections: [planetary],
      offsetRule: "baseline",
    });
  }
  if (imagery.kind === "sentinel-2") {
    const searchUrl = `${endpoints.earthSearch}/search`;
    all.push({
      name: "earth-search-c1",
      searchUrl,
      root: null,
      isGuess: false,
      collections: ["sentinel-2-c1-l2a"],
      offsetRule: "declared",
    }, {
      name: "earth-search",
      searchUrl,
      root: null,
      isGuess: false,
      collections: ["sentinel-2-l2a"],
      offsetRule: "pixels",
    });
  }
  return stac === "auto" ? all : all.filter(({ name }) => name === stac);
}

function ownCollections({ id, imagery, collection }: SourceChoice): string[] {
  if (collection) return [collection];
  const usual = planetaryCollections[imagery.kind];
  if (usual) return [usual];
  return id.includes("/") ? [] : [id];
}

/** Signs the addresses that want it: those of the Planetary Computer. */
export function signerOf(
  endpoints: StacEndpoints,
  options: Pick<BlobSignerOptions, "subscriptionKey" | "ask">,
): AddressSigner {
  return blobSigner({
    tokenUrl: endpoints.planetaryComputerTokens,
    containerOf: endpoints.containerOf,
    ...options,
  });
}
