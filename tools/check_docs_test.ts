import test from "node:test";
import assert from "node:assert/strict";
import { commentProblems, readmeProblems } from "./check_docs.ts";

const readme = '# @x/a\n\n```ts\nimport { run } from "@x/a";\n```\n';

test("readmeProblems() accepts a README with a title and an example", () => {
  assert.deepEqual(readmeProblems("a", "@x/a", readme), []);
});

test("readmeProblems() finds a missing README, title or example", () => {
  assert.deepEqual(readmeProblems("a", "@x/a", null), ["a: no README.md"]);
  assert.deepEqual(readmeProblems("a", "@x/a", readme.replace("# @x/a", "# Package a")), [
    'a/README.md: must begin "# @x/a"',
  ]);
  assert.deepEqual(readmeProblems("a", "@x/a", "# @x/a\n\nSee @x/a.\n\n```ts\nrun();\n```\n"), [
    "a/README.md: no example that uses @x/a",
  ]);
});

test("commentProblems() finds public names without a comment", () => {
  const declared = (doc: string, declarationKind = "export") => ({
    kind: "function",
    declarationKind,
    jsDoc: { doc },
  });
  const symbols = [
    { name: "good", declarations: [declared("Does it.")] },
    { name: "overloaded", declarations: [declared("Does it."), declared("")] },
    { name: "bad", declarations: [declared(" ")] },
    { name: "worse", declarations: [{ kind: "interface", declarationKind: "export" }] },
    { name: "inner", declarations: [declared("", "private")] },
  ];
  assert.deepEqual(commentProblems("a.ts", symbols), [
    'a.ts: "bad" has no comment',
    'a.ts: "worse" has no comment',
  ]);
});
