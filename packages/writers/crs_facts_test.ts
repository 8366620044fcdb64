import assert from "node:assert/strict";
import { test } from "node:test";
import { crsFacts } from "./crs_facts.ts";

test("crsFacts() knows degrees, UTM zones and Web Mercator", () => {
  assert.equal(crsFacts("EPSG:4326")?.isGeographic, true);
  const north = crsFacts("EPSG:32632")!;
  assert.match(north.wkt, /^PROJCS\["WGS 84 \/ UTM zone 32N".*AUTHORITY\["EPSG","32632"\]\]$/);
  assert.equal(north.gridMapping["longitude_of_central_meridian"], 9);
  assert.equal(north.gridMapping["false_northing"], 0);
  const south = crsFacts("epsg:32756")!;
  assert.match(south.wkt, /UTM zone 56S/);
  assert.equal(south.gridMapping["false_northing"], 10_000_000);
  assert.match(crsFacts("EPSG:3857")!.wkt, /Pseudo-Mercator/);
});

test("crsFacts() says nothing of others", () => {
  for (const crs of ["EPSG:25832", "EPSG:32661", "EPSG:32600", "", "+proj=utm"]) {
    assert.equal(crsFacts(crs), null, crs);
  }
});
