import assert from "node:assert/strict";
import { test } from "node:test";
import { assertClose, type Fed, noise, runFloat, weight } from "../_suite/run_graph.ts";
import {
  add,
  batch,
  concat,
  constant,
  conv,
  cos,
  div,
  erf,
  type Float,
  floats,
  gather,
  gemm,
  input,
  int64s,
  layerNormalization,
  matMul,
  maxPool,
  mul,
  pad,
  parameter,
  reduceMax,
  reduceMean,
  relu,
  reshape,
  sigmoid,
  sin,
  slice,
  softmax,
  split,
  sub,
  tanh,
  transpose,
} from "./mod.ts";

const image = noise([2, 3, 4, 5]);
const x = input("x", { dtype: "float32", shape: [3, 4, 5] });
const shapeError = (fn: () => unknown) => assert.throws(fn, RangeError);

test("elementwise operators compute what their names say", async () => {
  const column = floats([3, 1, 1], [0.5, -2, 4]);
  const at = (i: number) => [0.5, -2, 4][Math.floor(i / 20) % 3]!;
  const cases: [(x: Float) => Float, (x: number, i: number) => number][] = [
    [(x) => add(x, column), (x, i) => x + at(i)],
    [(x) => add(x, 3), (x) => x + 3],
    [(x) => sub(x, column), (x, i) => x - at(i)],
    [(x) => mul(x, column), (x, i) => x * at(i)],
    [(x) => div(x, column), (x, i) => x / at(i)],
    [relu, (x) => Math.max(x, 0)],
    [tanh, Math.tanh],
    [sin, Math.sin],
    [cos, Math.cos],
    [sigmoid, (x) => 1 / (1 + Math.exp(-x))],
  ];
  for (const [op, wanted] of cases) {
    const { data } = await runFloat(image, op);
    assertClose(data, Array.from(image.data, wanted));
  }
  const { data } = await runFloat({ shape: [1, 3], data: Float32Array.of(-1, 0, 0.5) }, erf);
  assertClose(data, [-0.8427007929, 0, 0.5204998778]);
});

test("add() broadcasts either way, also over the batch axis", async () => {
  const rows = noise([2, 1, 3]);
  const { shape } = await runFloat(rows, (x) => add(floats([4, 1], [1, 2, 3, 4]), x));
  assert.deepEqual(shape, [2, 4, 3]);
  shapeError(() => add(x, floats([4], [1, 2, 3, 4])));
  shapeError(() => add(x, input("y", { dtype: "float32", shape: [2, 4, 5] })));
  // N and 2 N differ for every N
  shapeError(() => add(reshape(x, [batch(3), 20]), reshape(x, [batch(1), 60])));
  assert.throws(() => add<"float32" | "int64">(x, int64s([1])), TypeError);
});

test("reshape() and transpose() keep every element", async () => {
  const { data, shape } = await runFloat(
    image,
    (x) => reshape(reshape(transpose(x, [0, 3, 1, 2]), [batch(5), 12]), [batch(), 60]),
  );
  assert.deepEqual(shape, [2, 60]);
  const wanted: number[] = [];
  for (let n = 0; n < 2; n++) {
    for (let k = 0; k < 5; k++) {
      for (let cy = 0; cy < 12; cy++) wanted.push(image.data[n * 60 + cy * 5 + k]!);
    }
  }
  assertClose(data, wanted, 0);
  shapeError(() => reshape(x, [batch(), 61]));
  shapeError(() => reshape(x, [60]));
  shapeError(() => reshape(x, [batch(2), batch(30)]));
  shapeError(() => transpose(x, [0, 1, 2]));
  shapeError(() => transpose(x, [0, 1, 2, 2]));
  shapeError(() => transpose(x, [0, 1, 2, 4]));
});

test("split() and concat() undo each other", async () => {
  const turned = await runFloat(image, (x) => {
    const [a, b] = split(x, { axis: -1, sizes: [2, 3] });
    return concat([b!, a!], { axis: 3 });
  });
  const back = await runFloat(turned, (x) => {
    const [b, a] = split(x, { axis: -1, sizes: [3, 2] });
    return concat([a!, b!], { axis: -1 });
  });
  assert.notDeepEqual(turned.data, image.data);
  assertClose(back.data, image.data, 0);
  shapeError(() => split(x, { axis: 1, sizes: [1, 1] }));
  shapeError(() => split(x, { axis: 1, sizes: [3, 0] }));
  shapeError(() => split(x, { axis: 0, sizes: [1, 1] }));
  shapeError(() => concat([], { axis: 0 }));
  shapeError(() => concat([x, slice(x, { axis: 2, start: 0, end: 2 })], { axis: 1 }));
});

