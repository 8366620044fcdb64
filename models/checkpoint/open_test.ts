import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { isRsembedError } from "@rsembed/core";
import {
  type ByteSource,
  type Checkpoint,
  memorySource,
  openCheckpoint,
  type OpenCheckpointOptions,
} from "./mod.ts";
import { buildTorch, dictPickle, tensorPickle } from "./testdata/build.ts";

interface Expected {
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly values: readonly (number | string)[];
}

const folder = new URL("./testdata/", import.meta.url);
const fixture = (name: string) => fileURLToPath(new URL(name, folder));
const expected: Record<string, Record<string, Expected>> = JSON.parse(
  await readFile(new URL("expected.json", folder), "utf8"),
);

/** What `fn` makes of a fixture, which is closed afterwards. */
async function within<T>(
  file: string,
  fn: (checkpoint: Checkpoint) => T | Promise<T>,
  options: OpenCheckpointOptions = {},
): Promise<T> {
  const checkpoint = await openCheckpoint(fixture(file), options);
  try {
    return await fn(checkpoint);
  } finally {
    await checkpoint[Symbol.asyncDispose]();
  }
}

const metadataOf = (file: string) => within(file, ({ metadata }) => metadata);

for (const [file, tensors] of Object.entries(expected)) {
  test(`openCheckpoint() reads the values that torch reads when given ${file}`, async () => {
    await within(file, async (checkpoint) => {
      assert.deepEqual([...checkpoint.tensors.keys()], Object.keys(tensors));
      for (const [name, { shape, dtype, values }] of Object.entries(tensors)) {
        const info = checkpoint.tensors.get(name);
        assert.deepEqual([info?.shape, info?.dtype], [shape, dtype], name);
        const read = await checkpoint.read(name);
        assert.deepEqual(read.shape, shape, name);
        assert.equal(read.axes.length, shape.length);
        assert.deepEqual([...read.data], [...Float32Array.from(values, Number)], name);
      }
    });
  });
}

test("openCheckpoint() keeps plain values beside the weights", async () => {
  assert.deepEqual(await metadataOf("lightning.ckpt"), {
    "epoch": 3,
    "pytorch-lightning_version": "2.1.4",
    "callbacks": { "ModelCheckpoint{'monitor': 'val/loss'}": {} },
    "hyper_parameters": { lr: 1e-4, sizes: [8, 16], name: "small" },
  });
  for (const protocol of [1, 3, 4, 5]) {
    assert.deepEqual(await metadataOf(`protocol${protocol}.pt`), {
      epoch: 2 ** 40,
      best: true,
      loss: 0.125,
      note: null,
      tags: ["a"],
    });
  }
  assert.equal((await metadataOf("kinds.safetensors"))["format"], "pt");
});

test("openCheckpoint() keeps objects of unknown classes as inert descriptions", async () => {
  const metadata = await metadataOf("training.pth");
  assert.deepEqual(metadata["opt"], {
    class: "argparse.Namespace",
    state: { lr: 0.1, model: "vit", config: { class: "__main__.Config", state: { depth: 2 } } },
  });
  assert.deepEqual([metadata["loss"], metadata["step"]], [0.25, 7]);
  assert.equal(metadata["dtype"], "torch.float16");
  assert.deepEqual(metadata["device"], { class: "torch.device", args: ["cuda", 0] });
});

test("openCheckpoint() takes the weights at root when it is given", async () => {
  const names = (file: string, root: string | string[]) =>
    within(file, ({ tensors }) => [...tensors.keys()], { root });
  assert.deepEqual(await names("training.pth", "satellite_state_dict"), ["module.fc.weight"]);
  assert.deepEqual(await names("training.pth", ["head_state_dict"]), ["fc.bias"]);
  assert.deepEqual(await names("lightning.ckpt", []), [
    "state_dict.model.encoder.weight",
    "state_dict.model.encoder.bias",
    "callbacks.ModelCheckpoint{'monitor': 'val/loss'}.best_model_score",
  ]);
  assert.deepEqual(await names("lightning.ckpt", ["callbacks"]), [
    "ModelCheckpoint{'monitor': 'val/loss'}.best_model_score",
  ]);
});

