import test from "node:test";
import assert from "node:assert/strict";
import { type Entry, entryFileProblems, exportProblems, snapshotOf } from "./check_exports.ts";

const good: Entry = {
  specifier: "@x/a",
  doc: {
    module_doc: { doc: "What it is." },
    symbols: [
      { name: "run", declarations: [{ kind: "function" }] },
      { name: "Options", declarations: [{ kind: "interface" }] },
    ],
  },
  loaded: ["run"],
};

test("snapshotOf() marks types and sorts", () => {
  assert.deepEqual(snapshotOf([good]), { "@x/a": ["run", "type Options"] });
});

test("exportProblems() finds nothing where names are as in the snapshot", () => {
  assert.deepEqual(exportProblems([good], snapshotOf([good])), []);
});

const bad: readonly (readonly [string, Partial<Entry>, RegExp])[] = [
  ["a module without a comment", { doc: { symbols: good.doc.symbols } }, /no comment with @module/],
  ["a default export", { loaded: ["run", "default"] }, /default export/],
  ["an export that is not documented", { loaded: ["run", "inner"] }, /"inner" is loaded/],
  ["a documented name that is not there", { loaded: [] }, /"run" is documented, but not loaded/],
];

for (const [what, change, expected] of bad) {
  test(`exportProblems() finds ${what}`, () => {
    const problems = exportProblems([{ ...good, ...change }], snapshotOf([good]));
    assert.equal(problems.length, 1, problems.join("\n"));
    assert.match(problems[0]!, expected);
  });
}

test("exportProblems() finds names and entry points that came and went", () => {
  assert.deepEqual(exportProblems([good], { "@x/a": ["run", "stop"], "@x/b": [] }), [
    "@x/a: not in the snapshot: type Options",
    "@x/a: gone: stop",
    "@x/b: in the snapshot, but no entry point",
  ]);
  assert.deepEqual(exportProblems([good], {}), ["@x/a: a new entry point, not in the snapshot"]);
});

test("entryFileProblems() finds missing files and names that are not kebab-case", () => {
  const member = {
    folder: "packages/a",
    name: "@x/a",
    config: {},
    exports: { "./subPath": "./b.ts", "./fine-path": "./c.ts" },
  };
  assert.deepEqual(entryFileProblems(member, (path) => path !== "packages/a/c.ts"), [
    `@x/a: no export "."`,
    `@x/a/subPath: "/subPath" is not kebab-case`,
    "@x/a/fine-path: there is no packages/a/c.ts",
  ]);
});
