import assert from "node:assert/strict";
import test from "node:test";
import { canonicalJson, fingerprint } from "./mod.ts";

test("canonicalJson() sorts keys at every depth and drops undefined members", () => {
  const value = { b: [1, { z: null, a: "é" }], a: undefined, "": true, B: -0, "é": 1e21 };
  assert.equal(canonicalJson(value), '{"":true,"B":0,"b":[1,{"a":"é","z":null}],"é":1e+21}');
});

test("canonicalJson() says what JSON.parse() understands", () => {
  const value = { text: '"\\\u2028\u0000', list: [[], {}], n: 0.1 + 0.2, tiny: 5e-324 };
  assert.deepEqual(JSON.parse(canonicalJson(value)), value);
});

test("canonicalJson() refuses what JSON cannot say", () => {
  const wrong = [
    NaN,
    Infinity,
    undefined,
    () => 1,
    1n,
    Symbol("x"),
    new Date(0),
    new Map(),
    new Float32Array(2),
  ];
  for (const value of wrong) {
    assert.throws(() => canonicalJson(value), TypeError);
    assert.throws(() => canonicalJson([value]), TypeError);
  }
  assert.equal(canonicalJson(Object.assign(Object.create(null), { a: 1 })), '{"a":1}');
});

test("fingerprint() is the SHA-256 of the canonical JSON", async () => {
  // printf '{"a":1,"b":[2,"x"]}' | sha256sum
  assert.equal(
    await fingerprint({ b: [2, "x"], a: 1 }),
    "454597f51f0e5988dd7d0864f82e826d91fd43ed815a21bb06cd7181e8547a2f",
  );
  assert.notEqual(await fingerprint({ a: 1 }), await fingerprint({ a: "1" }));
  assert.notEqual(await fingerprint([1, 2]), await fingerprint([2, 1]));
});