test("openCheckpoint() names the nearest dict when root leads nowhere", async () => {
  await assert.rejects(
    openCheckpoint(fixture("lightning.ckpt"), { root: "state_dic" }),
    (error) => {
      assert(isRsembedError(error, "not-found"));
      assert.deepEqual(error.facts.nearest, ["state_dict"]);
      return true;
    },
  );
  await assert.rejects(
    openCheckpoint(fixture("kinds.safetensors"), { root: "model" }),
    /safetensors files are flat/,
  );
});

test("read() names what is no dense tensor", async () => {
  await within("odd_tensors.pt", async (checkpoint) => {
    for (const name of ["complex", "sparse", "quantized"]) {
      await assert.rejects(checkpoint.read(name), (error) => {
        assert(isRsembedError(error, "unsupported"));
        assert.match(error.message, new RegExp(`"${name}".*a dense tensor is wanted`));
        return true;
      });
    }
  });
});

test("read() names the nearest tensors when there is none of that name", async () => {
  const misspelt = within("kinds.pt", (checkpoint) => checkpoint.read("flot32"));
  await assert.rejects(misspelt, (error) => {
    assert(isRsembedError(error, "not-found"));
    assert.equal(error.facts.nearest?.[0], "float32");
    return true;
  });
});

test("read() refuses when the checkpoint is closed, and closing twice does nothing", async () => {
  const checkpoint = await openCheckpoint(fixture("kinds.pt"));
  await checkpoint[Symbol.asyncDispose]();
  await checkpoint[Symbol.asyncDispose]();
  await assert.rejects(checkpoint.read("float32"), TypeError);
});

/** A source that counts what is read and whether it is closed. */
function counted(bytes: Uint8Array<ArrayBuffer>) {
  const inner = memorySource("counted", bytes);
  const counts = { bytes: 0, closes: 0 };
  const source: ByteSource = {
    ...inner,
    read(into, position, options) {
      counts.bytes += into.length;
      return inner.read(into, position, options);
    },
    close() {
      counts.closes++;
      return inner.close();
    },
  };
  return { source, counts };
}

test("openCheckpoint() reads no values, and read() no others than the tensor's", async () => {
  const length = 1 << 20;
  const pickle = dictPickle({
    large: tensorPickle({ length, shape: [length], stride: [1] }),
    part: tensorPickle({ length, offset: 5000, shape: [3], stride: [1] }),
    corners: tensorPickle({ key: "1", length: length * 8, shape: [2], stride: [length * 8 - 1] }),
  });
  const storages = { 0: new Uint8Array(4 * length), 1: new Uint8Array(32 * length) };
  const { source, counts } = counted(buildTorch(pickle, storages));
  const checkpoint = await openCheckpoint(source);
  assert(counts.bytes < 100_000, `${counts.bytes} bytes were read to open it`);
  counts.bytes = 0;
  await checkpoint.read("part");
  await checkpoint.read("corners");
  assert(counts.bytes < 200, `${counts.bytes} bytes were read for five values`);
  await checkpoint[Symbol.asyncDispose]();
  assert.equal(counts.closes, 1);
});

test("openCheckpoint() closes its source when it fails", async () => {
  const { source, counts } = counted(new Uint8Array(100));
  await assert.rejects(openCheckpoint(source));
  assert.equal(counts.closes, 1);
});

test("openCheckpoint() and read() reject with the signal's reason when aborted", async () => {
  const reason = new Error("enough");
  const signal = AbortSignal.abort(reason);
  const untouched = (error: unknown) => error === reason;
  await assert.rejects(openCheckpoint(fixture("kinds.pt"), { signal }), untouched);
  await assert.rejects(
    within("kinds.pt", (checkpoint) => checkpoint.read("float32", { signal })),
    untouched,
  );

  // halfway: the abort comes while the second of several blocks is read
  const length = 9 << 20;
  const inner = memorySource(
    "slow",
    buildTorch(
      dictPickle({
        x: tensorPickle({ type: "ByteStorage", length, shape: [length], stride: [1] }),
      }),
      { 0: new Uint8Array(length) },
    ),
  );
  const controller = new AbortController();
  let blocks = 0;
  const slow = await openCheckpoint({
    ...inner,
    read(into, position, options) {
      if (into.length > 1 << 20 && ++blocks === 2) controller.abort(reason);
      return inner.read(into, position, options);
    },
  });
  await assert.rejects(slow.read("x", { signal: controller.signal }), untouched);
  assert.equal(blocks, 2);
});