test("slice(), pad() and gather() pick what they name", async () => {
  const sliced = await runFloat(image, (x) => slice(x, { axis: 1, start: 1, end: 3 }));
  assertClose(sliced.data.slice(0, 40), image.data.slice(20, 60), 0);
  const padded = await runFloat(sliced, (x) => pad(x, { axis: 1, before: 1 }));
  assertClose(padded.data.slice(0, 60), [...new Array(20).fill(0), ...image.data.slice(20, 60)], 0);
  shapeError(() => slice(x, { axis: 1, start: 2, end: 2 }));
  shapeError(() => slice(x, { axis: 1, start: 0, end: 4 }));
  shapeError(() => slice(x, { axis: 0, start: 0, end: 1 }));

  const rows = await runFloat(noise([2, 2]), (x) => {
    const picked = gather(floats([3, 2], [1, 2, 3, 4, 5, 6]), int64s([2, 0]));
    return add(mul(reshape(x, [batch(), 1, 2]), 0), picked);
  });
  assertClose(rows.data, [5, 6, 1, 2, 5, 6, 1, 2]);
  const square = { dtype: "int64", shape: [2, 2], data: BigInt64Array.of(2n, 0n, 0n, 1n) } as const;
  const along = await runFloat(noise([2, 3, 2]), (x) => gather(x, constant(square), { axis: 1 }));
  const { data: table } = noise([2, 3, 2]);
  assert.deepEqual(along.shape, [2, 2, 2, 2]);
  assertClose(
    along.data,
    [0, 6].flatMap((place) => [4, 5, 0, 1, 0, 1, 2, 3].map((i) => table[place + i]!)),
    0,
  );
  shapeError(() => gather(x, constant(square), { axis: 0 }));
});

test("matMul() and gemm() multiply matrices", async () => {
  const a = noise([2, 3, 4]);
  const b = weight([4, 5], 7);
  const bias = floats([5], [1, 2, 3, 4, 5]);
  const wanted = (plus: (column: number) => number) => {
    const out: number[] = [];
    for (let row = 0; row < 6; row++) {
      for (let column = 0; column < 5; column++) {
        let sum = plus(column);
        for (let k = 0; k < 4; k++) sum += a.data[row * 4 + k]! * b.data[k * 5 + column]!;
        out.push(sum);
      }
    }
    return out;
  };
  assertClose((await runFloat(a, (x) => matMul(x, parameter(b)))).data, wanted(() => 0));
  const flat = (x: Float) => reshape(x, [batch(3), 4]);
  const unflat = (x: Float) => reshape(x, [batch(), 3, 5]);
  const plain = await runFloat(a, (x) => unflat(gemm(flat(x), { weight: parameter(b), bias })));
  assertClose(plain.data, wanted((column) => column + 1));
  const turned = floats(
    [5, 4],
    Array.from({ length: 20 }, (_, i) => b.data[(i % 4) * 5 + Math.floor(i / 4)]!),
  );
  const other = await runFloat(
    a,
    (x) => unflat(gemm(flat(x), { weight: turned, transposed: true })),
  );
  assertClose(other.data, wanted(() => 0));

  const y = input("y", { dtype: "float32", shape: [4] });
  shapeError(() => matMul(y, turned));
  shapeError(() => gemm(y, { weight: turned }));
  shapeError(() => gemm(y, { weight: parameter(b), bias: floats([4], [0, 0, 0, 0]) }));
  shapeError(() => gemm(x, { weight: parameter(b) }));
});

/** Convolution by its definition, in float64. */
function convolve(
  x: Fed,
  w: Fed,
  { stride, pads }: { stride: number[]; pads: number[] },
): number[] {
  const [n, c, h, wide] = x.shape as [number, number, number, number];
  const [outputs, , kh, kw] = w.shape as [number, number, number, number];
  const rows = Math.floor((h + pads[0]! + pads[2]! - kh) / stride[0]!) + 1;
  const columns = Math.floor((wide + pads[1]! + pads[3]! - kw) / stride[1]!) + 1;
  const out: number[] = [];
  for (let i = 0; i < n * outputs * rows * columns; i++) {
    const [column, row] = [i % columns, Math.floor(i / columns) % rows];
    const output = Math.floor(i / (columns * rows)) % outputs;
    const place = Math.floor(i / (columns * rows * outputs));
    let sum = 0;
    for (let k = 0; k < c * kh * kw; k++) {
      const [dx, dy, channel] = [k % kw, Math.floor(k / kw) % kh, Math.floor(k / (kw * kh))];
      const [y, at] = [row * stride[0]! - pads[0]! + dy, column * stride[1]! - pads[1]! + dx];
      if (y < 0 || y >= h || at < 0 || at >= wide) continue;
      sum += x.data[((place * c + channel) * h + y) * wide + at]! *
        w.data[output * c * kh * kw + k]!;
    }
    out.push(sum);
  }
  return out;
}

