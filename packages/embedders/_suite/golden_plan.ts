/**
 * What a family makes of a reference case: which of its pieces gives each array of the case.
 *
 * @module
 */

import type { Checkpoint } from "@rsembed/models/checkpoint";
import type { GraphSource, Tensors } from "../embedder.ts";
import type { GoldenArray, GoldenCase } from "./golden_case.ts";

/** How one output of a case comes from the outputs of the graph. */
export interface GoldenOutput {
  /** Outputs of the graph that `read` needs. */
  readonly needs: readonly string[];
  /** The array for one place, without the batch axis. */
  read(outputs: Tensors, place: number): GoldenArray;
}

/** An input of the graph that a case stores in another form. */
export interface GoldenFeed {
  /** Array of the case. */
  readonly from: string;
  /** The input for one place, of what is stored for it; both are without the batch axis. */
  read(stored: GoldenArray): GoldenArray;
}

/** A family's pieces, laid out along a case. */
export interface GoldenPlan {
  /** Arrays of the case that preparation and readout start from. */
  readonly sources: readonly string[];
  /** Arrays that preparation gives, by their name in the case. */
  readonly prepared: Readonly<Record<string, () => GoldenArray>>;
  /** Arrays that are made of the checkpoint alone, by their name in the case. */
  readonly folded?: Readonly<Record<string, (checkpoint: Checkpoint) => Promise<GoldenArray>>>;
  /** What is compared otherwise: each gives what is wrong, or `null`. */
  readonly checks?: Readonly<Record<string, () => Promise<string | null>>>;
  /** The encoder, fed with stored arrays, once or in several ways; `null` for cases of preparation only. */
  readonly encoder: GoldenEncoder | readonly GoldenEncoder[] | null;
}

/** An encoder and what is compared of it. */
export interface GoldenEncoder {
  readonly embedder: GraphSource;
  /** Arrays of the case that are fed, by the name of the graph's input; the first axis is the batch. */
  readonly feeds: Readonly<Record<string, string | GoldenFeed>>;
  /** Arrays of the case, by name. */
  readonly outputs: Readonly<Record<string, GoldenOutput>>;
  /** Whether the case stores a single place, without a batch axis. @default false */
  readonly single?: boolean;
}

/** A kind of case that the family does not give. */
export interface Unsupported {
  readonly unsupported: string;
}

/** Lays a family's pieces out along a case. */
export type GoldenAdapter = (golden: GoldenCase) => GoldenPlan | Unsupported;
