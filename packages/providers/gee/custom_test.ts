import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { isRsembedError } from "@rsembed/core";
import type { ExpressionGraph } from "./expression.ts";
import { assertPlane, june, request, s2 } from "./testdata/requests.ts";
import { pattern, s2Scene, withDouble } from "./testdata/scenes.ts";

// an expression as Google's client for Python writes it: a mapped mask, a median
const { expression } = JSON.parse(
  readFileSync(new URL("./testdata/peer_requests.json", import.meta.url), "utf8"),
)["computepixels-s2-masked-utm"] as { expression: ExpressionGraph };

const scenes = ["2022-06-03", "2022-06-10", "2022-07-02"].map((day, i) => {
  const scene = s2Scene(day, { plus: [0, 100, 1000][i]! });
  const SCL = { type: "u1" as const, factor: 2, value: (c: number) => c % 2 === i % 2 ? 9 : 4 };
  return { ...scene, bands: { ...scene.bands, SCL } };
});

test("fetch() takes its bands from an image of the caller's own", async () => {
  await withDouble({ holdings: { [s2]: scenes } }, async (double, open) => {
    const asked: unknown[] = [];
    const provider = open({
      images: {
        "my-composite": (place) => {
          asked.push(place);
          return expression;
        },
      },
    });
    const patch = await provider.fetch(request({ collection: "my-composite", bands: ["B4"] }));
    assertPlane(patch, {}, (c, r) => pattern(c, r, 4) + (Math.floor(c / 2) % 2 === 0 ? 100 : 500));
    assert.equal(asked.length, 1);
    const { window, crs } = asked[0] as { window: unknown; crs: string };
    assert.deepEqual(window, june);
    assert.equal(crs, "EPSG:32651");
    assert.equal(patch.provenance.source, "my-composite");
    assert.deepEqual(patch.provenance.items, []);
    // one request for the pixels, none for scenes
    assert.equal(double.seen.length, 1);
  });
});

test("fetch() says which bands an image of the caller's own has", async () => {
  await withDouble({ holdings: { [s2]: scenes } }, async (_, open) => {
    const provider = open({ images: { mine: () => expression } });
    await assert.rejects(
      provider.fetch(request({ collection: "mine", bands: ["B99"] })),
      (e) => isRsembedError(e, "not-found"),
    );
  });
});
