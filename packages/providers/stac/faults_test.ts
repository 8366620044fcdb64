import assert from "node:assert/strict";
import { test } from "node:test";
import { isRsembedError } from "@rsembed/core";
import type { FileFault } from "../http/testdata/file_server.ts";
import { assertPlane, request, withWorld } from "./testdata/requests.ts";
import { pattern, s2Scene } from "./testdata/world.ts";

const red = (plus: number) => (column: number, row: number) =>
  pattern(column, row, 4) + plus - 1000;
const one = { planetary: [s2Scene("2022-06-10")] };

const passing: Readonly<Record<string, FileFault>> = {
  "a search that fails": { path: "search", status: 500 },
  "a search that is overrun": { path: "search", status: 429, headers: { "retry-after": "0" } },
  "a search that is cut": { path: "search", cutAfter: 20 },
  "a token service that fails": { path: "tokens", status: 503 },
  "a file that is overrun": { path: "B04", status: 503 },
  "a file that is cut": { path: "B04", cutAfter: 9 },
  "a file that answers elsewhere": { path: "B04", shift: 3 },
  "a file that refuses its token": { path: "B04", status: 403 },
};

for (const [name, fault] of Object.entries(passing)) {
  test(`fetch() asks again after ${name}`, async () => {
    await withWorld(one, async ({ open, server }) => {
      server.faults.push(fault);
      const patch = await open({ stac: "planetary-computer" }).fetch(request());
      assertPlane(patch, {}, red(0));
    });
  });
}

test("fetch() reads pages of any size, in every way that services link them", async () => {
  const planetary = Array.from(
    { length: 230 },
    (_, i) =>
      s2Scene(new Date(Date.UTC(2022, 5, 1) + i * 3_600_000).toISOString(), {
        plus: i,
        cloud: 50 + i / 20,
      }),
  );
  // only the last is clear enough for the composite, the others are told apart by the search alone
  planetary[229] = s2Scene("2022-06-29", { plus: 5, cloud: 2 });
  for (
    const paging of [{ method: "POST", merge: true }, { method: "POST", merge: false }, {
      method: "GET",
      merge: false,
    }] as const
  ) {
    await withWorld({ planetary }, async ({ open, searches, paging: how }) => {
      Object.assign(how, paging);
      const patch = await open({ maxScenes: 1 }).fetch(request({ cloudyPct: 100 }));
      assertPlane(patch, {}, red(5));
      assert.equal(searches.length, 3);
    });
  }
});

test("fetch() asks for smaller pages where a service fails on large ones", async () => {
  const planetary = Array.from(
    { length: 30 },
    (_, i) => s2Scene(`2022-06-${String(i + 1).padStart(2, "0")}`),
  );
  await withWorld({ planetary }, async ({ open, limits, searches }) => {
    limits.page = 30;
    const patch = await open({ requests: { maxRetries: 0 }, maxScenes: 2 }).fetch(request());
    assertPlane(patch, {}, red(0));
    assert.deepEqual(searches.map(({ body }) => body["limit"]), [100, 50, 25, 25]);
  });
});

test("fetch() gives up on a search whose pages never end", async () => {
  await withWorld(one, async ({ open, server }) => {
    const page = {
      type: "FeatureCollection",
      features: [{ type: "Feature" }],
      links: [{ rel: "next", href: `${server.url}/loop/search`, method: "GET" }],
    };
    server.files.set("/loop/search", new TextEncoder().encode(JSON.stringify(page)));
    server.files.set(
      "/loop",
      new TextEncoder().encode(
        JSON.stringify({ type: "Catalog", links: [{ rel: "search", href: "/loop/search" }] }),
      ),
    );
    await assert.rejects(
      open({ stac: `${server.url}/loop` }).fetch(request()),
      (e) => isRsembedError(e, "corrupt") && /circle/.test(e.message),
    );
  });
});

test("fetch() renews a token that runs out, once for all", async () => {
  await withWorld(one, async ({ open, tokens, server }) => {
    const provider = open();
    await provider.fetch(request());
    assert.equal(tokens.given, 1);
    tokens.valid.clear();
    const patch = await provider.fetch(request({ bands: ["B5", "B1"] }));
    assert.equal(patch.bands.length, 2);
    assert.equal(tokens.given, 2);
    // files that are refused whatever the token do not cost one each
    for (let i = 0; i < 8; i++) server.faults.push({ path: "SCL", status: 403 });
    for (let i = 0; i < 4; i++) {
      await assert.rejects(
        open({ stac: "planetary-computer", requests: { maxRetries: 0 } }).fetch(
          request({ bands: ["SCL"] }),
        ),
        (e) => isRsembedError(e, "auth"),
      );
    }
    server.faults.push(...Array.from({ length: 6 }, () => ({ path: "SCL", status: 403 })));
    const before = tokens.given;
    for (let i = 0; i < 3; i++) {
      await assert.rejects(provider.fetch(request({ bands: ["SCL"] })));
    }
    assert(tokens.given <= before + 1, `${tokens.given - before} tokens`);
  });
});

