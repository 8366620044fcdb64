import assert from "node:assert/strict";
import { test } from "node:test";
import { isRsembedError } from "@rsembed/core";
import { assertPlane, june, request, withWorld } from "./testdata/requests.ts";
import { pattern, s2Scene, type WorldScene } from "./testdata/world.ts";

const red = (plus: number) => (column: number, row: number) => pattern(column, row, 4) + plus;

function earthScene(day: string, options: Parameters<typeof s2Scene>[1] = {}): WorldScene {
  return s2Scene(day, { names: "es", collection: "sentinel-2-l2a", ...options });
}

const c1 = { collection: "sentinel-2-c1-l2a", raster: { scale: 0.0001, offset: -0.1, nodata: 0 } };

test("the Planetary Computer comes first, and the others where it has nothing", async () => {
  await withWorld({
    planetary: [s2Scene("2022-06-10", { plus: 1 })],
    earth: [earthScene("2022-06-11", { ...c1, plus: 2 }), earthScene("2022-06-12", { plus: 3 })],
  }, async ({ open, planetary, earth }) => {
    const first = await open().fetch(request());
    assertPlane(first, {}, red(1 - 1000));
    assert.equal(first.provenance.notes["passed_over"], undefined);
    planetary.length = 0;
    const second = await open().fetch(request());
    assertPlane(second, {}, red(2 - 1000));
    assert.equal(second.provenance.source, "earth-search-c1/sentinel-2-c1-l2a");
    assert.deepEqual(second.provenance.notes["passed_over"], ["planetary-computer: no scenes"]);
    earth.shift();
    const third = await open().fetch(request());
    assert.equal(third.provenance.source, "earth-search/sentinel-2-l2a");
    assert.deepEqual(third.provenance.notes["passed_over"], [
      "planetary-computer: no scenes",
      "earth-search-c1: no scenes",
    ]);
  });
});

test("a source that fails is passed over, with the reason; a named one is not", async () => {
  await withWorld({
    planetary: [s2Scene("2022-06-10")],
    earth: [earthScene("2022-06-11", { ...c1, plus: 2 })],
  }, async ({ open, server }) => {
    const outage = () =>
      server.faults.push(...Array.from({ length: 30 }, () => ({ path: "planetary", status: 503 })));
    outage();
    const patch = await open({ requests: { maxRetries: 1 } }).fetch(request());
    assertPlane(patch, {}, red(2 - 1000));
    assert.match(String(patch.provenance.notes["passed_over"]), /planetary-computer: .*503/);
    server.faults.length = 0;
    outage();
    await assert.rejects(
      open({ stac: "planetary-computer", requests: { maxRetries: 1 } }).fetch(request()),
      (e) => isRsembedError(e, "unavailable") && e.facts.status === 503,
    );
  });
});

test("Collection 1 of Earth Search says its offset itself", async () => {
  const scenes = [
    earthScene("2022-06-11", { ...c1, plus: 2, baseline: "05.00" }),
    earthScene("2022-06-21", {
      collection: c1.collection,
      raster: { scale: 0.0001, offset: 0 },
      plus: 2,
      baseline: "05.00",
    }),
  ];
  for (const [i, expected] of [2 - 1000, 2].entries()) {
    await withWorld({ earth: [scenes[i]!] }, async ({ open }) => {
      const patch = await open({ stac: "earth-search-c1" }).fetch(request());
      assertPlane(patch, {}, red(expected));
    });
  }
});

test("the legacy collection of Earth Search is believed in nothing but its pixels", async () => {
  // the item says that there is an offset; the pixels tell
  const wrong = { raster: { scale: 0.0001, offset: -0.1 } };
  const dark = (column: number) => column % 20 === 0;
  const scene = (level: number, options: Parameters<typeof s2Scene>[1] = {}) => {
    const made = earthScene("2022-06-11", { ...wrong, ...options });
    const value = (column: number, row: number) =>
      dark(column) ? level : pattern(column, row, 4) + 2000;
    return { ...made, bands: { ...made.bands, red: { ...made.bands["red"]!, value } } };
  };
  const cases: readonly [WorldScene, number | null][] = [
    [scene(300), 0],
    [scene(1200), 1000],
    [scene(800), null],
    [scene(1200, { baseline: "03.01" }), 0],
    [scene(1200, { properties: { "earthsearch:boa_offset_applied": true } }), 0],
  ];
  for (const [made, subtract] of cases) {
    await withWorld({ earth: [made] }, async ({ open }) => {
      const fetching = open({ stac: "earth-search" }).fetch(request({ bands: ["B4"] }));
      if (subtract === null) {
        await assert.rejects(
          fetching,
          (e) => isRsembedError(e, "no-data") && /dark pixels, at 800/.test(e.message),
        );
        return;
      }
      const patch = await fetching;
      const value = made.bands["red"]!.value;
      assertPlane(patch, {}, (c, r) => Math.max(value(c, r), subtract) - subtract);
    });
  }
});

