import assert from "node:assert/strict";
import { basename } from "node:path";
import { test } from "node:test";
import { familyCases } from "./golden_folders.ts";
import { passes, runGolden } from "./golden_run.ts";
import { goldenTools } from "./golden_tools.ts";

for (const origin of ["testdata", "shared"] as const) {
  const families = familyCases(origin);
  if (families.length === 0) {
    test(`families agree with all cases of ../shared/goldens`, { skip: "the folder is missing" });
  }
  for (const { family, folders } of families) {
    for (const folder of folders) {
      test(`${family} agrees with its upstream in ${basename(folder)} (${origin})`, async (t) => {
        const report = await runGolden(folder, goldenTools);
        if (report.unsupported !== null) return t.skip(report.unsupported);
        assert(passes(report), JSON.stringify(report.results, null, 1));
      });
    }
  }
}
