/**
 * TIFF's tags, and directories of them.
 *
 * Source: TIFF 6.0; BigTIFF design, libtiff; OGC GeoTIFF 1.1; GDAL, raster driver GTiff.
 *
 * @module
 */

/** Numbers of the tags that are written here. */
export const tags = {
  width: 256,
  height: 257,
  bitsPerSample: 258,
  compression: 259,
  photometric: 262,
  samplesPerPixel: 277,
  planar: 284,
  software: 305,
  predictor: 317,
  tileWidth: 322,
  tileHeight: 323,
  tileOffsets: 324,
  tileByteCounts: 325,
  extraSamples: 338,
  sampleFormat: 339,
  pixelScale: 33550,
  tiepoint: 33922,
  transformation: 34264,
  geoKeys: 34735,
  gdalMetadata: 42112,
  gdalNodata: 42113,
} as const;

/** Values of a tag. */
export type TagValue =
  | { readonly kind: "short" | "long" | "double" | "offset"; readonly values: readonly number[] }
  | { readonly kind: "ascii"; readonly text: string };

/** Tags by number. */
export type Directory = ReadonlyMap<number, TagValue>;

/** How a file counts bytes: in four bytes, or in eight where it is large. */
export interface Flavour {
  readonly big: boolean;
}

const sizes = { short: 2, long: 4, double: 8, ascii: 1 } as const;
const codes = { ascii: 2, short: 3, long: 4, double: 12, long8: 16 } as const;

function kindOf(value: TagValue, { big }: Flavour): { code: number; size: number } {
  if (value.kind === "offset") {
    return big ? { code: codes.long8, size: 8 } : { code: codes.long, size: 4 };
  }
  return { code: codes[value.kind], size: sizes[value.kind] };
}

function bytesOfValue(value: TagValue, flavour: Flavour): Uint8Array {
  if (value.kind === "ascii") return new TextEncoder().encode(`${value.text}\0`);
  const { size } = kindOf(value, flavour);
  const bytes = new Uint8Array(size * value.values.length);
  const view = new DataView(bytes.buffer);
  value.values.forEach((number, i) => {
    const at = i * size;
    if (value.kind === "double") view.setFloat64(at, number, true);
    else if (size === 8) view.setBigUint64(at, BigInt(number), true);
    else if (size === 4) view.setUint32(at, number, true);
    else view.setUint16(at, number, true);
  });
  return bytes;
}

/** The header of a file and its only directory, with what stands behind it, up to where tiles begin. */
export function encodeHeader(directory: Directory, flavour: Flavour): Uint8Array {
  const { big } = flavour;
  const entries = [...directory].sort(([a], [b]) => a - b);
  const head = big ? 16 : 8;
  const [countSize, entrySize, inlineSize] = big ? [8, 20, 8] : [2, 12, 4];
  const values = entries.map(([, value]) => bytesOfValue(value, flavour));
  let end = head + countSize + entrySize * entries.length + inlineSize;
  const offsets = values.map((bytes) => {
    if (bytes.length <= inlineSize) return 0;
    end += end % 8 === 0 ? 0 : 8 - end % 8;
    const at = end;
    end += bytes.length;
    return at;
  });
  end += end % 8 === 0 ? 0 : 8 - end % 8;
  const out = new Uint8Array(end);
  const view = new DataView(out.buffer);
  const putOffset = (at: number, value: number) =>
    big ? view.setBigUint64(at, BigInt(value), true) : view.setUint32(at, value, true);
  view.setUint16(0, 0x4949, true);
  view.setUint16(2, big ? 43 : 42, true);
  if (big) view.setUint16(4, 8, true);
  putOffset(big ? 8 : 4, head);
  if (big) view.setBigUint64(head, BigInt(entries.length), true);
  else view.setUint16(head, entries.length, true);
  entries.forEach(([tag, value], i) => {
    const at = head + countSize + i * entrySize;
    const { code, size } = kindOf(value, flavour);
    view.setUint16(at, tag, true);
    view.setUint16(at + 2, code, true);
    putOffset(at + 4, values[i]!.length / size);
    const field = at + 4 + inlineSize;
    if (offsets[i] === 0) out.set(values[i]!, field);
    else {
      putOffset(field, offsets[i]!);
      out.set(values[i]!, offsets[i]!);
    }
  });
  return out;
}

/** Text within XML. */
function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

/** Facts as GDAL keeps them in a file. */
export function gdalMetadata(facts: Readonly<Record<string, string>>): string {
  const items = Object.entries(facts)
    .map(([name, value]) => `  <Item name="${escaped(name)}">${escaped(value)}</Item>`);
  return `<GDALMetadata>\n${items.join("\n")}\n</GDALMetadata>`;
}

/** A fact that {@linkcode gdalMetadata} has written. */
export function gdalFact(text: string, name: string): string | null {
  const start = text.indexOf(`<Item name="${escaped(name)}">`);
  if (start < 0) return null;
  const from = text.indexOf(">", start) + 1;
  const end = text.indexOf("</Item>", from);
  if (end < 0) return null;
  return text.slice(from, end).replaceAll("&quot;", '"').replaceAll("&gt;", ">")
    .replaceAll("&lt;", "<").replaceAll("&amp;", "&");
}