test("any other catalogue is searched by its address, whatever its assets are called", async () => {
  await withWorld({ earth: [earthScene("2022-06-11", { plus: 4 })] }, async ({ open, server }) => {
    const patch = await open({ stac: `${server.url}/earth` }).fetch(request());
    assertPlane(patch, {}, red(4 - 1000));
    assert.equal(patch.provenance.source, `${new URL(server.url).host}/sentinel-2-l2a`);
  });
});

test("a collection may be named, and its bands by their assets", async () => {
  const scene: WorldScene = {
    id: "x1",
    collection: "my-mosaic",
    datetime: "2022-06-05T00:00:00Z",
    bands: { height: { type: "float32", value: (c, r) => c / 4 + r, nodata: -9999 } },
  };
  await withWorld({ earth: [scene] }, async ({ open, server }) => {
    const patch = await open({ stac: `${server.url}/earth` })
      .fetch(request({ collection: "my-mosaic", bands: ["height"], cloudyPct: null }));
    assertPlane(patch, {}, (c, r) => c / 4 + r);
    await assert.rejects(
      open({ stac: `${server.url}/earth` })
        .fetch(request({ collection: "my-mosaic", bands: ["depth"], cloudyPct: null })),
      (e) => isRsembedError(e, "not-found") && /its files are height/.test(e.message),
    );
  });
});

test("static catalogues are read link by link", async () => {
  await withWorld({ planetary: [s2Scene("2022-06-10", { plus: 7 })] }, async ({ open, server }) => {
    // an item as the service gives it becomes a file
    await open().fetch(request());
    const answer = await fetch(`${server.url}/planetary/search`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ bbox: [-180, -90, 180, 90] }),
    });
    const { features: [item] } = await answer.json();
    const put = (path: string, value: unknown) =>
      server.files.set(path, new TextEncoder().encode(JSON.stringify(value)));
    put("/static/catalog.json", {
      type: "Catalog",
      id: "root",
      links: [
        { rel: "child", href: "./s2/collection.json" },
        { rel: "child", href: "https://elsewhere.example/catalog.json" },
        { rel: "child", href: "./catalog.json" },
      ],
    });
    put("/static/s2/collection.json", {
      type: "Collection",
      id: "sentinel-2-l2a",
      links: [{ rel: "item", href: "./one.json" }, { rel: "root", href: "../catalog.json" }],
    });
    put("/static/s2/one.json", item);
    const patch = await open({ stac: `${server.url}/static/catalog.json` }).fetch(request());
    assertPlane(patch, {}, red(7 - 1000));
    put("/static/s2/one.json", { hello: "world" });
    await assert.rejects(
      open({ stac: `${server.url}/static/catalog.json` }).fetch(request()),
      (e) => isRsembedError(e, "corrupt"),
    );
  });
});

test("Landsat is searched by platform and tier, and masked by its quality bits", async () => {
  const scene = (id: string, plus: number, properties: object, cloudy: number): WorldScene => ({
    id,
    collection: "landsat-c2-l2",
    datetime: "2022-06-10T10:00:00Z",
    properties: {
      "eo:cloud_cover": 3,
      platform: "landsat-8",
      "landsat:collection_category": "T1",
      ...properties,
    },
    bands: {
      red: { value: (c, r) => pattern(c, r, 4) + plus },
      nir08: { value: (c, r) => pattern(c, r, 5) + plus },
      qa_pixel: { value: (c) => c % 2 === 0 ? 21824 : 21824 | cloudy },
    },
  });
  const planetary = [
    scene("a", 100, {}, 0b1000),
    scene("b", 200, { platform: "landsat-9" }, 0),
    scene("c", 300, { "landsat:collection_category": "T2" }, 0),
  ];
  await withWorld({ planetary }, async ({ open }) => {
    const sensor = { collection: "LANDSAT/LC08/C02/T1_L2", bands: ["SR_B4", "NIR"], scaleM: 10 };
    const patch = await open().fetch(request(sensor));
    assertPlane(patch, { band: 0 }, red(100));
    assertPlane(patch, { band: 1 }, (c, r) => pattern(c, r, 5) + 100);
    const masked = await open().fetch(request({ ...sensor, cloudMask: true, fillValue: -1 }));
    assertPlane(masked, { band: 0 }, (c, r) => c % 2 === 0 ? red(100)(c, r) : -1);
  });
});

