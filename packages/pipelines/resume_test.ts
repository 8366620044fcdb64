import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import {
  type ExportTarget,
  grid,
  isRsembedError,
  pointBuffer,
  RsembedError,
  type Spatial,
} from "@rsembed/core";
import { pickyEmbedders, type Watch, watchedProviders } from "./_fixtures.ts";
import { exportBatch, type ExportRequest } from "./export.ts";
import { loadExport } from "./load.ts";
import { temporary, test } from "../core/testdata/folders.ts";

const places = Array.from(
  { length: 7 },
  (_, i) => pointBuffer({ lon: 9 + i / 10, lat: 57, bufferM: 160 }),
);
const watch = (): Watch => ({ calls: 0, running: 0, peak: 0 });
const outage = () =>
  new RsembedError("no-data", "Cannot find imagery", { facts: { source: "outage" } });

type Layout = ExportTarget["layout"];

async function targetOf(layout: Layout): Promise<ExportTarget> {
  const dir = await temporary("resume");
  return layout === "combined"
    ? { layout, path: join(dir, "run.npz") }
    : { layout, dir: join(dir, "items"), names: null };
}

const where = (target: ExportTarget) => target.layout === "combined" ? target.path : target.dir;

function request(target: ExportTarget, more: Partial<ExportRequest> = {}): ExportRequest {
  const base = { spatials: places, models: ["mosaiks"], output: grid(), chunkSize: 2, target };
  return { ...base, numWorkers: 1, ...more };
}

/** Sums of all files, of manifests without their times. */
async function filesOf(target: ExportTarget): Promise<Record<string, string>> {
  const folder = target.layout === "combined" ? dirname(target.path) : target.dir;
  const out: Record<string, string> = {};
  for (const name of (await readdir(folder)).sort()) {
    if (name.startsWith(".")) continue;
    const bytes = await readFile(join(folder, name));
    const text = bytes.toString("latin1").replace(/"(created|completed)_at": "[^"]*"/g, "");
    out[name] = createHash("sha256").update(text).digest("hex");
  }
  return out;
}

