import assert from "node:assert/strict";
import test from "node:test";
import {
  type ExportConfig,
  exportConfig,
  exportDefaults,
  exportTarget,
  isRsembedError,
} from "./mod.ts";

const refuses = (field: string) => (error: unknown) =>
  isRsembedError(error, "spec") && error.facts.field === field;

test("exportConfig() fills in the defaults, also for undefined", () => {
  assert.deepEqual(exportConfig(), exportDefaults);
  const given = { chunkSize: undefined, numWorkers: 2 } as unknown as Partial<ExportConfig>;
  assert.deepEqual(exportConfig(given), { ...exportDefaults, numWorkers: 2 });
});

test("exportConfig() names the field that is wrong", () => {
  const wrong: Partial<Record<keyof ExportConfig, readonly unknown[]>> = {
    chunkSize: [0, 1.5, NaN, "16"],
    inferBatchSize: [0, 2.5],
    numWorkers: [0, Infinity],
    maxRetries: [-1, 0.5],
    retryBackoffS: [-1, NaN, Infinity],
  };
  for (const [field, values] of Object.entries(wrong)) {
    for (const value of values) {
      assert.throws(() => exportConfig({ [field]: value }), refuses(field), `${field} ${value}`);
    }
  }
  assert.throws(
    () => exportConfig({ saveInputs: false, saveEmbeddings: false }),
    refuses("saveEmbeddings"),
  );
});

test("exportTarget() refuses paths that are none, and names that collide or escape", () => {
  for (const path of ["", "  ", "a\0b"]) {
    assert.throws(() => exportTarget({ layout: "combined", path }), refuses("path"));
    assert.throws(
      () => exportTarget({ layout: "per_item", dir: path, names: null }),
      refuses("dir"),
    );
  }
  const names = (...list: string[]) => () =>
    exportTarget({ layout: "per_item", dir: "out", names: list });
  assert.throws(names("a", "../b"), (error) => isRsembedError(error, "spec"));
  assert.throws(names("a", "b", "A"), refuses("names"));
  // one name for file systems that compose accents
  assert.throws(names("caf\u00e9", "cafe\u0301"), refuses("names"));
  assert.equal(names("a", "b")().layout, "per_item");
});
