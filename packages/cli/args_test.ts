import test from "node:test";
import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { type Arguments, parseCommand } from "./args.ts";
import { commands } from "./definitions.ts";

const command = commands.find(({ name }) => name === "export")!;
const parse = (...args: string[]): Arguments => parseCommand(command, args);

test("parseCommand() reads options in both spellings, repeated ones in order", () => {
  const args = parse("--out", "a.npz", "--point=1,2", "--point", "3,4", "-q");
  assertEquals(args.text("out"), "a.npz");
  assertEquals(args.all("point"), ["1,2", "3,4"]);
  assertEquals(args.has("quiet"), true);
  assertEquals(args.has("json"), false);
});

test("parseCommand() takes western and southern coordinates for values", () => {
  assertEquals(parse("--point", "-72.479,-38.831").all("point"), ["-72.479,-38.831"]);
  assertEquals(parse("--bbox", "-1,-2,3,4", "--json").all("bbox"), ["-1,-2,3,4"]);
});

test("parseCommand() refuses what it does not know, with the nearest name", () => {
  const error = assertThrows(() => parse("--modle", "mosaiks"));
  assertStringIncludes(String(error), "--model");
  assertThrows(() => parse("stray"));
  assertThrows(() => parse("--out", "a", "--out", "b"));
  assertThrows(() => parse("--out"));
});

test("Arguments say which value cannot be read", () => {
  assertThrows(() => parse("--chunk-size", "many").number("chunk-size"), Error, "--chunk-size");
  assertThrows(
    () => parse("--output", "raster").choice("output", ["pooled", "grid"]),
    Error,
    "pooled, grid",
  );
});
