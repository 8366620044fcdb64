import assert from "node:assert/strict";
import { test } from "node:test";
import { isRsembedError } from "@rsembed/core";
import type { Fault } from "./testdata/double/server.ts";
import { assertPlane, request, s2 } from "./testdata/requests.ts";
import { pattern, s2Scene, withDouble } from "./testdata/scenes.ts";

const holdings = { [s2]: [s2Scene("2022-06-10", { plus: 1 })] };

const passing: Readonly<Record<string, Fault>> = {
  "a quota that is used up, with a time to wait": { status: 429, headers: { "retry-after": "0" } },
  "a quota that is used up": { status: 429, message: "Too many concurrent aggregations." },
  "a failure inside": { status: 500 },
  "a page of a proxy": { status: 503, message: "<html><body>try later</body></html>" },
  "a connection that is cut": { cutAfter: 100 },
  "an answer that ends early": { damage: (bytes) => bytes.subarray(0, bytes.length - 7) },
  "an answer that goes on": { damage: (bytes) => new Uint8Array([...bytes, 0, 0]) },
  "a page where pixels should be": { damage: () => new TextEncoder().encode("<html>hello</html>") },
};

for (const [name, fault] of Object.entries(passing)) {
  test(`fetch() asks again after ${name}`, async () => {
    await withDouble({ holdings }, async (double, open) => {
      double.faults.push({ method: "image:computePixels", ...fault });
      const patch = await open({ listScenes: false }).fetch(request());
      assertPlane(patch, {}, (c, r) => pattern(c, r, 4) + 1);
      assert.equal(double.seen.length, 2);
    });
  });
}

test("fetch() gives up on a service that never recovers, and says what it answers", async () => {
  await withDouble({ holdings }, async (double, open) => {
    double.faults.push(...Array.from({ length: 9 }, () => ({ status: 503 })));
    const provider = open({ listScenes: false, service: { maxRetries: 2 } });
    await assert.rejects(
      provider.fetch(request()),
      (e) => isRsembedError(e, "unavailable") && e.facts.status === 503,
    );
    assert.equal(double.seen.length, 3);
  });
});

test("fetch() gives up on an answer that does not come in time", async () => {
  await withDouble({ holdings }, async (double, open) => {
    double.faults.push({ hang: true });
    const provider = open({ listScenes: false, service: { maxRetries: 0, timeoutMs: 40 } });
    await assert.rejects(
      provider.fetch(request()),
      (e) => isRsembedError(e, "unavailable") && /within 40 ms/.test(e.message),
    );
  });
});

test("fetch() stops at once when it is aborted", async () => {
  await withDouble({ holdings }, async (double, open) => {
    double.faults.push({ hang: true }, { hang: true });
    const stopping = new AbortController();
    const fetching = open().fetch(request(), { signal: stopping.signal });
    setTimeout(() => stopping.abort(new Error("enough")), 20);
    await assert.rejects(fetching, /^Error: enough$/);
  });
});

test("fetch() asks no second time what was refused for good", async () => {
  const refused: readonly [Fault, (error: unknown) => boolean][] = [
    [
      { status: 403, message: "Project 'test-project' is not registered to use Earth Engine." },
      (e) => isRsembedError(e, "auth") && /code.earthengine.google.com\/register/.test(e.message),
    ],
    [
      { status: 401, message: "Request had invalid authentication credentials." },
      (e) => isRsembedError(e, "auth") && /earthengine authenticate/.test(e.message),
    ],
    [
      { status: 400, message: "Image.reproject: Invalid CRS." },
      (e) => isRsembedError(e, "unavailable") && e.facts.permanent === true,
    ],
  ];
  for (const [fault, isExpected] of refused) {
    await withDouble({ holdings }, async (double, open) => {
      double.faults.push(fault);
      await assert.rejects(open({ listScenes: false }).fetch(request()), isExpected);
      assert.equal(double.seen.length, 1);
    });
  }
});

test("fetch() asks for smaller windows where one is too much to compute", async () => {
  await withDouble({ holdings }, async (double, open) => {
    double.faults.push({ status: 400, message: "User memory limit exceeded." });
    const { spatial, ...rest } = request();
    assert(spatial.kind === "point");
    const patch = await open({ listScenes: false })
      .fetch({ ...rest, spatial: { ...spatial, bufferM: 900 } });
    assertPlane(patch, {}, (c, r) => pattern(c, r, 4) + 1);
    assert.deepEqual(
      double.seen.map(({ body }) => body.grid.dimensions.width),
      [180, 90, 90, 90, 90],
    );
  });
});

test("fetch() keeps the pixels where the scenes cannot be listed, and says so", async () => {
  await withDouble({ holdings }, async (double, open) => {
    double.faults.push({ method: "value:compute", status: 400, message: "Not today." });
    const patch = await open().fetch(request());
    assertPlane(patch, {}, (c, r) => pattern(c, r, 4) + 1);
    assert.deepEqual(patch.provenance.items, []);
    assert.match(String(patch.provenance.notes?.["scenes_unlisted"]), /Not today/);
  });
});

test("many fetches at once keep the limits of the project", async () => {
  await withDouble({ holdings }, async (double, open) => {
    for (let i = 0; i < 30; i++) double.faults.push({ delayMs: 10 });
    const provider = open({
      listScenes: false,
      service: { maxConcurrent: 3, maxPerSecond: 100 },
    });
    const start = performance.now();
    await Promise.all(Array.from({ length: 20 }, () => provider.fetch(request())));
    assert(double.peak.requests <= 3, `${double.peak.requests} at once`);
    // 20 starts, 10 ms apart
    assert(performance.now() - start >= 150);
  });
});
