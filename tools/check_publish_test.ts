import test from "node:test";
import assert from "node:assert/strict";
import { publishProblems } from "./check_publish.ts";

const dryRun = (files: string): string =>
  `Check a.ts\nSimulating publish of @x/a@0.1.0 with files:\n${files}\nSuccess Dry run complete\n`;

test("publishProblems() accepts sources and documentation", () => {
  const files =
    "   file:///x/a/mod.ts (1.2KB)\n   file:///x/a/deno.json (10B)\n   file:///x/a/README.md (9B)";
  assert.deepEqual(publishProblems(dryRun(files)), []);
});

test("publishProblems() finds tests, data and large packages", () => {
  for (
    const [file, expected] of [
      ["/x/a/b_test.ts (1KB)", /only tests use/],
      ["/x/a/_suite/run.ts (1KB)", /only tests use/],
      ["/x/a/model.onnx (1KB)", /no source/],
      ["/x/a/table.json (2.1MB)", /@x\/a: 2100000 bytes in all/],
    ] as const
  ) {
    const problems = publishProblems(dryRun(`   file://${file}`));
    assert.equal(problems.length, 1, problems.join("\n"));
    assert.match(problems[0]!, expected);
  }
});

test("publishProblems() finds a dry run that lists nothing", () => {
  assert.deepEqual(publishProblems("Success"), ["the dry run lists no package"]);
});
