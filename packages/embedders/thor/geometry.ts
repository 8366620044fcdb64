/**
 * What becomes of the size of an image before the encoder sees it.
 *
 * Tokens of a group cover patchPx pixels of the group's own ground sampling distance, so an image must be a whole
 * number of them wide. Most are cut down or filled up a little; what is far from square, or too large, is resized.
 *
 * Source: rs-embed, `onthefly_thor.py`.
 *
 * @module
 */

import { RsembedError, type Size } from "@rsembed/core";
import { type PixelWindow, squareAround, squareWithin } from "../_prepare/square.ts";
import { bandGroups, type Modality } from "./config.ts";

/** How images come to the encoder. */
export interface GeometryOptions {
  /** What the image shows. */
  readonly modality: Modality;
  /** Side of a patch, px of each band's own. */
  readonly patchPx: number;
  /** Side of a pixel of the image, metres, a whole number. */
  readonly scaleM: number;
  /** Side that images are resized to where they are, px. */
  readonly imageSizePx: number;
  /** Whether images keep their pixels where they can. */
  readonly resizeMode: "native_snap" | "fixed";
  /** How images become square. */
  readonly shapeAdjust: "crop" | "pad";
  /** Most that height and width may differ by, px. */
  readonly tolerancePx: number;
  /** Longest side that is kept, px. */
  readonly maxSidePx: number;
  /** Most tokens of an image that is kept. */
  readonly maxTokens: number;
}

/** What is done to one image. */
export interface Geometry {
  /** Whether it is resized, and why. */
  readonly reason:
    | "native_snap_applied"
    | "fixed_mode"
    | "rectangular_above_tolerance"
    | "native_side_limit"
    | "native_token_limit";
  /** Side of the input of the encoder, px. */
  readonly sidePx: number;
  /** Tokens of the encoder. */
  readonly tokens: number;
  /** Windows to take one after another; `null` where the whole image is resized. */
  readonly native: {
    /** The square. */
    readonly square: PixelWindow;
    /** The part of the square, or the surroundings, that has whole patches. */
    readonly snapped: PixelWindow;
    /** Divisor of the side, px. */
    readonly unitPx: number;
  } | null;
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}

/** The least side, px, that is a whole number of patches of every group. */
function unitOf({ modality, patchPx, scaleM }: GeometryOptions): number {
  return bandGroups[modality].reduce((unit, { gsdM }) => {
    const groundM = patchPx * gsdM;
    const own = groundM / greatestDivisor(scaleM, groundM);
    return unit * own / greatestDivisor(unit, own);
  }, 1);
}

/** Tokens in a row of each group, for an image whose side is a multiple of the unit. */
export function sidesOf(
  sidePx: number,
  { modality, patchPx, scaleM }: Pick<GeometryOptions, "modality" | "patchPx" | "scaleM">,
): readonly number[] {
  return bandGroups[modality].map(({ gsdM }) => sidePx * scaleM / (patchPx * gsdM));
}

function tokensOf(sidePx: number, options: GeometryOptions): number {
  return sidesOf(sidePx, options).reduce((sum, side) => sum + side * side, 0);
}

/** A centred square window of a square; an odd pixel is left out, or filled in, south and east. */
function centred(from: number, side: number): PixelWindow {
  const half = Math.floor(Math.abs(from - side) / 2);
  const at = side > from ? 0 - half : half;
  return { x: at, y: at, width: side, height: side };
}

/**
 * The geometry of an image.
 *
 * @throws {RsembedError} `spec` for a scale that is no whole number, and where the size to resize to is no whole number
 * of patches
 */
export function geometryOf({ height, width }: Size, options: GeometryOptions): Geometry {
  const { scaleM, imageSizePx, patchPx } = options;
  const refuse = (field: string, value: number, state: string): never => {
    throw new RsembedError("spec", `Cannot run thor with ${field}=${value}: ${state}`, {
      facts: { field, value },
    });
  };
  if (!Number.isInteger(scaleM)) refuse("scaleM", scaleM, "whole metres are wanted");
  const unitPx = unitOf(options);
  const resized = (reason: Geometry["reason"]): Geometry => {
    if (imageSizePx % unitPx !== 0) {
      refuse(
        "image_size",
        imageSizePx,
        `the image has to be resized (${reason}), and patches of ${patchPx} px need a multiple of ${unitPx} px`,
      );
    }
    return { reason, sidePx: imageSizePx, tokens: tokensOf(imageSizePx, options), native: null };
  };
  if (options.resizeMode === "fixed") return resized("fixed_mode");
  if (Math.abs(height - width) > options.tolerancePx) return resized("rectangular_above_tolerance");
  const square = (options.shapeAdjust === "crop" ? squareWithin : squareAround)({ height, width });
  // ties go down
  const units = Math.max(1, Math.ceil(square.width / unitPx - 0.5));
  const sidePx = units * unitPx;
  if (sidePx > options.maxSidePx) return resized("native_side_limit");
  const tokens = tokensOf(sidePx, options);
  if (tokens > options.maxTokens) return resized("native_token_limit");
  const snapped = centred(square.width, sidePx);
  return { reason: "native_snap_applied", sidePx, tokens, native: { square, snapped, unitPx } };
}

/** The geometry of an image under rs-embed's names. */
export function geometryMeta(
  { height, width }: Size,
  { geometry, options }: { geometry: Geometry; options: GeometryOptions },
): Readonly<Record<string, unknown>> {
  const { reason, sidePx, tokens, native } = geometry;
  const from = native?.square.width ?? 0;
  const snapped = sidePx === from ? "none" : sidePx < from ? "crop" : "pad";
  return {
    preprocess_strategy: native ? "native_snap" : "fixed_resize",
    preprocess_reason: reason,
    raw_input_hw: [height, width],
    raw_aspect_diff_px: Math.abs(height - width),
    final_hw: [sidePx, sidePx],
    square_side: native ? from : null,
    side_unit: native ? native.unitPx : null,
    snapped_side: native ? sidePx : null,
    shape_adjust_applied: native && height !== width ? `${options.shapeAdjust}_to_square` : "none",
    snap_adjust_applied: native ? snapped === "none" ? snapped : `${snapped}_to_valid_side` : null,
    estimated_patch_tokens: tokens,
    ground_cover_m: sidePx * options.scaleM,
    patch_size: options.patchPx,
  };
}