for (const layout of ["combined", "per_item"] as const) {
  const wholeRun = async (more: Partial<ExportRequest> = {}) => {
    const target = await targetOf(layout);
    await exportBatch(request(target, more), {
      backend: "watched",
      providers: watchedProviders(watch()),
    });
    return await filesOf(target);
  };

  /** Runs until fetch number `at` fails. */
  const interrupted = async (at: number, more: Partial<ExportRequest> = {}) => {
    const target = await targetOf(layout);
    const providers = watchedProviders(watch(), (_, call) => call === at ? outage() : null);
    await assert.rejects(exportBatch(request(target, more), { backend: "watched", providers }));
    return target;
  };

  test(`resume goes on where a run ended, and gives the same files (${layout})`, async () => {
    const wanted = await wholeRun();
    for (let at = 0; at < places.length; at++) {
      const target = await interrupted(at);
      const seen = watch();
      const report = await exportBatch(request(target, { resume: true }), {
        backend: "watched",
        providers: watchedProviders(seen),
      });
      assert.equal(report.status, "ok");
      assert.equal(report.skippedCount + seen.calls, places.length);
      assert(report.skippedCount <= at);
      assert(report.skippedCount >= at - 5, `${report.skippedCount} of ${at} were kept`);
      assert.deepEqual(await filesOf(target), wanted);
    }
  });

  test(`resume tries again what failed, and keeps what did not (${layout})`, async () => {
    const wanted = await wholeRun();
    const target = await targetOf(layout);
    const ailing = watchedProviders(
      watch(),
      (place) => place.kind === "point" && place.lon > 9.15 && place.lon < 9.45 ? outage() : null,
    );
    const first = await exportBatch(request(target, { continueOnError: true }), {
      backend: "watched",
      providers: ailing,
    });
    assert.deepEqual([first.status, first.okCount], ["partial", 4]);
    const seen = watch();
    const second = await exportBatch(request(target, { resume: true, continueOnError: true }), {
      backend: "watched",
      providers: watchedProviders(seen),
    });
    assert.deepEqual([second.status, second.okCount, second.skippedCount], ["ok", 7, 4]);
    assert.equal(seen.calls, 3);
    assert.deepEqual(await filesOf(target), wanted);
  });

  test(`resume of a finished run does nothing (${layout})`, async () => {
    const target = await targetOf(layout);
    const options = { backend: "watched", providers: watchedProviders(watch()) };
    const first = await exportBatch(request(target), options);
    const before = await stat(where(target));
    const seen = watch();
    const second = await exportBatch(request(target, { resume: true }), {
      backend: "watched",
      providers: watchedProviders(seen),
    });
    assert.equal(seen.calls, 0);
    assert.deepEqual({ ...second, skippedCount: 0 }, { ...first, skippedCount: 0 });
    assert.equal(second.skippedCount, places.length);
    if (layout === "combined") assert.equal((await stat(where(target))).mtimeMs, before.mtimeMs);
  });

  test(`resume of a finished run with more places, or others, does those (${layout})`, async () => {
    const target = await targetOf(layout);
    const providers = watchedProviders(watch());
    await exportBatch(request(target, { spatials: places.slice(0, 5) }), {
      backend: "watched",
      providers,
    });
    async function* all(): AsyncGenerator<Spatial> {
      yield* places;
    }
    await exportBatch(request(target, { spatials: all(), resume: true }), {
      backend: "watched",
      providers,
    });
    assert.deepEqual(await filesOf(target), await wholeRun());
    const moved = places.toReversed();
    await exportBatch(request(target, { spatials: moved, resume: true }), {
      backend: "watched",
      providers,
    });
    assert.deepEqual(await filesOf(target), await wholeRun({ spatials: moved }));
  });

  test(`resume takes nothing from another request (${layout})`, async () => {
    const target = await interrupted(5);
    const change = { models: ["mosaiks?features=64"], resume: true };
    const seen = watch();
    const report = await exportBatch(request(target, change), {
      backend: "watched",
      providers: watchedProviders(seen),
    });
    assert.deepEqual([report.skippedCount, seen.calls], [0, places.length]);
    assert.deepEqual(await filesOf(target), await wholeRun({ models: change.models }));
  });

  test(`resume takes a place that changed anew (${layout})`, async () => {
    const target = await interrupted(6);
    const changed = places.with(1, pointBuffer({ lon: 10, lat: 56, bufferM: 160 }));
    const report = await exportBatch(request(target, { spatials: changed, resume: true }), {
      backend: "watched",
      providers: watchedProviders(watch()),
    });
    assert.equal(report.status, "ok");
    assert.deepEqual(await filesOf(target), await wholeRun({ spatials: changed }));
  });

  test(`a run without resume begins anew (${layout})`, async () => {
    const target = await interrupted(5);
    const seen = watch();
    await exportBatch(request(target), { backend: "watched", providers: watchedProviders(seen) });
    assert.equal(seen.calls, places.length);
    assert.deepEqual(await filesOf(target), await wholeRun());
  });

  test(`a second run at the same place is refused while the first is at it (${layout})`, async () => {
    const target = await targetOf(layout);
    let second: Promise<unknown> | null = null;
    await exportBatch(request(target), {
      backend: "watched",
      providers: watchedProviders(watch()),
      onProgress: () => {
        second ??= assert.rejects(
          exportBatch(request(target), {
            backend: "watched",
            providers: watchedProviders(watch()),
          }),
          (error) => isRsembedError(error, "exists") && /process \d+ on/.test(error.message),
        );
      },
    });
    await second;
  });
}

