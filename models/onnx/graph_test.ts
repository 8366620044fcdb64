import assert from "node:assert/strict";
import { test } from "node:test";
import { assertClose, noise, runFloat, weight } from "../_suite/run_graph.ts";
import {
  add,
  batch,
  constant,
  conv,
  encodeModel,
  type Float,
  floats,
  graph,
  input,
  int64s,
  matMul,
  mul,
  parameter,
  reduceMean,
  relu,
  reshape,
  split,
} from "./mod.ts";

const x = input("x", { dtype: "float32", shape: [4] });

test("graph() leaves out what no output needs", () => {
  const kept = parameter(weight([4], 1));
  add(x, parameter(weight([4], 2)));
  const { nodes, initializers } = graph("g", { y: mul(x, kept) });
  assert.deepEqual(nodes.map(({ op }) => op), ["Mul"]);
  assert.equal(initializers.length, 1);
});

test("graph() stores equal constants and shared weights once", () => {
  const tensor = weight([4], 1);
  const y = add(add(mul(x, 2), mul(x, 2)), add(parameter(tensor), parameter(tensor)));
  const { initializers } = graph("g", { y });
  assert.deepEqual(initializers.map(({ shape }) => shape), [[], [4]]);
});

test("graph() keeps constants apart that differ in type, shape or value only", () => {
  const y = [floats([1], [0]), floats([1, 1], [0]), floats([1], [-0]), floats([2], [0, 0])]
    .reduce<Float>(
      (sum, value) => add(sum, reduceMean(value, { axes: [0] })),
      reshape(x, [batch(), 4, 1]),
    );
  const floating = graph("g", { y }).initializers.filter(({ dtype }) => dtype === "float32");
  assert.equal(floating.length, 4);
});

test("graph() keeps shapes apart that share one large buffer", () => {
  const data = new Float32Array(6000);
  const flat = constant({ dtype: "float32", shape: [6000], data });
  const rows = constant({ dtype: "float32", shape: [2, 3000], data });
  const wide = input("x", { dtype: "float32", shape: [3000] });
  const y = add(
    add(wide, reduceMean(rows, { axes: [0] })),
    reduceMean(add(flat, flat), { axes: [0] }),
  );
  const shapes = graph("g", { y }).initializers.map(({ shape }) => shape);
  assert.deepEqual(shapes, [[2, 3000], [6000]]);
});

test("graph() orders nodes so that each comes after those it needs, however many", async () => {
  let y: Float = x;
  for (let i = 0; i < 20_000; i++) y = add(y, i % 3 === 0 ? y : x);
  const deep = graph("deep", { y });
  const { nodes, inputs, initializers } = deep;
  assert.equal(nodes.length, 20_000);
  assert((await encodeModel(deep)).length > 20_000);
  const known = new Set([...inputs, ...initializers].map(({ name }) => name));
  for (const node of nodes) {
    for (const name of node.inputs) assert(known.has(name));
    for (const name of node.outputs) known.add(name);
  }
});

test("graph() is the same for the same expressions", () => {
  const build = () => {
    const [a, b] = split(x, { axis: 1, sizes: [1, 3] });
    return graph("g", { sum: reduceMean(b!, { axes: [1], keepDims: true }), a: relu(a!) });
  };
  const plain = (g: ReturnType<typeof graph>) => JSON.stringify(g);
  assert.equal(plain(build()), plain(build()));
});

test("graph() gives inputs handed through and values given twice names of their own", async () => {
  const y = relu(x);
  const { nodes, outputs } = graph("g", { same: x, y, again: y });
  assert.deepEqual(nodes.map(({ op }) => op).sort(), ["Identity", "Identity", "Relu"]);
  assert.deepEqual(outputs.map(({ name }) => name), ["same", "y", "again"]);
  const fed = noise([3, 4]);
  assertClose((await runFloat(fed, (value) => value)).data, fed.data, 0);
});

test("graph() counts products and sums for a batch of one", () => {
  const image = input("image", { dtype: "float32", shape: [3, 8, 8] });
  const kernel = parameter(weight([5, 3, 2, 2], 1));
  const y = conv(image, { weight: kernel, stride: [2, 2] });
  assert.equal(graph("g", { y }).operations, 2 * (5 * 4 * 4) * (3 * 2 * 2));
  const rows = reshape(image, [batch(24), 8]);
  const z = matMul(relu(matMul(rows, parameter(weight([8, 7], 2)))), parameter(weight([7, 2], 3)));
  const { operations } = graph("g", { z: reshape(z, [batch(), 48]) });
  assert.equal(operations, 2 * 24 * (8 * 7 + 7 * 2));
});

test("graph() refuses outputs without the batch axis, bad names and clashes", () => {
  const refused = (fn: () => unknown, pattern: RegExp) =>
    assert.throws(fn, (error) => error instanceof TypeError && pattern.test(error.message));
  refused(() => graph("g", {}), /no outputs/);
  refused(() => graph("g", { y: int64s([1]) }), /first axis must be N/);
  refused(() => graph("g", { y: reshape(x, [batch(4)]) }), /\(4N\)/);
  refused(() => graph("g", { x: relu(x) }), /"x" is no name/);
  refused(() => graph("g", { "a:b": relu(x) }), /"a:b" is no name/);
  const other = input("x", { dtype: "float32", shape: [1] });
  refused(() => graph("g", { y: add(x, other) }), /two inputs "x"/);
});

test("input() and constants refuse shapes that cannot be", () => {
  assert.throws(() => input("x", { dtype: "float32", shape: [0] }), RangeError);
  assert.throws(() => floats([3], [1, 2]), RangeError);
  assert.throws(() => batch(0), RangeError);
  assert.throws(() => batch(1.5), RangeError);
});
