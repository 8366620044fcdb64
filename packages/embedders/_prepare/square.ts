/**
 * Making images square.
 *
 * @module
 */

import type { Planes, Size } from "@rsembed/core";
/** A rectangle of pixels; it may reach beyond the image it is about. */
export interface PixelWindow extends Size {
  /** Column of its west edge. */
  readonly x: number;
  /** Row of its north edge. */
  readonly y: number;
}

/** The centred square around an image, with the longer side; an odd pixel goes south or east. */
export function squareAround({ height, width }: Size): PixelWindow {
  const side = Math.max(height, width);
  return {
    x: 0 - Math.floor((side - width) / 2),
    y: 0 - Math.floor((side - height) / 2),
    width: side,
    height: side,
  };
}

/** The source pixel of every pixel of a padded line. */
function mirror(side: number, before: number, padded: number): Int32Array {
  // a line shorter than its padding, both ends together, has its edges repeated, as rs-embed does
  const reflects = padded - side < side;
  return Int32Array.from({ length: padded }, (_, i) => {
    const at = i - before;
    if (!reflects) return Math.min(side - 1, Math.max(0, at));
    if (at < 0) return -at;
    return at < side ? at : 2 * (side - 1) - at;
  });
}

/**
 * Pads images to squares by reflection about their edge pixels, centred; the same planes where they are
 * square.
 *
 * Source: rs-embed, `tools/shape.py`: numpy `pad(mode="reflect")`, or `"edge"` where the padding, both ends
 * together, is as long as the image or longer.
 */
export function padToSquare(planes: Planes): Planes {
  if (planes.height === planes.width) return planes;
  const { data: from, count, height: oldHeight, width: oldWidth } = planes;
  const { x, y, width: side } = squareAround(planes);
  const rows = mirror(oldHeight, -y, side);
  const columns = mirror(oldWidth, -x, side);
  const data = new Float32Array(count * side * side);
  let at = 0;
  for (let plane = 0; plane < count; plane++) {
    const start = plane * oldHeight * oldWidth;
    for (let r = 0; r < side; r++) {
      const row = start + rows[r]! * oldWidth;
      for (let c = 0; c < side; c++) data[at++] = from[row + columns[c]!]!;
    }
  }
  return { data, count, height: side, width: side };
}

/** The centred square within an image, with the shorter side; an odd pixel is left out south or east. */
export function squareWithin({ height, width }: Size): PixelWindow {
  const side = Math.min(height, width);
  return {
    x: Math.floor((width - side) / 2),
    y: Math.floor((height - side) / 2),
    width: side,
    height: side,
  };
}

/** Pixels of a window of images, and `fill` where it reaches beyond them. */
export function takeWindow(planes: Planes, window: PixelWindow, fill: number): Planes {
  const { data: from, count, height, width } = planes;
  const data = new Float32Array(count * window.height * window.width).fill(fill);
  const [left, right] = [Math.max(0, window.x), Math.min(width, window.x + window.width)];
  for (let row = 0; row < count * window.height; row++) {
    const y = window.y + row % window.height;
    if (y < 0 || y >= height || left >= right) continue;
    const start = (Math.floor(row / window.height) * height + y) * width;
    data.set(from.subarray(start + left, start + right), row * window.width + left - window.x);
  }
  return { data, count, height: window.height, width: window.width };
}

/** Cuts images down to the centred square within them; the same planes where they are square. */
export function cropToSquare(planes: Planes): Planes {
  return planes.height === planes.width ? planes : takeWindow(planes, squareWithin(planes), NaN);
}
