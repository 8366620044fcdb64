/**
 * A model's facts, as plain data.
 *
 * @module
 */

import type { Card } from "./catalog.ts";
import type { SensorSpec } from "./sensor.ts";

/** A published file of weights. */
export interface WeightsFile {
  /** `owner/name` of the repository that publishes it. */
  readonly repo: string;
  /** Path inside the repository, or the name of the file. */
  readonly file: string;
  /** Size of the file, bytes, where known. */
  readonly sizeBytes: number | null;
  /** SHA-256 of the file, hex, where known; else the hub's own is used, if it has one. */
  readonly sha256: string | null;
}

/** A file on a model hub. */
export interface HubWeights extends WeightsFile {
  /** The service that hosts it. */
  readonly hub: "huggingface";
  /** Branch, tag or commit. */
  readonly revision: string;
}

/** A file on a server of no particular kind. */
export interface WebWeights extends WeightsFile {
  /** It has an address and nothing more. */
  readonly hub: "web";
  /** Its address, https. */
  readonly url: string;
}

/** Where the weights of a variant are published. */
export type WeightsRef = HubWeights | WebWeights;

/** One size or release of a model. */
export interface VariantCard {
  /** One sentence on the variant. */
  readonly summary: string;
  /** Length of an embedding. */
  readonly dim: number;
  /** Length of a cell of a grid, where the defaults give another. @default that of an embedding */
  readonly gridDim?: number;
  /** Number of parameters. */
  readonly parameters: number;
  /** `null` for a model that needs none. */
  readonly weights: WeightsRef | null;
  /** The modalities that it takes, the default first. @default all */
  readonly modalities?: readonly string[];
}

/** An option of a model. */
export interface OptionCard {
  /** What kind of value it takes. */
  readonly type: "integer" | "number" | "string" | "boolean";
  /** `null` where the model decides. */
  readonly default: number | string | boolean | null;
  /** The only values it takes. @default any of its type */
  readonly choices?: readonly (number | string)[];
  /** Smallest value. @default none */
  readonly min?: number;
  /** Largest value. @default none */
  readonly max?: number;
  /** One sentence on what it changes. */
  readonly description: string;
}

/** How a family was held against its upstream. */
export interface Verification {
  /** What was compared with what. */
  readonly how: string;
  /** Largest absolute error over all reference cases, with the case it was seen in. */
  readonly cases: readonly { readonly name: string; readonly maxAbsError: number }[];
}

/** How a model fares with its linear layers in 8-bit integers. */
export interface Int8Verification {
  /** Least cosine of an embedding, pooled or grid, with that in float32. */
  readonly minCosine: number;
  /** What it was measured on. */
  readonly how: string;
}

/** A model's facts: cheap to import, true without loading the model. */
export interface ModelCard extends Card {
  /** Name as its authors write it. */
  readonly title: string;
  /** One sentence on what it is and was trained on. */
  readonly summary: string;
  /** Whether it runs on imagery, or reads stored embeddings. */
  readonly type: "on_the_fly" | "precomputed";
  /** Licences, SPDX where there is one. */
  readonly licence: { readonly code: string; readonly weights: string };
  /** The paper. */
  readonly citation: string;
  /** Where its authors publish it. */
  readonly homepage: string;
  /** Sizes and releases by name. */
  readonly variants: Readonly<Record<string, VariantCard>>;
  /** Key of `variants`. */
  readonly defaultVariant: string;
  /** The imagery each modality wants. */
  readonly modalities: Readonly<Record<string, SensorSpec>>;
  /** Key of `modalities`. */
  readonly defaultModality: string;
  /** The calendar years that stored embeddings are of; left out by models that run. */
  readonly years?: readonly [first: number, last: number];
  /** What its time axis is: one composite, or frames cut from the window. */
  readonly frames: "single" | "series";
  /** Whether any list of bands is accepted, not only the modality's own. */
  readonly anyBands: boolean;
  /** Side of the input, px; `null` where any size is taken. */
  readonly imageSizePx: number | null;
  /** Shapes of output it gives. */
  readonly outputs: readonly ("pooled" | "grid")[];
  /** Options by name. */
  readonly options: Readonly<Record<string, OptionCard>>;
  /** What a user should know before trusting a number. */
  readonly pitfalls: readonly string[];
  /** What holds its numbers. */
  readonly verified: Verification;
  /** Left out where it was not measured: then the precision int8 is refused. */
  readonly int8?: Int8Verification;
}
