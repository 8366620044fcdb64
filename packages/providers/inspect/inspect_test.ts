import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import test from "node:test";
import { inflateSync } from "node:zlib";
import { ndarray, northUpGrid, type Patch } from "@rsembed/core";
import { encodePng } from "./png.ts";
import { quicklook } from "./quicklook.ts";
import { inspectPixels } from "./report.ts";

interface Check {
  readonly name: string;
  readonly in: readonly number[][][];
  readonly nan_is: number;
  readonly value_range: [number, number] | null;
  readonly report: Record<string, unknown>;
}

const checks: Check[] = JSON.parse(
  await readFile(new URL("./testdata/checks.json", import.meta.url), "utf8"),
);

function assertClose(actual: unknown, expected: unknown, where: string): void {
  if (typeof expected === "number") {
    const distance = Math.abs((actual as number) - expected);
    assert.ok(
      distance <= 1e-5 * Math.max(1, Math.abs(expected)),
      `${where}: ${actual}, not ${expected}`,
    );
  } else if (Array.isArray(expected)) {
    assert.equal((actual as unknown[]).length, expected.length, where);
    expected.forEach((value, i) => assertClose((actual as unknown[])[i], value, `${where}[${i}]`));
  } else if (typeof expected === "object" && expected !== null) {
    for (const [key, value] of Object.entries(expected)) {
      assertClose((actual as Record<string, unknown>)[key], value, `${where}.${key}`);
    }
  } else assert.equal(actual, expected, where);
}

function pixelsOf(bands: readonly number[][][], nan: number) {
  const [c, h, w] = [bands.length, bands[0]!.length, bands[0]![0]!.length];
  const data = Float32Array.from(bands.flat(2), (value) => value === nan ? NaN : value);
  return ndarray("float32", { axes: ["t", "band", "y", "x"], shape: [1, c, h, w], data });
}

checks.forEach((check, i) => {
  test(`inspectPixels() reports as rs-embed does: ${check.name} ${i}`, () => {
    const report = inspectPixels(pixelsOf(check.in, check.nan_is), {
      name: "x",
      // rs-embed's cases with a range expect four bands
      ...(check.value_range ? { valueRange: check.value_range, expectedBands: 4 } : {}),
    });
    const { issues, warnings, ...numbers } = check.report;
    assert.deepEqual(Object.keys(report).toSorted(), Object.keys(check.report).toSorted());
    assertClose(report, numbers, "report");
    assert.equal(report.issues.length, (issues as string[]).length, report.issues.join("; "));
    assert.equal(report.warnings?.length, (warnings as string[] | undefined)?.length);
  });
});

test("inspectPixels() samples large patches", () => {
  const pixels = ndarray("float32", { axes: ["t", "band", "y", "x"], shape: [1, 2, 1000, 1000] });
  pixels.data.forEach((_, i) => pixels.data[i] = i % 1000);
  const report = inspectPixels(pixels);
  assert.equal(report.downsample_stride, 2);
  assert.equal(report.ok, true);
  assert.deepEqual(report.band_max, [998, 998]);
});

test("inspectPixels() of many bands has no histograms, and says so", () => {
  const pixels = ndarray("float32", { axes: ["t", "band", "y", "x"], shape: [1, 17, 2, 2] });
  pixels.data.forEach((_, i) => pixels.data[i] = i);
  const report = inspectPixels(pixels);
  assert.equal(report.hist, undefined);
  assert.equal(report.warnings?.length, 1);
});

/** Undoes what encodePng() does, by the specification alone. */
function decode(png: Uint8Array): { width: number; height: number; pixels: number[] } {
  const view = new DataView(png.buffer, png.byteOffset);
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  const samples = { 0: 1, 2: 3, 4: 2, 6: 4 }[png[25]!]!;
  const length = view.getUint32(33);
  const rows = inflateSync(png.subarray(41, 41 + length));
  const pixels: number[] = [];
  for (let row = 0; row < height; row++) {
    const start = row * (width * samples + 1);
    assert.equal(rows[start], 1);
    for (let i = 0; i < width * samples; i++) {
      const left = i >= samples ? pixels[pixels.length - samples]! : 0;
      pixels.push((rows[start + 1 + i]! + left) & 255);
    }
  }
  return { width, height, pixels };
}

test("encodePng() writes what a decoder reads back", () => {
  for (const samples of [1, 2, 3, 4] as const) {
    const data = Uint8Array.from({ length: 5 * 3 * samples }, (_, i) => (i * 37) & 255);
    const { width, height, pixels } = decode(encodePng({ width: 5, height: 3, samples, data }));
    assert.deepEqual([width, height, pixels], [5, 3, [...data]]);
  }
  assert.throws(
    () => encodePng({ width: 2, height: 2, samples: 1, data: new Uint8Array(3) }),
    RangeError,
  );
});

test("quicklook() draws B4, B3, B2 and leaves pixels without imagery transparent", () => {
  const patch: Patch = {
    pixels: ndarray("float32", {
      axes: ["t", "band", "y", "x"],
      shape: [1, 4, 1, 3],
      data: Float32Array.of(0, 50, 100, 100, 50, 0, 0, 0, 100, 9, 9, 9),
    }),
    bands: ["B2", "B3", "B4", "B8"],
    times: [null],
    grid: northUpGrid({ crs: "EPSG:32632", west: 0, north: 0, pixelSize: 10, width: 3, height: 1 }),
    valid: ndarray("uint8", {
      axes: ["t", "y", "x"],
      shape: [1, 1, 3],
      data: Uint8Array.of(1, 1, 0),
    }),
    provenance: { provider: "toy", source: "toy", items: [], notes: {} },
  };
  const { pixels } = decode(quicklook(patch, { stretch: [0, 1] }));
  assert.deepEqual(pixels.filter((_, i) => i % 4 === 3), [255, 255, 0]);
  assert.deepEqual(pixels.slice(0, 8), [0, 255, 0, 255, 0, 0, 255, 255]);
  assert.throws(() => quicklook(patch, { frame: 1 }), RangeError);
});
