/**
 * How large a patch may be.
 *
 * @module
 */

import { type Grid, RsembedError } from "@rsembed/core";

/** Values of a patch at most: 2 GiB. */
const maxPatchValues = 2 ** 29;

/**
 * Refuses a patch that would not be held.
 *
 * @throws {RsembedError} `limit`
 */
export function checkPatchSize(
  { frames, bands, grid: { width, height } }: {
    readonly frames: number;
    readonly bands: number;
    readonly grid: Grid;
  },
): void {
  const values = frames * bands * width * height;
  if (values <= maxPatchValues) return;
  throw new RsembedError(
    "limit",
    `Cannot fetch ${frames} frames of ${bands} bands and ${width} x ${height} px: at most ${maxPatchValues} values are held, use a smaller place`,
    { facts: { limit: "patch, values", max: maxPatchValues, actual: values } },
  );
}
