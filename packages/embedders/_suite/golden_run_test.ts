import { ndarray, resolveModel } from "@rsembed/core";
import { type Checkpoint, randomCheckpoint } from "@rsembed/models/checkpoint";
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, test } from "node:test";
import { embedders } from "../catalog.ts";
import type { Embedder } from "../embedder.ts";
import type { GoldenArray } from "./golden_case.ts";
import type { GoldenEncoder, GoldenPlan } from "./golden_plan.ts";
import { forEachPlace, type GoldenTools, passes, runGolden } from "./golden_run.ts";

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

function vector(...values: number[]): GoldenArray {
  return ndarray("float32", {
    axes: ["n", "d"],
    shape: [1, values.length],
    data: Float32Array.from(values),
  });
}

const stored: Readonly<Record<string, GoldenArray>> = {
  raw: vector(1, 2),
  prepared: vector(2, 4),
  pooled: vector(3, 5),
};

/** A family that doubles when it prepares, and adds one when it encodes. */
async function run(
  { json = {}, plan = {}, encoders = (one) => one, arrays = {}, added = 1 }: {
    json?: object;
    plan?: Partial<GoldenPlan>;
    encoders?: (one: GoldenEncoder) => GoldenPlan["encoder"];
    arrays?: Readonly<Record<string, GoldenArray>>;
    added?: number;
  } = {},
) {
  const folder = await mkdtemp(join(tmpdir(), "golden-"));
  folders.push(folder);
  const names = ["raw", "prepared", "pooled"].map((name) => ({ name }));
  const standard = {
    family: "toy",
    case: "one",
    inputs: names.slice(0, 2),
    outputs: names.slice(2),
  };
  const tolerance = { rtol: 0, atol: 0.01 };
  await writeFile(join(folder, "case.json"), JSON.stringify({ ...standard, tolerance, ...json }));
  const { card, load } = embedders.mosaiks!;
  const embedder: Embedder = (await load()).embedder(resolveModel(card, { name: card.id }));
  const all = { ...stored, ...arrays };
  const tools: GoldenTools = {
    adapters: {
      toy: () =>
        Promise.resolve(() => ({
          sources: ["raw"],
          prepared: {
            prepared: () =>
              forEachPlace(all.raw!, (place) => ({
                ...place,
                data: Float32Array.from(place.data as Float32Array, (x) => 2 * x),
              } as GoldenArray)),
          },
          encoder: encoders({
            embedder,
            feeds: { x: "prepared" },
            outputs: { pooled: { needs: ["y"], read: ({ y }) => y! } },
          }),
          ...plan,
        })),
      other: () => Promise.resolve(() => ({ unsupported: "no such kind" })),
      broken: () =>
        Promise.resolve(() => {
          throw new Error("no such option");
        }),
    },
    openCheckpoint: () =>
      Promise.resolve(randomCheckpoint({ keys: { bias: { shape: [2], dtype: "float32" } } })),
    readArrays: () => Promise.resolve(new Map(Object.entries(all))),
    runGraph: ({ feeds }) => {
      const x = feeds.x!;
      const data = Float32Array.from(x.data as Float32Array, (value) => value + added);
      return Promise.resolve({ y: { ...x, data } as GoldenArray });
    },
  };
  return await runGolden(folder, tools);
}

function problems(report: Awaited<ReturnType<typeof run>>): string[] {
  return report.results.filter(({ problem }) => problem !== null)
    .map(({ name, problem }) => `${name}: ${problem}`);
}

test("runGolden() passes a case whose every array is met", async () => {
  const report = await run();
  assert(passes(report));
  assert.deepEqual(report.results.map(({ stage, name }) => `${stage} ${name}`), [
    "prepare prepared",
    "graph pooled",
  ]);
});

test("runGolden() feeds the graph what is stored, not what preparation gave", async () => {
  const report = await run({ arrays: { raw: vector(100, 200) } });
  const [prepare, graph] = report.results;
  assert(prepare!.distance!.toleranceUsed > 1);
  assert.equal(graph!.distance!.toleranceUsed, 0);
  assert(!passes(report));
});