test("conv() slides its kernels with any stride and padding", async () => {
  const w = weight([6, 3, 3, 2], 4);
  for (const [stride, padding] of [[[1, 1], [0, 0, 0, 0]], [[2, 1], [1, 0, 2, 1]]] as const) {
    const { data } = await runFloat(
      image,
      (x) => conv(x, { weight: parameter(w), stride, padding }),
    );
    assertClose(data, convolve(image, w, { stride: [...stride], pads: [...padding] }));
  }
  const biased = await runFloat(
    image,
    (x) => conv(x, { weight: parameter(w), bias: floats([6], [1, 2, 3, 4, 5, 6]) }),
  );
  const plain = convolve(image, w, { stride: [1, 1], pads: [0, 0, 0, 0] });
  assertClose(biased.data, plain.map((y, i) => y + 1 + Math.floor(i / 8) % 6));
  shapeError(() => conv(x, { weight: parameter(weight([6, 4, 3, 3], 1)) }));
  shapeError(() => conv(x, { weight: parameter(weight([6, 3, 5, 3], 1)) }));
});

test("reduceMean() and reduceMax() run over the axes named", async () => {
  const axes = [-1, 1];
  const mean = await runFloat(image, (x) => reduceMean(x, { axes }));
  const most = await runFloat(image, (x) => reduceMax(x, { axes }));
  const kept = await runFloat(image, (x) => reduceMean(x, { axes, keepDims: true }));
  assert.deepEqual([mean.shape, most.shape, kept.shape], [[2, 4], [2, 4], [2, 1, 4, 1]]);
  assert.deepEqual(kept.data, mean.data);
  for (let n = 0; n < 2; n++) {
    for (let y = 0; y < 4; y++) {
      const cells = Array.from(
        { length: 15 },
        (_, i) => image.data[n * 60 + (i % 3) * 20 + y * 5 + Math.floor(i / 3)]!,
      );
      assertClose([mean.data[n * 4 + y]!], [cells.reduce((a, b) => a + b) / 15]);
      assert.equal(most.data[n * 4 + y], Math.max(...cells));
    }
  }
  shapeError(() => reduceMean(x, { axes: [] }));
  shapeError(() => reduceMax(x, { axes: [1, -3] }));
});

test("softmax() and layerNormalization() normalise the last axis", async () => {
  const soft = await runFloat(image, (x) => softmax(x, { axis: -1 }));
  const weights = { weight: floats([5], [1, 2, 3, 4, 5]), bias: floats([5], [5, 4, 3, 2, 1]) };
  const normal = await runFloat(image, (x) => layerNormalization(x, { ...weights, epsilon: 1e-3 }));
  for (let row = 0; row < 24; row++) {
    const values = [...image.data.slice(row * 5, row * 5 + 5)];
    const powers = values.map(Math.exp);
    const sum = powers.reduce((a, b) => a + b);
    assertClose(soft.data.slice(row * 5, row * 5 + 5), powers.map((p) => p / sum));
    const mean = values.reduce((a, b) => a + b) / 5;
    const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / 5;
    assertClose(
      normal.data.slice(row * 5, row * 5 + 5),
      values.map((v, i) => (v - mean) / Math.sqrt(variance + 1e-3) * (i + 1) + 5 - i),
      1e-5,
    );
  }
  shapeError(() => layerNormalization(x, { weight: floats([4], [1, 1, 1, 1]), epsilon: 1 }));
});

test("maxPool() takes the largest pixel of each window, and of none beyond the edge", async () => {
  const x = { shape: [1, 1, 3, 3], data: Float32Array.of(-1, -2, -3, -4, -5, -6, -7, -8, -9) };
  const { data, shape } = await runFloat(
    x,
    (x) => maxPool(x, { kernel: [3, 3], stride: [2, 2], padding: [1, 1, 1, 1] }),
  );
  assert.deepEqual(shape, [1, 1, 2, 2]);
  assert.deepEqual([...data], [-1, -2, -4, -5]);
  await assert.rejects(
    runFloat(x, (x) => maxPool(x, { kernel: [4, 4], stride: [1, 1] })),
    RangeError,
  );
});
