import test from "node:test";
import assert from "node:assert/strict";
import plugin, { importProblem } from "./check_imports.ts";

function messages(filename: string, source: string): string[] {
  return Deno.lint.runPlugin(plugin, filename, source).map(({ message }) => message);
}

const bad: readonly (readonly [string, string, RegExp])[] = [
  ["packages/core/a.ts", `import { x } from "@rsembed/models";`, /not below @rsembed\/core/],
  ["packages/embedders/a.ts", `import { x } from "@rsembed/providers";`, /not below/],
  ["packages/providers/a.ts", `export { x } from "@rsembed/writers";`, /not below/],
  ["packages/pipelines/a.ts", `await import("@rsembed/cli");`, /not below/],
  ["models/onnx/a.ts", `import type { x } from "@rsembed/embedders";`, /not below/],
  ["packages/core/a.ts", `import { x } from "@rsembed/core";`, /own package/],
  [
    "packages/cli/a.ts",
    `import { x } from "@rsembed/core/errors.ts";`,
    /no export of @rsembed\/core/,
  ],
  ["tools/a.ts", `import { x } from "@rsembed/core/inner";`, /no export/],
  ["packages/cli/a.ts", `import { x } from "@rsembed/nothing";`, /names no package/],
  ["packages/cli/a.ts", `import { x } from "../core/errors.ts";`, /leaves its package/],
  ["packages/embedders/galileo/a.ts", `import { x } from "../mosaiks/b.ts";`, /sideways/],
  ["packages/providers/local/a.ts", `import type { x } from "../stac/b.ts";`, /sideways/],
  ["packages/writers/npz/a.ts", `import { x } from "../zarr/b.ts";`, /sideways/],
  ["packages/embedders/catalog.ts", `import { x } from "./galileo/mod.ts";`, /for everybody/],
  ["packages/embedders/mod.ts", `export { x } from "./galileo/graph.ts";`, /for everybody/],
  ["packages/core/a.ts", `import proj4 from "npm:proj4@2";`, /import map/],
  ["packages/core/a.ts", `import { join } from "@std/path";`, /serves the cli only/],
  ["packages/cli/a.ts", `import { assert } from "@std/assert";`, /tests only/],
  ["packages/core/mod.ts", `export * from "./a.ts";`, /one by one/],
  ["packages/core/a.ts", `export default 1;`, /one by one/],
  ["packages/core/a.ts", `Deno.cwd();`, /Deno\.\*/],
  ["packages/core/a_test.ts", `globalThis.Deno;`, /Deno\.\*/],
  ["packages/core/a.ts", `console.log(1);`, /silent/],
  ["models/a.ts", `await Array.fromAsync([]);`, /Node 20 has no Array\.fromAsync/],
  ["packages/cli/a.ts", `async function f() { await using x = y(); }`, /no await using/],
];

for (const [filename, source, expected] of bad) {
  test(`lint refuses ${source} in ${filename}`, () => {
    const found = messages(filename, source);
    assert.equal(found.length, 1, JSON.stringify(found));
    assert.match(found[0]!, expected);
  });
}

const good: readonly (readonly [string, string])[] = [
  [
    "packages/cli/a.ts",
    `import { x } from "@rsembed/core"; import { parseArgs } from "@std/cli/parse-args";`,
  ],
  ["packages/cli/a_test.ts", `import { assert } from "@std/assert";`],
  ["packages/cli/a.ts", `console.log(1);`],
  ["packages/embedders/a.ts", `import { x } from "@rsembed/models"; import fs from "node:fs";`],
  [
    "packages/embedders/galileo/a.ts",
    `import { x } from "./b.ts"; import { y } from "../embedder.ts";`,
  ],
  ["packages/embedders/galileo/a.ts", `import { x } from "../_prepare/resize.ts";`],
  ["packages/embedders/catalog.ts", `import { card } from "./galileo/card.ts";`],
  ["packages/embedders/catalog.ts", `const load = () => import("./galileo/mod.ts");`],
  ["packages/embedders/mod.ts", `export { type Family } from "./galileo/mod.ts";`],
  [
    "packages/providers/local/a.ts",
    `import { x } from "../raster/warp.ts"; import proj4 from "proj4";`,
  ],
  ["packages/core/a_test.ts", `import { x } from "@rsembed/models"; console.log(x);`],
  ["/x/packages/core/a.ts", `import { x } from "./b.ts";`],
  ["tools/a.ts", `Deno.cwd(); console.log(1);`],
];

for (const [filename, source] of good) {
  test(`lint allows ${source} in ${filename}`, () => {
    assert.deepEqual(messages(filename, source), []);
  });
}

test("importProblem() knows absolute paths of any platform", () => {
  const kind = { isType: false, isLazy: false };
  assert.match(
    importProblem("C:\\x\\packages\\core\\a.ts", "@rsembed/cli", kind) ?? "",
    /not below/,
  );
});