test("runGolden() feeds what a case stores in another form as the graph takes it", async () => {
  const halves: GoldenArray = {
    ...vector(1, 2),
    shape: [2, 1],
  };
  const report = await run({
    arrays: { raw: halves, prepared: { ...vector(2, 4), shape: [2, 1] }, halves, pooled: halves },
    encoders: (one) => ({
      ...one,
      feeds: {
        x: {
          from: "halves",
          read(place) {
            assert.deepEqual(place.shape, [1]);
            return { ...place, data: Float32Array.of(Number(place.data[0]) - 1) } as GoldenArray;
          },
        },
      },
    }),
  });
  assert.deepEqual(problems(report), []);
  assert(passes(report));
});

test("runGolden() runs an encoder in as many ways as the case wants", async () => {
  const report = await run({
    arrays: { shifted: vector(2, 3) },
    encoders: (one) => [one, {
      ...one,
      feeds: { x: "raw" },
      outputs: { shifted: { needs: ["y"], read: ({ y }) => y! } },
    }],
  });
  assert.deepEqual(report.results.map(({ name }) => name), ["prepared", "pooled", "shifted"]);
  assert(passes(report));
});

test("runGolden() measures errors elementwise against the tolerance", async () => {
  const within = await run({ added: 1.005 });
  assert(passes(within));
  const { maxAbsError, toleranceUsed } = within.results[1]!.distance!;
  assert(Math.abs(maxAbsError - 0.005) < 1e-6 && Math.abs(toleranceUsed - 0.5) < 1e-4);
  assert(!passes(await run({ added: 1.02 })));
  assert(!passes(await run({ added: NaN })));
  assert(passes(await run({ added: 1.02, json: { tolerance: { rtol: 0.01, atol: 0 } } })));
});

test("runGolden() fails a case that names an array which the family does not give", async () => {
  const declared = await run({ json: { outputs: [{ name: "pooled" }, { name: "tokens" }] } });
  assert.deepEqual(problems(declared), ["tokens: the family gives no such array"]);
  assert(!passes(declared));
  const held = await run({ arrays: { extra: vector(1) } });
  assert.deepEqual(problems(held), ["extra: the family gives no such array"]);
});

test("runGolden() fails a case that lacks an array or a tolerance", async () => {
  const report = await run({ plan: { prepared: { prepared_b: () => vector(1) } } });
  assert.deepEqual(problems(report), ["prepared_b: the case holds no such array"]);
  assert(!passes(await run({ json: { tolerance: { exact: true } } })));
});

test("runGolden() fails where shapes differ, a piece throws or a checkpoint is missing", async () => {
  const shape = await run({ arrays: { pooled: vector(3, 5, 7) } });
  assert.match(problems(shape)[0]!, /pooled: its shape is \(1,2\)/);
  const thrown = await run({
    plan: {
      prepared: {
        prepared: () => {
          throw new Error("cannot prepare");
        },
      },
    },
  });
  assert.deepEqual(problems(thrown), ["prepared: cannot prepare"]);
  const lost = await run({ json: { checkpoint: "gone.pt" } });
  assert.match(problems(lost)[0]!, /checkpoint .*gone\.pt is missing/);
});

test("runGolden() says what is unsupported, and never passes it", async () => {
  const other = await run({ json: { family: "other" } });
  assert.equal(other.unsupported, "no such kind");
  assert(!passes(other));
  assert.equal(
    (await run({ json: { family: "nobody" } })).unsupported,
    "there is no family nobody",
  );
  assert.deepEqual(problems(await run({ json: { family: "broken" } })), [
    "options: no such option",
  ]);
});

test("runGolden() compares what is made of the checkpoint alone", async () => {
  const folded = {
    bias: async (checkpoint: Checkpoint) => (await checkpoint.read("bias")) as GoldenArray,
  };
  const { data } = await randomCheckpoint({ keys: { bias: { shape: [2], dtype: "float32" } } })
    .read("bias");
  const json = {
    checkpoint: "case.json",
    outputs: [{ name: "pooled" }, { name: "bias" }],
  };
  const bias = (values: Float32Array<ArrayBuffer>) =>
    ndarray("float32", { axes: ["d"], shape: [2], data: values });
  const same = await run({ json, plan: { folded }, arrays: { bias: bias(data) } });
  assert.deepEqual(same.results.map(({ problem }) => problem), [null, null, null]);
  assert(passes(same));
  const other = await run({
    json,
    plan: { folded },
    arrays: { bias: bias(data.map((x) => x + 1)) },
  });
  assert(!passes(other));
  // a case without a checkpoint has nothing to make it of
  const none = await run({ plan: { folded }, arrays: { bias: bias(data) } });
  assert.match(none.results.map(({ problem }) => problem).join(), /no checkpoint/);
});
