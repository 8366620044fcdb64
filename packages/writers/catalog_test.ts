import assert from "node:assert/strict";
import { test } from "node:test";
import { blockTests } from "./_suite/blocks.ts";
import { formatSuite } from "./_suite/mod.ts";
import { writers } from "./catalog.ts";
import { npzFormat } from "./npz/mod.ts";

formatSuite(writers.npz);
formatSuite(writers.netcdf, { ownWrites: true, checksummed: false });

formatSuite({
  card: { ...writers.npz.card, id: "npz, deflated" },
  load: () => Promise.resolve(npzFormat({ compression: "deflate" })),
});

for (const entry of Object.values(writers)) blockTests(entry);

test("writers has entries under their own ids, with dotted extensions", () => {
  for (const [key, { card }] of Object.entries(writers)) {
    assert.equal(card.id, key);
    assert(card.extensions.length > 0);
    for (const extension of card.extensions) assert.match(extension, /^\.[a-z0-9]+$/);
  }
});
