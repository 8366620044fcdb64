/**
 * A model's facts, as plain data.
 *
 * @module
 */

import type { Card } from "./catalog.ts";
import type { SensorSpec } from "./sensor.ts";

/** Where the weights of a variant are published. */
export interface WeightsRef {
  readonly hub: "huggingface";
  /** `owner/name` on the hub. */
  readonly repo: string;
  /** Path inside the repository. */
  readonly file: string;
  /** Branch, tag or commit. */
  readonly revision: string;
  /** Size of the file, bytes, where known. */
  readonly sizeBytes: number | null;
  /** SHA-256 of the file, hex, where known; else the hub's own is used. */
  readonly sha256: string | null;
}

/** One size or release of a model. */
export interface VariantCard {
  readonly summary: string;
  /** Length of an embedding. */
  readonly dim: number;
  /** Number of parameters. */
  readonly parameters: number;
  /** `null` for a model that needs none. */
  readonly weights: WeightsRef | null;
}

/** An option of a model. */
export interface OptionCard {
  readonly type: "integer" | "number" | "string" | "boolean";
  /** `null` where the model decides. */
  readonly default: number | string | boolean | null;
  readonly choices?: readonly (number | string)[];
  readonly min?: number;
  readonly max?: number;
  readonly description: string;
}

/** How a family was held against its upstream. */
export interface Verification {
  /** What was compared with what. */
  readonly how: string;
  /** Largest absolute error over all reference cases, with the case it was seen in. */
  readonly cases: readonly { readonly name: string; readonly maxAbsError: number }[];
}

/** A model's facts: cheap to import, true without loading the model. */
export interface ModelCard extends Card {
  readonly title: string;
  readonly summary: string;
  readonly type: "on_the_fly" | "precomputed";
  /** Licences, SPDX where there is one. */
  readonly licence: { readonly code: string; readonly weights: string };
  readonly citation: string;
  readonly homepage: string;
  readonly variants: Readonly<Record<string, VariantCard>>;
  readonly defaultVariant: string;
  /** The imagery each modality wants. */
  readonly modalities: Readonly<Record<string, SensorSpec>>;
  readonly defaultModality: string;
  /** What its time axis is: one composite, or frames cut from the window. */
  readonly frames: "single" | "series";
  /** Whether any list of bands is accepted, not only the modality's own. */
  readonly anyBands: boolean;
  /** Side of the input, px; `null` where any size is taken. */
  readonly imageSizePx: number | null;
  readonly outputs: readonly ("pooled" | "grid")[];
  readonly options: Readonly<Record<string, OptionCard>>;
  /** What a user should know before trusting a number. */
  readonly pitfalls: readonly string[];
  readonly verified: Verification;
}