test("resume runs the models that failed at a place, and only those", async () => {
  const target = await targetOf("combined");
  const models = ["mosaiks", "picky"];
  const more = { models, continueOnError: true };
  const first = await exportBatch(request(target, more), {
    backend: "synthetic",
    embedders: pickyEmbedders((patch) => patch.grid.transform[2] / 10 % 2 === 0),
  });
  assert.equal(first.status, "partial");
  const before = await loadExport(target.layout === "combined" ? target.path : "");
  const kept = await before.models["mosaiks"]!.embeddings();
  await before[Symbol.asyncDispose]();
  const prepared: string[] = [];
  const second = await exportBatch(request(target, { ...more, resume: true }), {
    backend: "synthetic",
    embedders: pickyEmbedders((patch) => {
      prepared.push(String(patch.grid.transform[2]));
      return false;
    }),
  });
  assert.deepEqual([second.status, prepared.length], ["ok", first.failureCount]);
  const after = await loadExport(target.layout === "combined" ? target.path : "");
  assert.deepEqual((await after.models["mosaiks"]!.embeddings())?.data, kept?.data);
  assert.equal(after.models["picky"]!.status, "ok");
  await after[Symbol.asyncDispose]();
});

test("resume cuts off what a loss of power left torn", async () => {
  const wanted = await (async () => {
    const target = await targetOf("combined");
    const providers = watchedProviders(watch());
    await exportBatch(request(target), { backend: "watched", providers });
    return await filesOf(target);
  })();
  const folderOf = (path: string) => join(dirname(path), `.${basename(path)}.rsembed`);
  const damages: ((folder: string) => Promise<void>)[] = [
    // the last line is half there
    async (folder) => {
      const path = join(folder, "places.jsonl");
      await truncate(path, (await stat(path)).size - 40);
    },
    // lines without their values
    async (folder) => {
      const lines = join(folder, "places.jsonl");
      const text = await readFile(lines, "utf8");
      await writeFile(lines, text.replaceAll('{"synced":true}\n', ""));
      const values = join(folder, "1.bin");
      await truncate(values, Math.floor((await stat(values)).size / 2));
    },
    // values of zeros, as some file systems leave them
    async (folder) => {
      const lines = join(folder, "places.jsonl");
      const text = await readFile(lines, "utf8");
      await writeFile(lines, text.replaceAll('{"synced":true}\n', ""));
      const values = join(folder, "0.bin");
      await writeFile(values, new Uint8Array((await stat(values)).size));
    },
    async (folder) => {
      await writeFile(join(folder, "places.jsonl"), "no journal at all");
    },
    // lines that say what cannot be
    ...([
      ['"column":0,', '"column":9,'],
      ['"offset":0,', '"offset":-1,'],
      ['"identity":', '"entity":'],
      ['"cells":[', '"cells":7,"more":['],
    ] as const).map(([part, instead]) => async (folder: string) => {
      const lines = join(folder, "places.jsonl");
      const text = await readFile(lines, "utf8");
      assert(text.includes(part), part);
      await writeFile(lines, text.replace(part, instead));
    }),
    async (folder) => {
      await rm(join(folder, "places.jsonl"));
    },
    // its process was killed before it had said who it is
    async (folder) => {
      await writeFile(join(folder, "owner.json"), "");
    },
    async (folder) => {
      await writeFile(
        join(folder, "owner.json"),
        '{"pid":999999999,"host":"elsewhere"}'.replace(
          "elsewhere",
          (await import("node:os")).hostname(),
        ),
      );
    },
  ];
  for (const damage of damages) {
    const target = await targetOf("combined");
    const providers = watchedProviders(watch(), (_, call) => call === 6 ? outage() : null);
    await assert.rejects(exportBatch(request(target), { backend: "watched", providers }));
    await damage(folderOf(where(target)));
    const report = await exportBatch(request(target, { resume: true }), {
      backend: "watched",
      providers: watchedProviders(watch()),
    });
    assert.equal(report.status, "ok");
    const files = await filesOf(target);
    assert.deepEqual(Object.keys(files), Object.keys(wanted));
    assert(files["run.npz"] === wanted["run.npz"], `after damage ${damages.indexOf(damage)}`);
  }
});
