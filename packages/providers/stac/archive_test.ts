import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { stacProvider } from "./mod.ts";
import { compare, serveArchive } from "./testdata/archive.ts";

// files by GDAL, composites by PROJ and numpy: tools/check_stac.py --fixture
const folder = fileURLToPath(new URL("./testdata/archive/", import.meta.url));

test("composites of several dates, tiles, zones and baselines are those of GDAL and numpy", async () => {
  const { server, url, composites } = await serveArchive(folder);
  try {
    const provider = stacProvider({ stac: url });
    assert.equal(composites.length, 8);
    for (const expected of composites) {
      const patch = await provider.fetch(expected.request);
      const { problem, bands } = compare(patch, expected, 0.01);
      assert.equal(problem, null, expected.name);
      for (const { share, worst } of bands) {
        assert.equal(share, 1, `${expected.name}: off by ${worst}`);
      }
    }
  } finally {
    await server.close();
  }
});
