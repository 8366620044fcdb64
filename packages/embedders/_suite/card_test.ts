import { resolveModel, sensorSpec } from "@rsembed/core";
import assert from "node:assert/strict";
import { test } from "node:test";
import { embedders } from "../catalog.ts";

const cards = Object.values(embedders).map(({ card }) => card);

test("the catalog's keys are its cards' ids, and no name means two models", () => {
  assert.deepEqual(Object.keys(embedders), cards.map(({ id }) => id));
  const names = cards.flatMap(({ id, aliases = [] }) => [id, ...aliases]);
  assert.equal(new Set(names).size, names.length);
  for (const name of names) assert.match(name, /^[a-z0-9_]+(\+\+)?$/);
});

for (const card of cards) {
  test(`the card of ${card.id} says what it must`, () => {
    const texts = [
      card.title,
      card.summary,
      card.citation,
      card.licence.code,
      card.licence.weights,
      card.verified.how,
      ...card.pitfalls,
    ];
    for (const text of texts) assert.match(text, /^\S(.*\S)?$/);
    assert.match(card.homepage, /^https:\/\//);
    assert(card.pitfalls.length > 0);
    assert(card.outputs.length > 0 && new Set(card.outputs).size === card.outputs.length);
    assert(card.variants[card.defaultVariant]);
    assert(card.modalities[card.defaultModality]);
  });

  test(`the variants of ${card.id} have sizes, and weights that can be found`, () => {
    for (const { dim, parameters, weights, summary } of Object.values(card.variants)) {
      assert(Number.isSafeInteger(dim) && dim > 0);
      assert(Number.isSafeInteger(parameters) && parameters >= 0);
      assert.notEqual(summary, "");
      if (weights === null) continue;
      assert.match(weights.repo, /^[\w.-]+\/[\w.-]+$/);
      assert.match(weights.file, /\.(pt|pth|ckpt|bin|safetensors)$/);
      assert(!weights.file.startsWith("/") && !weights.file.includes(".."));
      if (weights.sha256 !== null) assert.match(weights.sha256, /^[0-9a-f]{64}$/);
      if (weights.sizeBytes !== null) assert(weights.sizeBytes > parameters);
    }
  });

  test(`the modalities of ${card.id} are sensors that know their name`, () => {
    for (const [name, sensor] of Object.entries(card.modalities)) {
      assert.deepEqual(sensorSpec(sensor), sensor);
      assert.equal(sensor.modality, name);
    }
  });

  test(`the options of ${card.id} accept their defaults and refuse what lies outside`, () => {
    const withOption = (key: string, value: number | string | boolean) =>
      resolveModel(card, { name: card.id, options: { [key]: value } });
    for (const [key, option] of Object.entries(card.options)) {
      assert.match(key, /^[a-z][a-z0-9_]*$/);
      assert.match(option.description, /^\S.*[^.\s]$/);
      if (option.default !== null) {
        assert.equal(withOption(key, String(option.default)).options[key], option.default);
      }
      if (option.choices) {
        assert(option.default === null || option.choices.includes(option.default as string));
        assert.throws(() => withOption(key, "no such choice"), /it is one of/);
      }
      if (option.type === "boolean") assert.throws(() => withOption(key, "maybe"), /true or false/);
      if (option.min !== undefined) {
        assert.throws(() => withOption(key, option.min! - 1), /at least/);
      }
      if (option.max !== undefined) {
        assert.throws(() => withOption(key, option.max! + 1), /at most/);
      }
    }
    assert.throws(() => withOption("no_such_option", 1), { code: "not-found" });
  });

  test(`the card of ${card.id} is plain data`, () => {
    assert.deepEqual(JSON.parse(JSON.stringify(card)), card);
  });
}