test("Sentinel-1 is taken by mode and pass, in power or in decibels", async () => {
  const scene = (id: string, plus: number, properties: object = {}): WorldScene => ({
    id,
    collection: "sentinel-1-rtc",
    datetime: "2022-06-10T10:00:00Z",
    properties: { "sar:instrument_mode": "IW", "sat:orbit_state": "ascending", ...properties },
    bands: {
      vv: { type: "float32", value: (c, r) => pattern(c, r, 1) / 4096 + plus, nodata: -32768 },
      vh: { type: "float32", value: (c) => c % 9 === 0 ? -32768 : 0.25, nodata: -32768 },
    },
  });
  const planetary = [
    scene("up", 0),
    scene("down", 4, { "sat:orbit_state": "descending" }),
    scene("wide", 8, { "sar:instrument_mode": "EW" }),
  ];
  const s1 = { collection: "COPERNICUS/S1_GRD_FLOAT", bands: ["VV"], cloudyPct: null };
  const power = (c: number, r: number) => Math.fround(pattern(c, r, 1) / 4096);
  await withWorld({ planetary }, async ({ open, planetary }) => {
    const up = await open().fetch(request({ ...s1, orbit: "ASCENDING" }));
    assertPlane(up, {}, power);
    assert.equal(up.provenance.notes["s1_backscatter"], "gamma0, terrain-flattened");
    const down = await open().fetch(request({ ...s1, orbit: "DESCENDING", useFloatLinear: false }));
    assertPlane(down, {}, (c, r) => 10 * Math.log10(Math.fround(pattern(c, r, 1) / 4096 + 4)));
    const both = await open().fetch(request({ ...s1, bands: ["VH", "VV"], fillValue: -1 }));
    assertPlane(both, { band: 0 }, (c) => c % 9 === 0 ? -1 : 0.25);
    planetary.splice(0, 2);
    const relaxed = await open().fetch(request(s1));
    assert.equal(relaxed.provenance.notes["s1_iw_relaxed_on_empty"], true);
    await assert.rejects(
      open().fetch(request({ ...s1, s1RelaxIwOnEmpty: false })),
      (e) => isRsembedError(e, "no-data"),
    );
  });
});

test("bands of several collections make one patch; elevation has no date", async () => {
  const planetary: WorldScene[] = [
    s2Scene("2022-06-10"),
    {
      id: "dem",
      collection: "cop-dem-glo-30",
      datetime: "2021-04-22T00:00:00Z",
      bands: { data: { type: "float32", value: (c, r) => c + r / 2 } },
    },
  ];
  await withWorld({ planetary }, async ({ open }) => {
    const patch = await open().fetch(request({
      collection: "COPERNICUS/S2_SR_HARMONIZED+COPERNICUS/DEM/GLO30",
      bands: ["DEM", "B4"],
    }, [june]));
    assertPlane(patch, { band: 0 }, (c, r) => c + r / 2);
    assertPlane(patch, { band: 1 }, red(-1000));
    assert.deepEqual(patch.provenance.notes["time_ignored"], ["COPERNICUS/DEM/GLO30"]);
    assert.equal(
      patch.provenance.source,
      "planetary-computer/sentinel-2-l2a+planetary-computer/cop-dem-glo-30",
    );
  });
});

test("classes come as they are stored, and lose no offset", async () => {
  const scl = (column: number, row: number) => (column + row) % 2 === 0 ? 4 : 9;
  await withWorld({ planetary: [s2Scene("2022-06-10", { scl })] }, async ({ open }) => {
    const patch = await open().fetch(request({ bands: ["B4", "SCL"] }));
    assertPlane(patch, { band: 0 }, red(-1000));
    assertPlane(patch, { band: 1 }, (c, r) => scl(c >> 1, r >> 1));
  });
});

test("a catalogue's offset that is taken off already is not taken off again", async () => {
  const scene = earthScene("2022-06-11", {
    plus: 2,
    raster: { scale: 0.0001, offset: -0.1 },
    properties: { "earthsearch:boa_offset_applied": true },
  });
  await withWorld({ earth: [scene] }, async ({ open, server }) => {
    const patch = await open({ stac: `${server.url}/earth` }).fetch(request());
    assertPlane(patch, {}, red(2));
  });
});

test("items of a collection come page by page, and a collection that is named must be there", async () => {
  await withWorld(
    { planetary: [s2Scene("2022-06-10"), s2Scene("2022-06-20", { plus: 6 })] },
    async (world) => {
      const { open, server } = world;
      await open().fetch(request());
      const answer = await fetch(`${server.url}/planetary/search`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ bbox: [-180, -90, 180, 90] }),
      });
      const { features } = await answer.json();
      const put = (path: string, value: unknown) =>
        server.files.set(path, new TextEncoder().encode(JSON.stringify(value)));
      put("/ogc/s2", {
        type: "Collection",
        id: "s2",
        links: [{ rel: "items", href: "/ogc/s2/items" }],
      });
      put("/ogc/s2/items", {
        type: "FeatureCollection",
        features: [features[0]],
        links: [{ rel: "next", href: "/ogc/s2/page2" }],
      });
      put("/ogc/s2/page2", {
        type: "FeatureCollection",
        features: [features[1]],
        links: [{ rel: "next", href: "/ogc/s2/items" }],
      });
      const patch = await open({ stac: `${server.url}/ogc/s2` }).fetch(request());
      assertPlane(patch, {}, red(3 - 1000));
      assert.equal(patch.provenance.items.length, 2);
      await assert.rejects(
        open({ stac: `${server.url}/ogc/s2`, stacCollection: "sentinel-2-l2b" }).fetch(request()),
        (e) => isRsembedError(e, "not-found") && e.facts.nearest?.[0] === "sentinel-2-l2a",
      );
    },
  );
});
