import { readFile } from "node:fs/promises";
import { spawn } from "node:child_process";
import process from "node:process";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { embedders } from "@rsembed/embedders";
import { type LoopbackHub, startHub } from "../../models/hub/_loopback_hub.ts";
import { exitCodes } from "./mod.ts";
import { temporary, test } from "../core/testdata/folders.ts";

const { repo, file } = embedders["satmae"]!.card.variants["large"]!.weights!;

/** Runs `rsembed models pull satmae` as a process of its own, against a hub on this machine. */
async function pull(
  hub: LoopbackHub,
  ...args: string[]
): Promise<{ code: number | null; out: string; err: string; home: string }> {
  const home = await temporary("pull");
  const program = fromFileUrl(new URL("./main.ts", import.meta.url));
  const child = spawn(
    process.execPath,
    ["run", "-A", "--quiet", program, "models", "pull", "satmae", ...args],
    {
      cwd: fromFileUrl(new URL("../../", import.meta.url)),
      env: {
        ...process.env,
        HF_ENDPOINT: hub.endpoint,
        HF_HOME: home,
        HF_HUB_CACHE: join(home, "hub"),
        RSEMBED_CACHE: join(home, "rsembed"),
      },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  let [out, err] = ["", ""];
  child.stdout.on("data", (part) => out += part);
  child.stderr.on("data", (part) => err += part);
  const code = await new Promise<number | null>((done) => child.on("close", done));
  return { code, out, err, home };
}

test("rsembed models pull resumes a cut download through redirects, and says where the file is", async () => {
  const hub = await startHub({ repo, file });
  try {
    hub.faults.cuts.push(120_000);
    const { code, out, err } = await pull(hub, "--json");
    assertEquals(code, exitCodes.ok, err);
    const found = JSON.parse(out);
    assertEquals(found.sha256, hub.sha256);
    assertEquals(new Uint8Array(await readFile(found.path)), hub.content);
    const ranges = hub.seen.filter(({ host }) => host === "cdn").map(({ range }) => range);
    assertEquals(ranges.length, 2);
    assertMatch(ranges[1]!, /^bytes=[1-9]\d*-$/);
  } finally {
    await hub[Symbol.asyncDispose]();
  }
});

test("rsembed models pull refuses a file of another hash, and keeps nothing of it", async () => {
  const hub = await startHub({ repo, file });
  try {
    hub.faults.corrupt = true;
    const { code, out, err } = await pull(hub);
    assertEquals([code, out], [exitCodes.failed, ""]);
    assertStringIncludes(err, "hash");
    assertStringIncludes(err, file);
  } finally {
    await hub[Symbol.asyncDispose]();
  }
});

test("rsembed models pull of a gated model says what to do", async () => {
  const hub = await startHub({ repo, file, token: "secret" });
  try {
    const { code, err } = await pull(hub);
    assertEquals(code, exitCodes.failed);
    assertMatch(err, /HF_TOKEN/);
    assert(!hub.seen.some(({ host }) => host === "cdn"));
  } finally {
    await hub[Symbol.asyncDispose]();
  }
});
