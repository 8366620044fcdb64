import assert from "node:assert/strict";
import test from "node:test";
import { isRsembedError } from "@rsembed/core";
import { providers, type ProviderSettings } from "@rsembed/providers";
import { openBackend, windowFor } from "./backend.ts";

async function chosen(settings: ProviderSettings): Promise<string> {
  return (await openBackend({ backend: "auto", providers, settings })).name;
}

test("auto is local with sources, gee with access, stac with a catalogue", async () => {
  const access = { accessToken: "abc", project: "p" };
  assert.equal(await chosen({ sources: ["a.tif"] }), "local");
  assert.equal(await chosen({ sources: ["a.tif"], ...access }), "local");
  assert.equal(await chosen(access), "gee");
  assert.equal(await chosen({ ...access, stac: "planetary-computer" }), "stac");
  assert.equal(await chosen({ stacCollection: "sentinel-2-l2a" }), "stac");
});

test("auto never makes imagery up, and a catalog without services has nothing to choose", async () => {
  const { synthetic } = providers;
  await assert.rejects(
    openBackend({ backend: "auto", providers: { synthetic: synthetic! }, settings: {} }),
    (e) => isRsembedError(e, "spec") && e.facts.field === "backend",
  );
});

test("only local files may be of any date where no time is asked for", async () => {
  const open = (backend: string, settings = {}) => openBackend({ backend, providers, settings });
  assert.equal(windowFor(await open("local", { sources: ["a.tif"] }), null), null);
  assert.equal(windowFor(await open("stac"), null)?.start, "2022-06-01");
});