test("read() gives the same values in many blocks as in one", async () => {
  // more elements than are read at once, so that the reader must cut along an axis
  const rows = 2101;
  const columns = 2203;
  const length = rows * columns;
  const bytes = Uint8Array.from({ length }, (_, i) => (i * 31) % 251);
  const view = { type: "ByteStorage", length };
  const checkpoint = await openCheckpoint(memorySource(
    "large",
    buildTorch(
      dictPickle({
        plain: tensorPickle({ ...view, shape: [rows, columns], stride: [columns, 1] }),
        transposed: tensorPickle({ ...view, shape: [columns, rows], stride: [1, columns] }),
        column: tensorPickle({ ...view, offset: 7, shape: [rows], stride: [columns] }),
      }),
      { 0: bytes },
    ),
  ));
  assert.deepEqual((await checkpoint.read("plain")).data, Float32Array.from(bytes));
  const { data } = await checkpoint.read("transposed");
  for (let i = 0; i < length; i += 97) {
    const [column, row] = [Math.floor(i / rows), i % rows];
    assert.equal(data[i], bytes[row * columns + column]);
  }
  const column = (await checkpoint.read("column")).data;
  for (let row = 0; row < rows; row++) assert.equal(column[row], bytes[row * columns + 7]);
});

test("openCheckpoint() says what a file is when it is not read", async () => {
  const cases: [string | Uint8Array<ArrayBuffer>, "unsupported" | "corrupt", RegExp][] = [
    ["legacy.pt", "unsupported", /before 1\.6.*save it anew/],
    ["module.pt", "unsupported", /pickled torch\.nn\.modules\.linear\.Linear object/],
    ["scripted.pt", "unsupported", /TorchScript/],
    [new Uint8Array(0), "corrupt", /empty/],
    [new Uint8Array(64), "corrupt", /neither/],
    [new TextEncoder().encode("\n<!DOCTYPE html><html>"), "corrupt", /web page/],
    [
      new TextEncoder().encode("version https://git-lfs.github.com/spec/v1\n"),
      "corrupt",
      /LFS pointer/,
    ],
    [Uint8Array.from([0x80, 4, 0x4e, 0x2e]), "unsupported", /bare pickle/],
  ];
  for (const [file, code, message] of cases) {
    const opened = openCheckpoint(
      typeof file === "string" ? fixture(file) : memorySource("bytes", file),
    );
    await assert.rejects(opened, (error) => {
      assert(isRsembedError(error, code));
      assert.match(error.message, message);
      return true;
    });
  }
});

test("openCheckpoint() tells formats apart by content when names mislead", async () => {
  const dir = await mkdtemp(join(tmpdir(), "rsembed-"));
  try {
    const path = join(dir, "weights.safetensors");
    await writeFile(path, await readFile(fixture("kinds.pt")));
    const checkpoint = await openCheckpoint(path);
    assert(checkpoint.tensors.has("float32"));
    await checkpoint[Symbol.asyncDispose]();
  } finally {
    await rm(dir, { recursive: true });
  }
});

test("openCheckpoint() fails with a code when there is no file to read", async () => {
  await assert.rejects(
    openCheckpoint(fixture("absent.pt")),
    (error) => isRsembedError(error, "not-found"),
  );
  await assert.rejects(
    openCheckpoint(fileURLToPath(folder)),
    (error) => isRsembedError(error, "unavailable") && error.facts.permanent === true,
  );
});

test("read() fails when the file was cut after it was opened", async () => {
  const dir = await mkdtemp(join(tmpdir(), "rsembed-"));
  try {
    const path = join(dir, "cut.pt");
    await writeFile(path, await readFile(fixture("kinds.pt")));
    const checkpoint = await openCheckpoint(path);
    await writeFile(path, new Uint8Array(100));
    await assert.rejects(
      checkpoint.read("bool"),
      (error) => isRsembedError(error, "corrupt"),
    );
    await checkpoint[Symbol.asyncDispose]();
  } finally {
    await rm(dir, { recursive: true });
  }
});
