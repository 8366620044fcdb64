import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import process from "node:process";
import test from "node:test";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { exitCodes } from "./mod.ts";

/** Kills for each layout and format; a soak sets more. */
const kills = Number(process.env["RSEMBED_KILLS"] ?? 1);
const placeCount = 60;

interface Run {
  readonly folder: string;
  readonly args: readonly string[];
}

/** Starts an export of many places. */
function start({ folder, args }: Run) {
  const program = fromFileUrl(new URL("./main.ts", import.meta.url));
  const child = spawn(
    process.execPath,
    [
      ...["run", "-A", "--quiet", "--no-check", program, "export", "--backend", "synthetic"],
      ...["--points", join(folder, "..", "places.csv"), "--buffer", "160", "--chunk-size", "4"],
      ...["--quiet", ...args],
    ],
    { cwd: folder, stdio: ["ignore", "ignore", "pipe"] },
  );
  let err = "";
  child.stderr.on("data", (part) => err += part);
  const ended = new Promise<{ code: number | null; err: string }>((done) =>
    child.on("close", (code) => done({ code, err }))
  );
  return {
    ended,
    kill(signal: "SIGKILL" | "SIGTERM" | "SIGINT") {
      // child.kill() would have exit codes reported as signals
      if (child.exitCode === null) process.kill(child.pid!, signal);
    },
  };
}

/** Sums of all files of a run, manifests without their times. */
async function sumsOf(folder: string): Promise<Record<string, string>> {
  const sums: Record<string, string> = {};
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const entry of names) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isFile() || path.includes("/.")) continue;
    const text = (await readFile(path, "latin1")).replace(/"(created|completed)_at": "[^"]*"/g, "");
    sums[path.slice(folder.length)] = createHash("sha256").update(text).digest("hex");
  }
  return sums;
}

const runs: readonly (readonly [name: string, args: readonly string[]])[] = [
  ["combined npz", ["--out", "run.npz", "--save-inputs"]],
  ["combined netcdf", ["--out", "run.nc", "--save-inputs"]],
  ["combined zarr", ["--out", "run.zarr", "--output", "grid"]],
  ["combined geoparquet", ["--out", "run.parquet"]],
  ["combined clay", ["--out", "run.gpq", "--format", "clay"]],
  ["per-item npz", ["--out", "items", "--layout", "per_item"]],
  ["per-item netcdf", ["--out", "items", "--layout", "per_item", "--format", "netcdf"]],
  ["per-item geotiff", [
    ...["--out", "items", "--layout", "per_item", "--format", "geotiff", "--output", "grid"],
  ]],
];

for (const [name, args] of runs) {
  test(`an export killed at any moment is resumed to the same bytes (${name})`, async () => {
    const root = await mkdtemp(join(tmpdir(), "rsembed-kill-"));
    try {
      const lines = Array.from({ length: placeCount }, (_, i) => `p${i},${9 + i / 1000},57`);
      await writeFile(join(root, "places.csv"), `name,lon,lat\n${lines.join("\n")}\n`);
      const folder = async () => await mkdtemp(join(root, "run-"));
      const whole = await folder();
      const began = performance.now();
      const { code, err } = await start({ folder: whole, args }).ended;
      assertEquals(code, exitCodes.ok, err);
      const wanted = await sumsOf(whole);
      const wholeMs = performance.now() - began;
      for (let i = 0; i < kills; i++) {
        const again = await folder();
        const killed = start({ folder: again, args });
        const timer = setTimeout(() => killed.kill("SIGKILL"), wholeMs * Math.random());
        await killed.ended;
        clearTimeout(timer);
        const resumed = await start({ folder: again, args: [...args, "--resume"] }).ended;
        assertEquals(resumed.code, exitCodes.ok, resumed.err);
        assertEquals(await sumsOf(again), wanted, `kill ${i}`);
        await rm(again, { recursive: true });
      }
    } finally {
      await rm(root, { recursive: true });
    }
  });
}

test("SIGTERM and Ctrl-C end an export cleanly, and it can be resumed", async () => {
  const root = await mkdtemp(join(tmpdir(), "rsembed-kill-"));
  try {
    const lines = Array.from({ length: 2000 }, (_, i) => `${9 + i / 1000},57`);
    await writeFile(join(root, "places.csv"), `lon,lat\n${lines.join("\n")}\n`);
    const codes = { SIGTERM: exitCodes.terminated, SIGINT: exitCodes.interrupted } as const;
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      const folder = await mkdtemp(join(root, "run-"));
      const args = ["--out", "run.npz"];
      const run = start({ folder, args });
      const journal = join(folder, ".run.npz.rsembed", "places.jsonl");
      const hasPlaces = async () =>
        (await readFile(journal, "utf8").catch(() => "")).includes('"place"');
      while (!await hasPlaces()) await new Promise((resolve) => setTimeout(resolve, 5));
      run.kill(signal);
      const { code, err } = await run.ended;
      assertEquals(code, codes[signal], err);
      assertStringIncludes(err, `stopped by ${signal}`);
      assertEquals((await readdir(folder)).sort(), [".run.npz.rsembed"]);
      const left = await readdir(join(folder, ".run.npz.rsembed"));
      assert(!left.includes("owner.json"), `${left}`);
      const resumed = await start({ folder, args: [...args, "--resume"] }).ended;
      assertEquals(resumed.code, exitCodes.ok, resumed.err);
    }
  } finally {
    await rm(root, { recursive: true });
  }
});
