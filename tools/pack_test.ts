import test from "node:test";
import assert from "node:assert/strict";
import {
  importedPackages,
  isLeftOut,
  mendedManifest,
  rangeOf,
  urlTargets,
  withCompiledUrls,
} from "./pack.ts";

test("urlTargets() finds modules that only a URL reaches", () => {
  const source = `
    new Worker(new URL("./worker.ts", import.meta.url));
    const lib = new URL(
      own.endsWith(".ts") ? "../a/b.ts" : "../a/b.js",
      import.meta.url,
    );
    new URL(\`./session.\${extension}\`, import.meta.url);
    new URL("./data.bin", import.meta.url); import "./c.ts"; new URL("./d.ts", base);
  `;
  assert.deepEqual(urlTargets(source), ["./worker.ts", "../a/b.ts", "./session.ts"]);
});

test("withCompiledUrls() changes URLs of modules and nothing else", () => {
  assert.equal(
    withCompiledUrls(`new URL("./w.ts", import.meta.url); const name = "x.ts";`),
    `new URL("./w.js", import.meta.url); const name = "x.ts";`,
  );
});

test("importedPackages() reads imports, not comments and texts", () => {
  const code = `/** m */ import { a } from "@x/core";
import {
  b,
} from "proj4";
import "@x/side/effect";
import d from "./data.json" with { type: "json" };
export { c } from "../c.js";
import fs from "node:fs";
/**
 * import { x } from "commented";
 * await import("commented-too");
 */ export const load = () => import("lazy/sub");
throw new Error(\`Cannot read it from "\${file}": import it from "text"\`);
`;
  assert.deepEqual(importedPackages(code), ["@x/core", "@x/side", "lazy", "proj4"]);
});

const sources = {
  imports: { proj4: "npm:proj4@2.22.0", "@std/path": "jsr:@std/path@^1" },
  members: { "@rsembed/core": "0.1.0" },
};

test("rangeOf() knows packages of the workspace, of npm and of JSR", () => {
  assert.equal(rangeOf("@rsembed/core", sources), "0.1.0");
  assert.equal(rangeOf("proj4", sources), "2.22.0");
  assert.equal(rangeOf("@std/path", sources), "npm:@jsr/std__path@^1");
  assert.throws(() => rangeOf("left-pad", sources), /no package of the import map/);
});

test("mendedManifest() adds what deno pack leaves out, and hides entry points of its own", () => {
  const manifest = {
    name: "@rsembed/cli",
    version: "0.1.0",
    exports: { ".": {}, "./_by-url/main.ts": {} },
    dependencies: {},
  };
  const codes = [`import { a } from "@rsembed/core";`, `import { join } from "@std/path";`];
  assert.deepEqual(mendedManifest(manifest, codes, sources), {
    name: "@rsembed/cli",
    version: "0.1.0",
    exports: { ".": {} },
    dependencies: { "@rsembed/core": "0.1.0", "@std/path": "npm:@jsr/std__path@^1" },
    engines: { node: ">=20" },
    bin: { rsembed: "./main.js" },
  });
});

test("isLeftOut() leaves out what only tests use", () => {
  for (const path of ["a/x_test.ts", "a/testdata/x.npz", "a/_suite/run.ts", "a/_suite.ts"]) {
    assert(isLeftOut(path), path);
  }
  for (const path of ["a/testing.ts", "a/test.ts", "a/README.md"]) assert(!isLeftOut(path), path);
});
