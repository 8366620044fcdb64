import { readdir, readFile, writeFile } from "node:fs/promises";
import process from "node:process";
import { spawn } from "node:child_process";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { dirname, fromFileUrl, join, resolve } from "@std/path";
import { commands } from "./definitions.ts";
import { demo } from "./demo.ts";
import { exitCodes, Interrupt, type Io, main } from "./mod.ts";
import { temporary, test } from "../core/testdata/folders.ts";

interface Result {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function withIo(work: (io: Io) => Promise<number>, signal?: AbortSignal): Promise<Result> {
  let out = "";
  let err = "";
  const code = await work({
    out: (text) => out += text,
    err: (text) => err += text,
    isTty: false,
    columns: 80,
    signal: signal ?? new AbortController().signal,
  });
  return { code, out, err };
}

const rsembed = (...args: string[]) => withIo((io) => main(args, io));
const synthetic = ["--backend", "synthetic", "--buffer", "160"];

test("rsembed --help names every command, and each has a help of its own", async () => {
  const { code, out } = await rsembed("--help");
  assertEquals(code, exitCodes.ok);
  for (const { name } of commands) {
    assertMatch(out, new RegExp(`^  ${name} `, "m"));
    const help = await rsembed(name, "--help");
    assertEquals([help.code, help.err], [exitCodes.ok, ""]);
    assertStringIncludes(help.out, `Usage: rsembed ${name}`);
  }
});

test("rsembed --help loads no model family, no ONNX and no provider", async () => {
  // follows static imports only, as the runtime does before any command is chosen
  const seen = new Set<string>();
  const foreign = new Set<string>();
  const visit = async (file: string): Promise<void> => {
    if (seen.has(file)) return;
    seen.add(file);
    const text = await readFile(file, "utf8");
    for (const [, from] of text.matchAll(/^(?:import|export)\s[^;]*?from\s+"([^"]+)"/gms)) {
      if (from!.startsWith(".")) await visit(resolve(dirname(file), from!));
      else if (!from!.startsWith("node:")) foreign.add(from!);
    }
  };
  await visit(fromFileUrl(new URL("./main.ts", import.meta.url)));
  assertEquals([...foreign].sort(), ["@rsembed/core", "@std/cli/parse-args"]);
});

test("rsembed says what it does not understand, and exits with 2", async () => {
  for (
    const [args, text] of [
      [["exprot"], "export"],
      [["export", "--modle", "mosaiks"], "--model"],
      [["export", "--point", "1,2"], "--out"],
      [["export", "--out", "x.npz"], "no place is given"],
      [["export", "--out", "x.npz", "--point", "200,2", ...synthetic], "longitudes"],
      [["export", "--out", "x.npz", "--point", "1,2", "--backend", "synthetc"], "synthetic"],
      [["export", "--out", "x.npz", "--point", "1,2", "--time", "2022-02-01/2022-01-01"], "empty"],
      [["embed", "--point", "1,2", "--model", "mosaik", ...synthetic], "mosaiks"],
      [["models", "describe", "galilo"], "galileo"],
      [["load"], "PATH"],
    ] as const
  ) {
    const { code, err, out } = await rsembed(...args);
    assertEquals([code, out], [exitCodes.usage, ""], `${args.join(" ")}: ${err}`);
    assertStringIncludes(err, text);
  }
});

test("rsembed export writes a dataset that rsembed load summarises", async () => {
  const dir = await temporary("cli");
  const file = join(dir, "run.npz");
  const points = ["--point", "9.845,57.227", "--point", "-72.479,-38.831"];
  const exported = await rsembed(
    "export",
    ...synthetic,
    ...points,
    "--out",
    file,
    "--save-inputs",
    "--json",
  );
  assertEquals(exported.code, exitCodes.ok, exported.err);
  assertEquals(JSON.parse(exported.out).okCount, 2);
  const loaded = await rsembed("load", file);
  assertStringIncludes(loaded.out, "combined export of 2 places, ok");
  const verified = await rsembed("verify", join(dir, "run.npz"));
  assertEquals(verified.code, exitCodes.ok, verified.err);
  assertStringIncludes(verified.out, "whole: 2 places (ok), 4 values read, 1 checksums agree");
  const json = JSON.parse((await rsembed("load", join(dir, "run.json"), "--json")).out);
  assertEquals(json.models[0].inputs[0], 2);
});

