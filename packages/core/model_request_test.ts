import assert from "node:assert/strict";
import test from "node:test";
import {
  isRsembedError,
  type ModelCard,
  type ModelRequest,
  parseModelRequest,
  resolveModel,
  sensorSpec,
} from "./mod.ts";

const s2 = sensorSpec({ collection: "COPERNICUS/S2_SR_HARMONIZED", bands: ["B4", "B3", "B2"] });

const card: ModelCard = {
  id: "toy",
  title: "Toy",
  summary: "A toy.",
  type: "on_the_fly",
  licence: { code: "MIT", weights: "MIT" },
  citation: "",
  homepage: "",
  variants: {
    nano: { summary: "", dim: 4, parameters: 1, weights: null },
    base: { summary: "", dim: 8, parameters: 2, weights: null },
  },
  defaultVariant: "nano",
  modalities: {
    s2,
    s1: sensorSpec({ collection: "COPERNICUS/S1_GRD", bands: ["VV"], scaleM: 20 }),
  },
  defaultModality: "s2",
  frames: "single",
  anyBands: false,
  imageSizePx: 8,
  outputs: ["pooled"],
  options: {
    patch_size: { type: "integer", default: 4, min: 1, max: 8, description: "" },
    scale: { type: "number", default: null, description: "" },
    mode: { type: "string", default: "a", choices: ["a", "b"], description: "" },
    fast: { type: "boolean", default: false, description: "" },
  },
  pitfalls: [],
  verified: { how: "", cases: [] },
};

const resolve = (text: string) => resolveModel(card, parseModelRequest(text));
const fails = (code: "spec" | "not-found", pattern: RegExp) => (error: unknown) =>
  isRsembedError(error, code) && pattern.test(error.message);

test("parseModelRequest() reads a name and its settings", () => {
  assert.deepEqual(parseModelRequest("toy"), { name: "toy" });
  assert.deepEqual(parseModelRequest("toy?weights=%2Fa%20b&modality=s1&x=1"), {
    name: "toy",
    modality: "s1",
    weights: "/a b",
    options: { x: "1" },
  });
  for (const text of ["", "?a=1", "toy?a=1&a=2", "toy?variant=a&variant=b", "toy?a?b"]) {
    assert.throws(() => parseModelRequest(text), fails("spec", /Cannot read model/), text);
  }
});

test("resolveModel() makes every choice by the card", () => {
  assert.deepEqual(resolve("toy"), {
    name: "toy",
    id: "toy",
    variant: "nano",
    modality: "s2",
    sensor: { ...s2, modality: "s2" },
    options: { patch_size: 4, scale: null, mode: "a", fast: false },
    weights: null,
    precision: "float32",
  });
});

test("resolveModel() reads options as what the card says they are", () => {
  const { variant, modality, sensor, options } = resolve(
    "toy?variant=BASE&modality=S1&patch_size=8&scale=0.5&MODE=b&fast=true",
  );
  assert.deepEqual([variant, modality, sensor.scaleM], ["base", "s1", 20]);
  assert.deepEqual(options, { patch_size: 8, scale: 0.5, mode: "b", fast: true });
  assert.equal(resolve("toy?scale=").options.scale, null);
});

test("resolveModel() refuses unknown names with the nearest ones", () => {
  assert.throws(
    () => resolve("toy?variant=nan"),
    (error) => isRsembedError(error, "not-found") && error.facts.nearest?.[0] === "nano",
  );
  assert.throws(() => resolve("toy?modality=s3"), fails("not-found", /modality "s3"/));
  assert.throws(() => resolve("toy?patchsize=4"), fails("not-found", /patch_size/));
  assert.throws(() => resolve("toy?__proto__=4"), fails("not-found", /__proto__/));
});

test("resolveModel() refuses values that an option does not take", () => {
  const wrong = [
    "patch_size=0",
    "patch_size=9",
    "patch_size=2.5",
    "patch_size=x",
    "patch_size=%20",
  ];
  for (const option of [...wrong, "patch_size=", "scale=NaN", "mode=c", "fast=yes"]) {
    assert.throws(() => resolve(`toy?${option}`), fails("spec", /Cannot use option/), option);
  }
});

test("resolveModel() lets fetch change imagery, and sensor replace it", () => {
  const resolveWith = (
    request: Partial<ModelRequest>,
    shared: Parameters<typeof resolveModel>[2] = {},
  ) => resolveModel(card, { name: "toy", ...request }, shared).sensor;
  const own = { collection: "X", bands: ["B4", "B3", "B2"] };
  assert.equal(resolveWith({ fetch: { scaleM: 20 } }).scaleM, 20);
  assert.equal(resolveWith({ fetch: { scaleM: 20 } }).collection, s2.collection);
  assert.equal(resolveWith({ sensor: own }).collection, "X");
  assert.equal(resolveWith({}, { fetch: { cloudyPct: null } }).cloudyPct, null);
  // a model's own words win over those shared by all models
  assert.equal(resolveWith({ fetch: { scaleM: 30 } }, { fetch: { scaleM: 20 } }).scaleM, 30);
  assert.equal(resolveWith({ fetch: { scaleM: 30 } }, { sensor: own }).collection, s2.collection);
  assert.throws(
    () => resolveWith({ sensor: own, fetch: { scaleM: 20 } }),
    fails("spec", /sensor and fetch together/),
  );
});

test("resolveModel() holds a model to its bands and their order", () => {
  const withBands = (bands: string[], anyBands = false) => () =>
    resolveModel({ ...card, anyBands }, { name: "toy", sensor: { collection: "X", bands } });
  assert.throws(withBands(["B2", "B3", "B4"]), fails("spec", /B4, B3, B2, in this order/));
  assert.throws(withBands(["B4", "B3"]), fails("spec", /in this order/));
  assert.deepEqual(withBands(["B2"], true)().sensor.bands, ["B2"]);
});

test("resolveModel() chooses variant and modality that go together", () => {
  const bound: ModelCard = {
    ...card,
    variants: {
      nano: { ...card.variants.nano!, modalities: ["s2"] },
      base: { ...card.variants.base!, modalities: ["s1"] },
    },
  };
  const chosen = (text: string) => {
    const { variant, modality, sensor } = resolveModel(bound, parseModelRequest(text));
    assert.equal(sensor.modality, modality);
    return [variant, modality];
  };
  assert.deepEqual(chosen("toy"), ["nano", "s2"]);
  assert.deepEqual(chosen("toy?modality=S1"), ["base", "s1"]);
  assert.deepEqual(chosen("toy?variant=base"), ["base", "s1"]);
  assert.deepEqual(chosen("toy?variant=base&modality=s1"), ["base", "s1"]);
  assert.throws(
    () => chosen("toy?variant=nano&modality=s1"),
    fails("spec", /variant nano of toy on modality s1: it takes s2/),
  );
});

test("resolveModel() allows int8 where embeddings are known to stay close", () => {
  const inInt8 = (int8?: ModelCard["int8"]) =>
    resolveModel({ ...card, ...(int8 ? { int8 } : {}) }, parseModelRequest("toy?precision=int8"));
  assert.equal(resolve("toy").precision, "float32");
  assert.equal(inInt8({ minCosine: 0.9991, how: "a test" }).precision, "int8");
  assert.throws(() => inInt8(), fails("spec", /not measured/));
  assert.throws(() => inInt8({ minCosine: 0.99, how: "" }), fails("spec", /cosine of 0\.99 /));
  assert.throws(() => resolve("toy?precision=half"), fails("spec", /float32 and int8/));
});
