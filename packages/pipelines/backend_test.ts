import assert from "node:assert/strict";
import test from "node:test";
import { isRsembedError } from "@rsembed/core";
import { embedders } from "@rsembed/embedders";
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

test("stored embeddings are read as products, beside any imagery, but over gee where it is asked for", async () => {
  const card = (name: string) => embedders[name]!.card;
  const open = (backend: string, names: readonly string[]) =>
    openBackend({
      backend,
      providers,
      settings: { accessToken: "abc", project: "p" },
      cards: names.map(card),
    });
  assert.equal((await open("auto", ["gse", "tessera"])).name, "products");
  assert.equal((await open("stac", ["copernicus"])).name, "products");
  assert.equal((await open("gee", ["gse"])).name, "gee");
  const mixed = await open("synthetic", ["gse", "mosaiks"]);
  assert.equal(mixed.name, "synthetic");
  assert.deepEqual(Object.keys(mixed.identity as object), ["main", "products"]);
});

test("without a window, products are asked for a year that they have", async () => {
  const products = await openBackend({ backend: "products", providers, settings: {} });
  const year = (...names: string[]) =>
    windowFor(products, null, names.map((name) => embedders[name]!.card))?.start;
  assert.equal(year("gse"), "2022-06-01");
  assert.equal(year("copernicus"), "2021-01-01");
  assert.equal(year("gse", "copernicus"), "2021-01-01");
  assert.equal(year("mosaiks"), "2022-06-01");
});
