/**
 * From what a caller wrote to what a model needs: every choice made, every option checked.
 *
 * @module
 */

import type { ModelCard, OptionCard } from "./card.ts";
import { RsembedError } from "./errors.ts";
import { nearest } from "./names.ts";
import {
  applyFetch,
  type FetchSpec,
  type SensorInit,
  type SensorSpec,
  sensorSpec,
} from "./sensor.ts";

/** A value of a model option. */
export type OptionValue = number | string | boolean | null;

/** How a model computes: `int8` has its linear layers in 8-bit integers. */
export type Precision = "float32" | "int8";

/** The least cosine of embeddings in int8 with those in float32 that is accepted. */
const leastCosine = 0.999;

/** A model as a caller asks for it. */
export interface ModelRequest {
  /** Id or alias; kept as written in keys and manifests. */
  readonly name: string;
  /** Size or release. @default the card's */
  readonly variant?: string;
  /** Kind of imagery. @default the card's */
  readonly modality?: string;
  /** Replaces the modality's imagery altogether; not together with `fetch`. */
  readonly sensor?: SensorInit;
  /** Changes parts of the modality's imagery. */
  readonly fetch?: FetchSpec;
  /** Options by name. @default the card's */
  readonly options?: Readonly<Record<string, OptionValue>>;
  /** Path of a checkpoint to use instead of the published one. */
  readonly weights?: string;
  /** Smaller and faster on the CPU, where the card says that embeddings stay close. @default "float32" */
  readonly precision?: Precision;
}

/** A model with nothing left open. */
export interface ResolvedModel {
  /** As the caller wrote it. */
  readonly name: string;
  /** The canonical id. */
  readonly id: string;
  /** Key of the card's variants. */
  readonly variant: string;
  /** Key of the card's modalities. */
  readonly modality: string;
  /** The imagery it gets. */
  readonly sensor: SensorSpec;
  /** A value for every option of the card. */
  readonly options: Readonly<Record<string, OptionValue>>;
  /** Path of the checkpoint, or `null` for the published one. */
  readonly weights: string | null;
  /** How it computes. */
  readonly precision: Precision;
}

/**
 * Reads `name?variant=nano&modality=s2&key=value...`; keys other than `variant`, `modality`, `weights` and
 * `precision` are model options.
 *
 * @throws {RsembedError} `spec` if there is no name or a key comes twice
 *
 * @example
 * ```ts
 * import { parseModelRequest } from "@rsembed/core";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(parseModelRequest("galileo?variant=nano&patch_size=4"), {
 *   name: "galileo", variant: "nano", options: { patch_size: "4" },
 * });
 * ```
 */
export function parseModelRequest(text: string): ModelRequest {
  const [name = "", query = "", ...rest] = text.split("?");
  const refuse = (state: string): never => {
    throw new RsembedError("spec", `Cannot read model "${text}": ${state}`, {
      facts: { field: "model", value: text },
    });
  };
  if (name.trim() === "") refuse("it has no name");
  if (rest.length > 0) refuse('it has more than one "?"');
  const request: { -readonly [K in keyof ModelRequest]: ModelRequest[K] } = { name };
  const options = new Map<string, string>();
  const seen = new Set<string>();
  for (const [key, value] of new URLSearchParams(query)) {
    if (seen.has(key)) refuse(`"${key}" comes twice`);
    seen.add(key);
    if (key === "variant" || key === "modality" || key === "weights") request[key] = value;
    else if (key === "precision") request.precision = value as Precision; // resolveModel checks it
    else options.set(key, value);
  }
  // unlike assignment, this keeps a key such as __proto__, to be refused by name
  return options.size > 0 ? { ...request, options: Object.fromEntries(options) } : request;
}

function readOption(model: string, key: string, card: OptionCard, value: OptionValue): OptionValue {
  const refuse = (wanted: string): never => {
    throw new RsembedError("spec", `Cannot use option ${key}=${value} of ${model}: ${wanted}`, {
      facts: { field: key, value },
    });
  };
  if (value === null || (typeof value === "string" && value.trim() === "")) {
    return card.default === null ? null : refuse("it needs a value");
  }
  let read: OptionValue = value;
  if (card.type === "boolean") {
    if (value === "true" || value === true) read = true;
    else if (value === "false" || value === false) read = false;
    else refuse("it is true or false");
  } else if (card.type === "string") {
    read = String(value);
  } else {
    const n = Number(value);
    if (typeof value === "boolean" || !Number.isFinite(n)) refuse("it is a number");
    if (card.type === "integer" && !Number.isSafeInteger(n)) refuse("it is a whole number");
    if (card.min !== undefined && n < card.min) refuse(`it is at least ${card.min}`);
    if (card.max !== undefined && n > card.max) refuse(`it is at most ${card.max}`);
    read = n;
  }
  if (card.choices && !card.choices.includes(read as number | string)) {
    refuse(`it is one of ${card.choices.join(", ")}`);
  }
  return read;
}