test("rsembed export names per-item files after the places", async () => {
  const dir = await temporary("cli");
  const csv = join(dir, "sites.csv");
  await writeFile(csv, "name,lon,lat\nwest,9,57\neast,10,57\n");
  const out = join(dir, "sites");
  const { code, err } = await rsembed(
    "export",
    ...synthetic,
    "--points",
    csv,
    "--layout",
    "per_item",
    "--out",
    out,
  );
  assertEquals(code, exitCodes.ok, err);
  assertEquals((await readdir(out)).sort(), [
    ".rsembed",
    "east.json",
    "east.npz",
    "west.json",
    "west.npz",
  ]);
});

test("rsembed embed prints a JSON line a place", async () => {
  const { code, out } = await rsembed(
    "embed",
    ...synthetic,
    "--point",
    "9,57",
    "--point",
    "10,57",
    "--json",
  );
  assertEquals(code, exitCodes.ok);
  const lines = out.trim().split("\n").map((line) => JSON.parse(line));
  assertEquals(lines.length, 2);
  assertEquals(lines[0].data.length, lines[0].shape[0]);
});

test("rsembed inspect reports and draws", async () => {
  const dir = await temporary("cli");
  const { code, out } = await rsembed(
    "inspect",
    ...synthetic,
    "--point",
    "9,57",
    "--save-dir",
    dir,
  );
  assertEquals(code, exitCodes.ok, out);
  assertStringIncludes(out, "32 x 32 px");
  const png = await readFile(join(dir, "place0.png"));
  assertEquals([...png.subarray(0, 4)], [0x89, 0x50, 0x4e, 0x47]);
});

test("rsembed models lists and describes from the cards", async () => {
  const list = await rsembed("models", "list");
  for (const name of ["mosaiks", "galileo", "remoteclip"]) assertStringIncludes(list.out, name);
  const described = await rsembed("models", "describe", "remoteclip_s2rgb", "--json");
  assertEquals(JSON.parse(described.out).id, "remoteclip");
  assertStringIncludes((await rsembed("models", "pull", "mosaiks")).out, "no weights");
});

test("rsembed stops at an interrupt with its exit code, and leaves nothing behind", async () => {
  const dir = await temporary("cli");
  const controller = new AbortController();
  controller.abort(new Interrupt("stopped by SIGINT", exitCodes.interrupted));
  const { code, err } = await withIo(
    (io) => main(["export", ...synthetic, "--point", "9,57", "--out", join(dir, "run.npz")], io),
    controller.signal,
  );
  assertEquals(code, exitCodes.interrupted);
  assertStringIncludes(err, "stopped by SIGINT");
  assertEquals(await readdir(dir), []);
});

test("a running export stops cleanly at SIGINT", async () => {
  const dir = await temporary("cli");
  const csv = join(dir, "sites.csv");
  const rows = Array.from({ length: 20_000 }, (_, i) => `${(i % 360) - 180},${(i % 100) - 50}`);
  await writeFile(csv, `lon,lat\n${rows.join("\n")}\n`);
  const out = join(dir, "items");
  const program = fromFileUrl(new URL("./main.ts", import.meta.url));
  const args = ["export", ...synthetic, "--points", csv, "--layout", "per_item", "--out", out];
  const child = spawn(process.execPath, ["run", "-A", "--quiet", program, ...args], {
    cwd: fromFileUrl(new URL("../../", import.meta.url)),
    stdio: ["ignore", "ignore", "pipe"],
  });
  let err = "";
  child.stderr.on("data", (part) => err += part);
  const closed = new Promise<number | null>((done) => child.on("close", done));
  // stop it once it has begun to write
  while ((await readdir(out).catch(() => [])).length < 4 && child.exitCode === null) {
    await new Promise((done) => setTimeout(done, 20));
  }
  process.kill(child.pid!, "SIGINT"); // child.kill() would have the exit code reported as a signal
  assertEquals(await closed, exitCodes.interrupted, err);
  assertStringIncludes(err, "stopped by SIGINT");
  const names = await readdir(out);
  assert(names.length > 0);
  for (const name of names) assertMatch(name, /^p\d{5}\.(npz|json)$|^\.rsembed$/);
});

test("the demonstration makes what it says", async () => {
  const dir = await temporary("cli");
  const { code, out, err } = await withIo((io) => demo(dir, io));
  assertEquals(code, exitCodes.ok, err);
  assertEquals((await readdir(dir)).sort(), ["embeddings.json", "embeddings.npz", "place0.png"]);
  assertStringIncludes(out, "np.load");
});

test("rsembed text says which models know texts, and needs one", async () => {
  const other = await rsembed("text", "a lake", "--model", "mosaiks");
  assertEquals([other.code, other.out], [exitCodes.failed, ""]);
  assertStringIncludes(other.err, "it knows none");
  assertEquals((await rsembed("text")).code, exitCodes.usage);
});
