import { writeFile } from "node:fs/promises";
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { parseCommand } from "./args.ts";
import { parseCsv } from "./csv.ts";
import { commands } from "./definitions.ts";
import { parseGeoJson } from "./geojson.ts";
import { givenPlaces, namesOf } from "./places.ts";
import { temporary, test } from "../core/testdata/folders.ts";

const from = { source: "sites", bufferM: 100 };
const command = commands.find(({ name }) => name === "embed")!;

test("parseCsv() reads names, buffers, quotes and other separators", () => {
  const text =
    '\uFEFFName;Longitude;Latitude;buffer_m\r\n"a ""b""; c";9.5;57;\r\nd;-1;-2;50\r\n\r\n';
  assertEquals(parseCsv(text, from), [
    { name: 'a "b"; c', spatial: { kind: "point", lon: 9.5, lat: 57, bufferM: 100 } },
    { name: "d", spatial: { kind: "point", lon: -1, lat: -2, bufferM: 50 } },
  ]);
});

test("parseCsv() names the line that is wrong", () => {
  assertThrows(() => parseCsv("lon,lat\n1,2\n3,north\n", from), Error, "line 3");
  assertThrows(() => parseCsv("lon,lat\n1,99\n", from), Error, "latitudes run");
  assertThrows(() => parseCsv("1,2\n3,4\n", from), Error, "lon and lat");
});

test("parseGeoJson() reads points and polygons", () => {
  const text = JSON.stringify({
    type: "FeatureCollection",
    features: [
      {
        type: "Feature",
        id: 7,
        properties: null,
        geometry: { type: "Point", coordinates: [1, 2] },
      },
      {
        type: "Feature",
        properties: { name: "field" },
        geometry: { type: "Polygon", coordinates: [[[1, 2], [3, 2], [3, 5], [1, 2]]] },
      },
    ],
  });
  assertEquals(parseGeoJson(text, from), [
    { name: "7", spatial: { kind: "point", lon: 1, lat: 2, bufferM: 100 } },
    { name: "field", spatial: { kind: "bbox", minLon: 1, minLat: 2, maxLon: 3, maxLat: 5 } },
  ]);
  assertThrows(() => parseGeoJson('{"type": "LineString", "coordinates": [[1, 2], [3, 4]]}', from));
  assertThrows(() => parseGeoJson("{", from));
});

test("givenPlaces() gathers all kinds in order", async () => {
  const dir = await temporary("places");
  const file = join(dir, "sites.csv");
  await writeFile(file, "lon,lat\n5,6\n");
  const args = parseCommand(command, [
    "--point",
    "-1,-2",
    "--buffer",
    "50",
    "--bbox",
    "1,2,3,4",
    "--points",
    file,
  ]);
  const places = await givenPlaces(args);
  assertEquals(places.map(({ spatial }) => spatial.kind), ["point", "bbox", "point"]);
  assertEquals(places[2]!.spatial, { kind: "point", lon: 5, lat: 6, bufferM: 50 });
  await assertRejects(
    () => givenPlaces(parseCommand(command, ["--points", join(dir, "none.csv")])),
    Error,
    "no such file",
  );
});

test("namesOf() keeps names that can be files, and refuses those that cannot", () => {
  const spatial = { kind: "point", lon: 0, lat: 0, bufferM: 1 } as const;
  const named = (...names: (string | null)[]) => names.map((name) => ({ name, spatial }));
  assertEquals(namesOf(named("a", "b")), ["a", "b"]);
  assertEquals(namesOf(named("a", null)), null);
  assertThrows(() => namesOf(named("a", "A")), Error, "names must differ");
  assertThrows(() => namesOf(named("../a", "b")));
});

test("givenPlaces() cuts areas into chips, each once", async () => {
  const places = (...args: string[]) => givenPlaces(parseCommand(command, args));
  const tile = await places("--area", "32VNJ", "--chip-size", "5000");
  assertEquals(tile.map(({ name }) => name), [
    "32VNJ_0000_0000",
    "32VNJ_0000_0001",
    "32VNJ_0001_0001",
    "32VNJ_0001_0000",
  ]);
  const box = ["--area", "9.8,57.2,9.85,57.22", "--chip-size", "128", "--chip-scale", "20"];
  const chips = await places(...box);
  assertEquals((await places(...box, "--area", "9.8,57.2,9.85,57.22")).length, chips.length);
  const file = join(await temporary("area"), "area.geojson");
  const ring = [[9.8, 57.2], [9.85, 57.2], [9.85, 57.22], [9.8, 57.22], [9.8, 57.2]];
  await writeFile(file, JSON.stringify({ type: "Polygon", coordinates: [ring] }));
  const sizes = ["--chip-size", "128", "--chip-scale", "20"];
  assertEquals(await places("--area", file, ...sizes), chips);
  await writeFile(file, "{");
  await assertRejects(() => places("--area", file), Error, "Cannot read the area");
  await assertRejects(() => places("--area", "32VZZ"), Error, "MGRS");
});
