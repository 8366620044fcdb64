import test from "node:test";
import assert from "node:assert/strict";
import { versionProblems, type Versions } from "./check_versions.ts";

const good: Versions = {
  root: { imports: { proj4: "npm:proj4@2.22.0", "@std/cli": "jsr:@std/cli@^1" } },
  members: [{ name: "a", version: "0.1.0" }, { name: "b", version: "0.1.0" }],
  deno: "2.9.6",
  running: "2.9.6",
  changelog: "# Changelog\n\n## 0.1.0 (unreleased)\n",
  texts: { "README.md": "npx -y deno task test" },
  sources: { "a.ts": 'export const version = "0.1.0";' },
};

test("versionProblems() finds nothing where all agree", () => {
  assert.deepEqual(versionProblems(good), []);
});

const bad: readonly (readonly [string, Partial<Versions>, RegExp])[] = [
  ["a package out of step", {
    members: [{ name: "a", version: "0.1.0" }, { name: "b", version: "0.2.0" }],
  }, /^b: version 0\.2\.0 is not 0\.1\.0$/],
  ["a range instead of a version", { root: { imports: { x: "npm:x@^1.0.0" } } }, /pin npm:x/],
  ["no version at all", { root: { imports: { x: "npm:x" } } }, /names no version/],
  ["a package of its own imports", {
    members: [{ name: "a", version: "0.1.0", imports: {} }],
  }, /^a: imports stand in the root/],
  ["another package of JSR", { root: { imports: { x: "jsr:@x/y@1.0.0" } } }, /only @std/],
  ["a changelog without the version", { changelog: "# Changelog\n" }, /no heading "## 0\.1\.0"/],
  ["another Deno", { running: "2.0.0" }, /2\.9\.6 is pinned, 2\.0\.0 runs/],
  ["another version in a source", {
    sources: { "a.ts": 'export const version: string = "0.0.9";' },
  }, /^a\.ts: names version 0\.0\.9, not 0\.1\.0$/],
  ["another Deno in a text", { texts: { "R.md": "npx deno@2.1.0" } }, /names deno 2\.1\.0/],
];

for (const [what, change, expected] of bad) {
  test(`versionProblems() finds ${what}`, () => {
    const problems = versionProblems({ ...good, ...change });
    assert.equal(problems.length, 1, problems.join("\n"));
    assert.match(problems[0]!, expected);
  });
}
