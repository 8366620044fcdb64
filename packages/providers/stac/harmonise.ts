/**
 * Whether a Sentinel-2 scene's numbers carry an offset of 1000, and taking it off.
 *
 * Source: ESA's notes on processing baseline 04.00; the issues of Earth Search on its offsets (9, 24, 66,
 * 71).
 *
 * @module
 */

import type { RunOptions } from "@rsembed/core";
import type { Raster } from "../raster/raster.ts";
import type { CogReader } from "../tiff/cog.ts";
import type { SceneBand } from "./assets.ts";
import { baselineOf } from "./imagery.ts";
import type { StacItem } from "./item.ts";
import type { OffsetRule } from "./sources.ts";

/** What to take off, and how that is known; or why a scene cannot be used. */
export type Offset =
  | { readonly subtract: number; readonly because: string }
  | { readonly drop: string };

/** The offset of baseline 04.00 and later, digital numbers. */
const offsetDn = 1000;
/** Scale of reflectance, digital numbers. */
const reflectanceScale = 10_000;
/** Dark pixels below this have no offset any more, digital numbers. */
const surelyRemovedDn = 700;
/** Dark pixels above this still have it, digital numbers. */
const surelyPresentDn = 950;
/** Share of pixels that are darker than those the test looks at. */
const darkShare = 0.02;

/** What an item says of its offset, or of its processing. */
export function declaredOffset(
  item: StacItem,
  band: SceneBand,
  rule: Exclude<OffsetRule, "pixels">,
): Offset {
  if (item.properties["earthsearch:boa_offset_applied"] === true) {
    return { subtract: 0, because: "taken off by the catalogue" };
  }
  if (rule === "declared" && band.band && band.band.offset !== null) {
    const { offset, scale } = band.band;
    const subtract = Math.round(-offset / (scale ?? 1 / reflectanceScale));
    if (subtract === 0 || subtract === offsetDn) {
      return { subtract, because: "declared by the item" };
    }
    return { drop: `its offset of ${offset} is none of Sentinel-2` };
  }
  const baseline = baselineOf(item);
  if (baseline === null) return { drop: "it tells neither its offset nor its processing baseline" };
  return baseline >= 4
    ? { subtract: offsetDn, because: "processing baseline 04.00 or later" }
    : { subtract: 0, because: "processing baseline before 04.00" };
}

/**
 * The offset as the darkest pixels show it, for a catalogue whose items do not say the truth: nothing on
 * the ground is so bright everywhere that its darkest pixels pass for the offset.
 */
export async function measuredOffset(
  item: StacItem,
  red: SceneBand,
  { reader, signal }: RunOptions & { readonly reader: CogReader },
): Promise<Offset> {
  const baseline = baselineOf(item);
  const isApplied = item.properties["earthsearch:boa_offset_applied"] === true;
  if (isApplied || (baseline !== null && baseline < 4)) {
    return declaredOffset(item, red, "baseline");
  }
  const cog = await reader.open(red.href, { signal });
  const level = cog.levels.at(-1)!;
  const { width, height } = level.grid;
  const window = { x: 0, y: 0, width, height };
  const part = { level, window, bands: [red.sample], nodata: 0 };
  const { data, valid } = await reader.read(cog, part, { signal });
  const values = data.filter((_, i) => valid[i] === 1).sort();
  if (values.length === 0) return { drop: "it has no pixels" };
  const dark = values[Math.floor(darkShare * (values.length - 1))]!;
  if (dark < surelyRemovedDn) return { subtract: 0, because: "dark pixels" };
  if (dark > surelyPresentDn) return { subtract: offsetDn, because: "dark pixels" };
  return {
    drop: `its dark pixels, at ${dark}, do not tell whether it has an offset of ${offsetDn}`,
  };
}

/** Takes an offset off; what is missing stays so, and nothing becomes less than 0. */
export function subtractOffset({ data, valid }: Raster, subtract: number): void {
  if (subtract === 0) return;
  for (let i = 0; i < data.length; i++) {
    if (valid[i % valid.length] === 1) data[i] = Math.max(data[i]!, subtract) - subtract;
  }
}
