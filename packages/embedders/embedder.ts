/**
 * The seam between imagery and graphs: what every model family gives.
 *
 * @module
 */

import type {
  Catalog,
  Dtype,
  Grid,
  ModelCard,
  NdArray,
  OutputSpec,
  Patch,
  ResolvedModel,
  TimeRange,
  TokenGrid,
  Vector,
  WeightsRef,
} from "@rsembed/core";
import type { Checkpoint } from "@rsembed/models/checkpoint";
import type { Graph } from "@rsembed/models/onnx";

/** An array that goes into or comes out of a graph. */
export type Tensor = NdArray<readonly string[], Dtype>;

/** Named arrays of one place, without the batch axis: it is added when places are stacked. */
export type Tensors = Readonly<Record<string, Tensor>>;

/** Shapes of the inputs of a graph, without the batch axis. */
export type InputShapes = Readonly<Record<string, readonly number[]>>;

/** A model with every choice made. Its functions are pure. */
export interface Embedder {
  /** Facts of its family. */
  readonly card: ModelCard;
  /** The choices made. */
  readonly model: ResolvedModel;
  /** Side of the input, px; `null` where any size is taken. */
  readonly imageSizePx: number | null;
  /** Of a model of any size: side of the tiles that larger patches are cut into, px. @default they are not cut */
  readonly tileSizePx?: number;
  /** The frames to fetch for a window; one entry for models of a single date. */
  frames(temporal: TimeRange | null): readonly (TimeRange | null)[];
  /**
   * Whether frames without any imagery are filled before the model sees them, with the composite of the whole
   * window, else with the nearest frame: for models that know no missing dates. @default false
   */
  readonly fillsEmptyFrames?: boolean;
  /**
   * Turns a patch into the inputs of the graph.
   *
   * @throws {RsembedError} `spec` where the patch is not what the model takes
   */
  prepare(patch: Patch): Tensors;
  /**
   * Everything but the shapes and the checkpoint that decides what the graph is: plain JSON, part of the
   * key under which a converted graph is cached. Options that only change preparation or readout stay out.
   */
  readonly graphConfig: Readonly<Record<string, unknown>>;
  /**
   * The graph for inputs of these shapes. Every input and output has a leading batch axis of any length.
   * Values of the checkpoint are read later, when the graph is written.
   *
   * @param checkpoint The open checkpoint, or `null` for a model without weights
   * @throws {RsembedError} `corrupt` where the checkpoint lacks keys, has keys left over, or has wrong shapes
   */
  graph(shapes: InputShapes, checkpoint: Checkpoint | null): Graph;
  /** Names of the graph's outputs that `readout` needs for an output; the others are not computed. */
  outputs(output: OutputSpec): readonly string[];
  /** Turns the graph's outputs for one place into a vector (D,) or a grid (D, H, W). */
  readout(outputs: Tensors, output: OutputSpec): Vector | TokenGrid;
  /**
   * The ground that the input of the graph covers, for a patch on `grid`: the same where the patch is only
   * resized, more where it is padded, less where it is cropped.
   *
   * @returns Width and height are those of the input, px
   */
  inputGrid(grid: Grid): Grid;
  /** What the family adds to the metadata of an embedding. */
  meta(patch: Patch, output: OutputSpec): Readonly<Record<string, unknown>>;
}

/** Whatever has a graph of its own: the encoder of images, or that of texts. */
export type GraphSource = Pick<Embedder, "card" | "model" | "graphConfig" | "graph">;

/** Turns a text into the inputs of the graph. It never fails: what is too long is cut. */
export type Tokenize = (text: string) => Tensors;

/** An encoder of texts into the space of the same model's images. */
export interface TextEmbedder extends GraphSource {
  /** The data file of the tokenizer, for all variants. */
  readonly vocabulary: WeightsRef;
  /**
   * Opens the tokenizer.
   *
   * @param path The vocabulary on this machine
   * @throws {RsembedError} `corrupt` where the file is no vocabulary of this model
   */
  tokenizer(path: string): Promise<Tokenize>;
  /** Turns the graph's outputs for one text, all of which are needed, into a vector (E,), not normalised. */
  readout(outputs: Tensors): Vector;
}

/** A model family: code, loaded when one of its models is first asked for. */
export interface Family {
  /** Facts, as the catalog has them. */
  readonly card: ModelCard;
  /** Raised when the graph of a family changes, so that cached conversions are made anew. */
  readonly graphVersion: number;
  /**
   * An embedder for one set of choices.
   *
   * @throws {RsembedError} `spec` where options do not fit together
   */
  embedder(model: ResolvedModel): Embedder;
  /** An encoder of texts for the same choices. @default the model knows no texts */
  text?(model: ResolvedModel): TextEmbedder;
}

/** Model families by id. */
export type EmbedderCatalog = Catalog<ModelCard, Family>;
