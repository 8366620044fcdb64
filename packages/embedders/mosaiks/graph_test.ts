import { ndarray } from "@rsembed/core";
import { encodeModel } from "@rsembed/models/onnx";
import assert from "node:assert/strict";
import { test } from "node:test";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { randomNormals, randomUint32, stateOf } from "./filters.ts";
import { cellCount, mosaiksGraph, type MosaiksGraphConfig } from "./graph.ts";

const plain: MosaiksGraphConfig = {
  features: 6,
  kernelSizePx: 3,
  bias: -1,
  seed: 7,
  cellSizePx: 4,
};

/** Repeatable values from 0 to 1. */
function images(shape: readonly [number, number, number, number]) {
  const next = randomUint32(stateOf(1));
  const image = ndarray("float32", { axes: ["n", "band", "y", "x"], shape });
  for (let i = 0; i < image.data.length; i++) image.data[i] = next() / 2 ** 32;
  return image;
}

async function run(
  image: ReturnType<typeof images>,
  config: MosaiksGraphConfig,
): Promise<{ pooled: Tensor; grid: Tensor }> {
  const graph = mosaiksGraph({ image: image.shape.slice(1) }, config);
  const session = await InferenceSession.create(await encodeModel(graph), { logSeverityLevel: 3 });
  const outputs = await session.run({ image: new Tensor("float32", image.data, image.shape) });
  return outputs as unknown as { pooled: Tensor; grid: Tensor };
}

/** Rectified responses, (features, H', W'), as torchgeo's RCF defines them, in float64. */
function responses(
  image: ReturnType<typeof images>,
  place: number,
  { features, kernelSizePx: k, bias, seed }: MosaiksGraphConfig,
): number[][][] {
  const [, bands, height, width] = image.shape;
  const filters = randomNormals((features / 2) * bands * k * k, seed);
  return Array.from({ length: features }, (_, feature) => {
    const filter = feature % (features / 2);
    return Array.from(
      { length: height - k + 1 },
      (_, y) =>
        Array.from({ length: width - k + 1 }, (_, x) => {
          let sum = bias;
          for (let i = 0; i < bands * k * k; i++) {
            const [dx, dy, band] = [i % k, Math.floor(i / k) % k, Math.floor(i / (k * k))];
            sum += filters[filter * bands * k * k + i]! *
              image.data[((place * bands + band) * height + y + dy) * width + x + dx]!;
          }
          return Math.max(0, feature < features / 2 ? sum : -sum);
        }),
    );
  });
}

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

function assertNear(actual: number, wanted: number): void {
  assert(Math.abs(actual - wanted) <= 2e-6 * Math.max(1, Math.abs(wanted)), `${actual} ${wanted}`);
}

for (
  const [name, shape, config] of [
    ["odd filters", [2, 4, 9, 13], plain],
    ["even filters", [2, 3, 8, 8], { ...plain, kernelSizePx: 4, features: 2 }],
    ["filters of a pixel", [1, 12, 5, 7], { ...plain, kernelSizePx: 1, bias: 0.5 }],
    ["an image of one filter's size", [1, 2, 3, 3], plain],
    // 40 features of 200 x 200 responses are run in two groups
    ["more filters than are run at once", [1, 1, 202, 202], { ...plain, features: 40 }],
    // 32 features of 400 x 398 responses are run in two strips of rows
    ["more rows than are run at once", [1, 1, 402, 400], { ...plain, features: 32 }],
  ] as const
) {
  test(`mosaiksGraph() averages rectified responses of ${name}`, async () => {
    const image = images(shape);
    const { pooled } = await run(image, config);
    const { features } = config;
    assert.deepEqual(pooled.dims, [shape[0], features]);
    for (let place = 0; place < shape[0]; place++) {
      for (const [feature, rows] of responses(image, place, config).entries()) {
        assertNear(pooled.data[place * features + feature] as number, mean(rows.flat()));
      }
    }
  });
}

