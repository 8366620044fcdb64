import test from "node:test";
import assert from "node:assert/strict";
import type { ModelCard } from "@rsembed/core";
import {
  formatTable,
  modelTable,
  providerTable,
  type Table,
  tableProblems,
  withTables,
} from "./check_readme.ts";

const things: Table = [["Name", "Size"], ["`a|b`", "1"]];
const text = "# X\n\n<!-- table:things -->\n\nold\n\n<!-- /table -->\n\nmore\n";

test("withTables() writes what tableProblems() accepts, and keeps the rest", () => {
  const written = withTables(text, { things });
  assert.match(written, /^# X\n/);
  assert.match(written, /\nmore\n$/);
  assert.match(written, /\| `a\\\|b` \| 1 \|\n/);
  assert.deepEqual(tableProblems({ "R.md": written }, { things }), []);
  const padded = written.replaceAll("| 1 |", "| 1    |").replace("| --- |", "| ------ |");
  assert.deepEqual(tableProblems({ "R.md": padded }, { things }), []);
});

test("tableProblems() finds a stale, a missing and an unknown table", () => {
  assert.deepEqual(tableProblems({ "R.md": text }, { things, others: things }), [
    'R.md: table "things" is not what the catalog says',
    'no README holds the table "others"',
  ]);
  assert.deepEqual(tableProblems({ "R.md": text }, {}), ['R.md: there is no table "things"']);
});

const card: ModelCard = {
  id: "toy",
  aliases: ["ball"],
  title: "Toy",
  summary: "A toy",
  type: "on_the_fly",
  licence: { code: "MIT", weights: "CC-BY-4.0" },
  citation: "",
  homepage: "",
  variants: {
    base: { summary: "", dim: 8, parameters: 1, weights: null },
    nano: { summary: "", dim: 4, parameters: 1, weights: null },
  },
  defaultVariant: "nano",
  modalities: {},
  defaultModality: "",
  frames: "single",
  anyBands: true,
  imageSizePx: null,
  outputs: ["pooled"],
  options: {},
  pitfalls: [],
  verified: { how: "by hand", cases: [] },
};

function catalogOf<C extends { readonly id: string }>(...cards: C[]) {
  return Object.fromEntries(
    cards.map((card) => [card.id, { card, load: () => Promise.resolve(null) }]),
  );
}

test("modelTable() marks the default variant and models without weights, sorted by id", () => {
  const [, ...rows] = modelTable(catalogOf(card, { ...card, id: "duck", anyBands: false }));
  assert.deepEqual(rows.map(([name]) => name), ["`duck`, `ball`", "`toy`, `ball`"]);
  assert.deepEqual(rows[1]!.slice(2), [
    "base (8), **nano** (4)",
    "any bands, one composite",
    "pooled",
    "no weights",
    "by hand",
  ]);
});

test("modelTable() says the largest error of a model's reference cases", () => {
  const cases = [{ name: "a", maxAbsError: 2e-6 }, { name: "b", maxAbsError: 1.5e-5 }];
  const [, row] = modelTable(catalogOf({ ...card, verified: { how: "by hand", cases } }));
  assert.equal(
    row!.at(-1),
    "2 reference cases of the upstream code, largest absolute error 1.5e-5",
  );
});

test("providerTable() and formatTable() say what a card says", () => {
  assert.deepEqual(
    providerTable(
      catalogOf({ id: "p", title: "P", summary: "It", network: true, account: false }),
    )[1],
    ["`p`", "It", "yes", "no"],
  );
  assert.deepEqual(
    formatTable(
      catalogOf({
        id: "npz",
        title: "NumPy",
        extensions: [".npz"],
        layouts: ["combined"],
        holds: ["vector"],
      }),
    )[1],
    ["`npz`", "NumPy", "`.npz`", "`combined`"],
  );
});