test("no message holds a token", async () => {
  await withWorld(one, async ({ open, server }) => {
    const provider = open({
      stac: "planetary-computer",
      requests: { maxRetries: 0, timeoutMs: 500 },
    });
    await provider.fetch(request());
    for (const fault of [{ cutAfter: 0 }, { status: 500 }, { status: 403 }, { hang: true }]) {
      server.faults.push({ path: "B05", ...fault }, { path: "B05", ...fault });
      const error = await provider.fetch(request({ bands: ["B5"] })).then(() => null, (e) => e);
      server.faults.length = 0;
      assert(error !== null);
      const text = `${error.message} ${error.stack} ${JSON.stringify(error)} ${error.cause}`;
      assert(!/token-\d|sig=/.test(text), text);
    }
    await server.close();
    const error = await provider.fetch(request({ bands: ["B5"] })).then(() => null, (e) => e);
    assert(!/token-\d|sig=/.test(String(error.message)), error.message);
  });
});

test("a source that fails halfway leaves nothing of its own in the patch", async () => {
  const planetary = [s2Scene("2022-06-10", { plus: 1000 }), s2Scene("2022-08-10", { plus: 1000 })];
  const earth = [
    s2Scene("2022-08-12", {
      names: "es",
      collection: "sentinel-2-c1-l2a",
      raster: { scale: 0.0001, offset: -0.1 },
    }),
  ];
  await withWorld({ planetary, earth }, async ({ open, server }) => {
    const path = "/blobs/S2_32VNJ_2022-08-10/B04.tif";
    server.faults.push(...Array.from({ length: 9 }, () => ({ path, status: 503 })));
    const frames = [
      { start: "2022-06-01", end: "2022-07-01" },
      { start: "2022-08-01", end: "2022-09-01" },
    ];
    const patch = await open({ requests: { maxRetries: 1 } })
      .fetch(request({ bands: ["B4"], fillValue: -1 }, frames));
    assert.equal(patch.provenance.source, "earth-search-c1/sentinel-2-c1-l2a");
    assert.deepEqual(patch.provenance.notes["empty_frames"], [0]);
    assertPlane(patch, { t: 0 }, () => -1);
    assertPlane(patch, { t: 1 }, red(0));
  });
});

test("fetch() drops a scene whose file is gone, and says so", async () => {
  const broken = s2Scene("2022-06-20", { plus: 4000 });
  const gone = {
    ...broken,
    bands: { ...broken.bands, B02: { ...broken.bands["B02"]!, isGone: true } },
  };
  await withWorld({ planetary: [gone, ...one.planetary] }, async ({ open }) => {
    const patch = await open().fetch(request());
    assertPlane(patch, {}, red(0));
    assert.equal(patch.provenance.items.length, 1);
    const [dropped] = patch.provenance.notes["scenes_dropped"] as { id: string; reason: string }[];
    assert.equal(dropped!.id, gone.id);
    assert.match(dropped!.reason, /no such file/);
  });
});

test("fetch() fails on a tile that stays damaged, and the next place is fine", async () => {
  await withWorld(one, async ({ open, server }) => {
    await open().fetch(request());
    const provider = open();
    const path = [...server.files.keys()].find((name) => name.includes("B04"))!;
    const good = server.files.get(path)!;
    server.files.set(path, good.map((byte, i) => i > 2000 ? byte ^ 0x5a : byte));
    await assert.rejects(provider.fetch(request()), (e) => isRsembedError(e, "corrupt"));
    server.files.set(path, good);
    assertPlane(await provider.fetch(request()), {}, red(0));
  });
});

test("fetch() stops at once when it is aborted, whatever it waits for", async () => {
  for (const path of ["search", "tokens", "B04"]) {
    await withWorld(one, async ({ open, server }) => {
      server.faults.push({ path, hang: true });
      const stopping = new AbortController();
      const fetching = open().fetch(request(), { signal: stopping.signal });
      setTimeout(() => stopping.abort(new Error("enough")), 20);
      await assert.rejects(fetching, /^Error: enough$/);
    });
  }
});

test("fetch() gives up on a host that stays silent", async () => {
  await withWorld(one, async ({ open, server }) => {
    server.faults.push({ path: "B04", hang: true });
    await assert.rejects(
      open({ stac: "planetary-computer", requests: { timeoutMs: 40, maxRetries: 0 } }).fetch(
        request(),
      ),
      (e) => isRsembedError(e, "unavailable") && /within 40 ms/.test(e.message),
    );
  });
});

test("fetch() reads no file of this machine, nor over http because an https catalogue says so", async () => {
  await withWorld(one, async ({ open, server }) => {
    const item = {
      type: "Feature",
      id: "x",
      bbox: [9, 57, 10, 58],
      properties: { datetime: "2022-06-10T00:00:00Z", "eo:cloud_cover": 1 },
      assets: {
        B04: { href: "file:///etc/passwd", type: "image/tiff" },
        B02: { href: "s3://bucket/b.tif", type: "image/tiff" },
      },
    };
    server.files.set("/item.json", new TextEncoder().encode(JSON.stringify(item)));
    await assert.rejects(
      open({ stac: `${server.url}/item.json` }).fetch(request()),
      (e) => isRsembedError(e, "not-found"),
    );
  });
});