/** Reads one of the named parts of a card. */
function pick<T>(
  kind: string,
  model: string,
  table: Readonly<Record<string, T>>,
  name: string,
): { name: string; value: T } {
  const wanted = name.trim().toLowerCase();
  const key = Object.keys(table).find((candidate) => candidate.toLowerCase() === wanted);
  if (key !== undefined) return { name: key, value: table[key]! };
  const near = nearest(wanted, Object.keys(table));
  throw new RsembedError(
    "not-found",
    `Cannot find ${kind} "${name}" of ${model}: there are ${Object.keys(table).join(", ")}`,
    { facts: { name, nearest: near } },
  );
}

/** The variant and modality of a request: where one is left open, one that goes with the other. */
function pickVariant(
  card: ModelCard,
  { name: model, variant, modality }: ModelRequest,
): { variant: string; modality: string } {
  const named = modality === undefined ? null : pick("modality", model, card.modalities, modality);
  const takes = (key: string, wanted: string) =>
    card.variants[key]?.modalities?.includes(wanted) ?? true;
  const fitting = [card.defaultVariant, ...Object.keys(card.variants)]
    .find((key) => named === null || takes(key, named.name));
  const chosen = pick("variant", model, card.variants, variant ?? fitting ?? card.defaultVariant);
  const { modalities } = chosen.value;
  if (named && !takes(chosen.name, named.name)) {
    throw new RsembedError(
      "spec",
      `Cannot run variant ${chosen.name} of ${model} on modality ${named.name}: it takes ${
        modalities?.join(", ")
      }`,
      { facts: { field: "modality", value: named.name } },
    );
  }
  const open = takes(chosen.name, card.defaultModality) ? card.defaultModality : modalities?.[0];
  return { variant: chosen.name, modality: named?.name ?? open ?? card.defaultModality };
}

/** The precision of a request, where the model is known to bear it. */
function pickPrecision(
  card: ModelCard,
  { name: model, precision = "float32" }: ModelRequest,
): Precision {
  const refuse = (state: string): never => {
    throw new RsembedError("spec", `Cannot run ${model} in ${precision}: ${state}`, {
      facts: { field: "precision", value: precision },
    });
  };
  if (precision === "float32") return precision;
  if (precision !== "int8") return refuse("precisions are float32 and int8");
  const { minCosine } = card.int8 ?? refuse("how far its embeddings would be off was not measured");
  if (minCosine < leastCosine) {
    refuse(
      `its embeddings are as far off as a cosine of ${minCosine} with those in float32, ${leastCosine} is ` +
        "the least that is accepted",
    );
  }
  return precision;
}

/** Fetch overrides shared by all models of a run. */
export interface ResolveModelOptions {
  /** Imagery for models whose request names none. */
  readonly sensor?: SensorInit | undefined;
  /** Changes to the default imagery, for models whose request names none. */
  readonly fetch?: FetchSpec | undefined;
}

/**
 * Makes every choice of a model request, by its card.
 *
 * @throws {RsembedError} `not-found` for an unknown variant, modality or option; `spec` for a bad value
 * or for bands that the model does not take
 */
export function resolveModel(
  card: ModelCard,
  request: ModelRequest,
  shared: ResolveModelOptions = {},
): ResolvedModel {
  const model = request.name;
  const { variant, modality } = pickVariant(card, request);
  const given = request.sensor ?? (request.fetch ? undefined : shared.sensor);
  const fetch = request.fetch ?? (request.sensor ? undefined : shared.fetch);
  if (given && fetch) {
    throw new RsembedError(
      "spec",
      `Cannot use sensor and fetch together for ${model}: fetch changes the default sensor, sensor replaces it`,
      { facts: { field: "sensor" } },
    );
  }
  let sensor: SensorSpec = { ...card.modalities[modality]!, modality };
  if (given) sensor = sensorSpec({ ...given, modality });
  else if (fetch) sensor = applyFetch(sensor, fetch);
  const wanted = card.modalities[modality]!.bands;
  if (
    !card.anyBands &&
    (sensor.bands.length !== wanted.length || sensor.bands.some((b, i) => b !== wanted[i]))
  ) {
    throw new RsembedError(
      "spec",
      `Cannot run ${model} on bands ${sensor.bands.join(", ")}: it takes ${
        wanted.join(", ")
      }, in this order`,
      { facts: { field: "sensor.bands", value: sensor.bands } },
    );
  }
  const options: Record<string, OptionValue> = {};
  for (const [key, option] of Object.entries(card.options)) options[key] = option.default;
  for (const [key, value] of Object.entries(request.options ?? {})) {
    const option = pick("option", model, card.options, key);
    options[option.name] = readOption(model, option.name, option.value, value);
  }
  return {
    name: request.name,
    id: card.id,
    variant,
    modality,
    sensor,
    options,
    weights: request.weights ?? null,
    precision: pickPrecision(card, request),
  };
}