for (
  const [name, shape, config] of [
    ["a small image", [2, 2, 12, 8], plain],
    ["an image run in strips", [1, 1, 400, 400], { ...plain, features: 32, cellSizePx: 100 }],
  ] as const
) {
  test(`mosaiksGraph() averages each cell's own responses of ${name}`, async () => {
    const image = images(shape);
    const { grid } = await run(image, config);
    const { features, cellSizePx: side } = config;
    const [places, , height, width] = shape;
    const [down, across] = [height / side, width / side];
    assert.deepEqual(grid.dims, [places, features, down, across]);
    for (let place = 0; place < places; place++) {
      for (const [feature, rows] of responses(image, place, config).entries()) {
        for (let cell = 0; cell < down * across; cell++) {
          const [x0, y0] = [side * (cell % across), side * Math.floor(cell / across)];
          // pixel p has the response of the filter centred on it; at the edges, of the nearest
          const at = (p: number, count: number) => Math.min(count - 1, Math.max(0, p - 1));
          const inside = Array.from(
            { length: side ** 2 },
            (_, i) =>
              rows[at(y0 + Math.floor(i / side), height - 2)]![at(x0 + i % side, width - 2)]!,
          );
          const index = (place * features + feature) * down * across + cell;
          assertNear(grid.data[index] as number, mean(inside));
        }
      }
    }
  });
}

test("mosaiksGraph() makes whole cells that cover the image, however the sizes fit", async () => {
  assert.deepEqual([cellCount(50, 16), cellCount(5, 16), cellCount(64, 16)], [3, 1, 4]);
  const constant = images([1, 1, 50, 37]);
  constant.data.fill(0.25);
  const { grid, pooled } = await run(constant, { ...plain, cellSizePx: 16 });
  assert.deepEqual(grid.dims, [1, 6, 3, 2]);
  for (let i = 0; i < grid.data.length; i++) {
    assertNear(grid.data[i] as number, pooled.data[Math.floor(i / 6)] as number);
  }
});

test("mosaiksGraph() has other features for other seeds only", async () => {
  const image = images([1, 4, 16, 16]);
  const [a, b, c] = [
    await run(image, plain),
    await run(image, { ...plain }),
    await run(image, { ...plain, seed: 8 }),
  ];
  assert.deepEqual(a.pooled.data, b.pooled.data);
  assert.notDeepEqual(a.pooled.data, c.pooled.data);
});

test("mosaiksGraph() refuses odd numbers of features and images smaller than a filter", () => {
  assert.throws(() => mosaiksGraph({ image: [4, 8, 8] }, { ...plain, features: 5 }), RangeError);
  assert.throws(() => mosaiksGraph({ image: [4, 8, 2] }, plain), RangeError);
});

test("randomUint32() gives the numbers of xoshiro128**", () => {
  const next = randomUint32([1, 2, 3, 4]);
  assert.deepEqual(
    Array.from({ length: 6 }, next),
    [11520, 0, 5927040, 70819200, 2031721883, 1637235492],
  );
});

test("randomNormals() draws from a standard normal distribution, for any seed", () => {
  const count = 200_001;
  for (const seed of [0, 1, 2 ** 32 - 1]) {
    const values = Array.from(randomNormals(count, seed));
    assert.equal(values.length, count);
    const moment = (power: number) => mean(values.map((x) => x ** power));
    // five standard errors of each moment
    const tolerance = (variance: number) => 5 * Math.sqrt(variance / count);
    assert(Math.abs(moment(1)) < tolerance(1));
    assert(Math.abs(moment(2) - 1) < tolerance(2));
    assert(Math.abs(moment(3)) < tolerance(15));
    assert(Math.abs(moment(4) - 3) < tolerance(96));
    const neighbours = mean(values.slice(1).map((x, i) => x * values[i]!));
    assert(Math.abs(neighbours) < tolerance(1));
  }
});

test("randomNormals() never changes: embeddings of one seed stay comparable", () => {
  const values = Array.from(randomNormals(5, 0));
  const wanted = [-1.1300315, -0.688157, -1.523596, 0.5782982, -0.4659765];
  for (const [i, value] of values.entries()) assertNear(value, wanted[i]!);
  assert.deepEqual(values, Array.from(randomNormals(9, 0).slice(0, 5)));
});
