/**
 * Whether a patch is what a model takes.
 *
 * @module
 */

import { type Patch, type ResolvedModel, RsembedError } from "@rsembed/core";

/** What a model takes. */
export interface PatchContract {
  /** Fewest and most dates. */
  readonly frames: readonly [least: number, most: number];
  /** Shortest side, px. @default 1 */
  readonly minSidePx?: number;
}

/**
 * Checks the bands, dates and size of a patch.
 *
 * @throws {RsembedError} `spec` where it is not what the model takes
 */
export function checkPatch(patch: Patch, model: ResolvedModel, contract: PatchContract): void {
  const refuse = (field: string, value: unknown, state: string): never => {
    throw new RsembedError("spec", `Cannot run ${model.name} on the patch: ${state}`, {
      facts: { field, value },
    });
  };
  const { bands } = model.sensor;
  const [t, c, height, width] = patch.pixels.shape;
  if (
    patch.bands.length !== c || bands.length !== c || bands.some((b, i) => b !== patch.bands[i])
  ) {
    refuse(
      "bands",
      patch.bands,
      `its bands are ${patch.bands.join(", ")}, ${bands.join(", ")} are wanted, in this order`,
    );
  }
  const [least, most] = contract.frames;
  if (t < least || t > most || patch.times.length !== t) {
    const wanted = least === most ? `${least}` : `${least} to ${most}`;
    refuse("frames", t, `it has ${t} frames and ${patch.times.length} dates, ${wanted} are wanted`);
  }
  const { minSidePx = 1 } = contract;
  if (height < minSidePx || width < minSidePx) {
    refuse(
      "size",
      [height, width],
      `it is ${height} x ${width} px, at least ${minSidePx} a side are wanted`,
    );
  }
}
