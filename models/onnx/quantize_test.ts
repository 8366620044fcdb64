import assert from "node:assert/strict";
import { test } from "node:test";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { noise, weight } from "../_suite/run_graph.ts";
import { add, encodeModel, gemm, type Graph, graph, input, parameter, relu } from "./mod.ts";
import { quantizeLinearLayers } from "./mod.ts";

const [K, P] = [96, 64];
const [first, second, bias] = [weight([K, P], 1), weight([P, K], 2), weight([P], 3)];
const x = input("x", { dtype: "float32", shape: [K] });
const hidden = relu(gemm(x, { weight: parameter(first), bias: parameter(bias) }));
const plain = graph("two", { y: gemm(hidden, { weight: parameter(second) }), hidden });

async function run(model: Graph, data: Float32Array): Promise<Record<string, Float32Array>> {
  const session = await InferenceSession.create(await encodeModel(model), { intraOpNumThreads: 1 });
  const given = await session.run({ x: new Tensor("float32", data, [data.length / K, K]) });
  return Object.fromEntries(
    Object.entries(given).map(([name, { data }]) => [name, data as Float32Array]),
  );
}

function cosine(a: Float32Array, b: Float32Array): number {
  let [product, left, right] = [0, 0, 0];
  a.forEach((value, i) => {
    product += value * b[i]!;
    left += value ** 2;
    right += b[i]! ** 2;
  });
  return product / Math.sqrt(left * right);
}

test("quantizeLinearLayers() keeps results close, outputs and inputs the same", async () => {
  const small = quantizeLinearLayers(plain);
  assert.deepEqual(small.inputs, plain.inputs);
  assert.deepEqual(small.outputs, plain.outputs);
  assert.equal(small.nodes.filter(({ op }) => op === "MatMulInteger").length, 2);
  assert(!small.nodes.some(({ op }) => op === "Gemm"));
  const { data } = noise([5, K], 9);
  const [exact, given] = [await run(plain, data), await run(small, data)];
  for (const name of ["y", "hidden"]) {
    const likeness = cosine(exact[name]!, given[name]!);
    assert(likeness > 0.9995 && likeness < 1, `${name}: ${likeness}`);
  }
});

test("quantizeLinearLayers() gives a row the same numbers in any batch, of any size", async () => {
  const small = quantizeLinearLayers(plain);
  const one = noise([1, K], 4).data;
  const many = new Float32Array(7 * K);
  many.set(one);
  many.set(noise([6, K], 5).data.map((value) => 1000 * value), K);
  const [alone, among] = [await run(small, one), await run(small, many)];
  assert.deepEqual(among.y!.slice(0, K), alone.y);
});

test("quantizeLinearLayers() takes rows of zeros and of extremes", async () => {
  const small = quantizeLinearLayers(graph("one", { y: gemm(x, { weight: parameter(first) }) }));
  const data = new Float32Array(3 * K);
  data.fill(1e4, K, 2 * K).fill(-1e-20, 2 * K);
  const { y } = await run(small, data);
  assert(y!.subarray(0, P).every((value) => value === 0));
  assert(y!.every(Number.isFinite));
  const sums = Array.from({ length: P }, (_, p) => {
    let sum = 0;
    for (let k = 0; k < K; k++) sum += 1e4 * first.data[k * P + p]!;
    return sum;
  });
  assert(cosine(y!.slice(P, 2 * P), Float32Array.from(sums)) > 0.999);
});

test("quantizeLinearLayers() leaves small matrices and everything else alone", () => {
  const few = input("x", { dtype: "float32", shape: [8] });
  const model = graph("small", { y: add(gemm(few, { weight: parameter(weight([8, 8], 1)) }), 1) });
  assert.deepEqual(quantizeLinearLayers(model), model);
});
