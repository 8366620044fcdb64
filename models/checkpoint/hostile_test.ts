import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { concatBytes, type ErrorCode, isRsembedError } from "@rsembed/core";
import { type Checkpoint, memorySource, openCheckpoint } from "./mod.ts";
import {
  ascii,
  buildTorch,
  buildZip,
  code,
  dictPickle,
  fields,
  op,
  tensorPickle,
} from "./testdata/build.ts";

type Bytes = Uint8Array<ArrayBuffer>;

async function fixture(name: string): Promise<Bytes> {
  return new Uint8Array(await readFile(new URL(`./testdata/${name}`, import.meta.url)));
}

const open = (bytes: Bytes): Promise<Checkpoint> => openCheckpoint(memorySource("hostile", bytes));

async function fails(promise: Promise<unknown>, code: ErrorCode, message?: RegExp): Promise<void> {
  await assert.rejects(promise, (error) => {
    assert(isRsembedError(error, code), `expected ${code}, got ${error}`);
    if (message) assert.match(error.message, message);
    return true;
  });
}

const repeat = (part: Bytes, times: number) =>
  concatBytes(Array.from({ length: times }, () => part));

const one = tensorPickle({ length: 2, shape: [2], stride: [1] });
const two = Float32Array.of(1, 2);
const twoBytes = new Uint8Array(two.buffer);
const healthy = () => buildTorch(dictPickle({ x: one }), { 0: twoBytes });

test("openCheckpoint() reads a hand-made file when nothing is wrong with it", async () => {
  assert.deepEqual((await (await open(healthy())).read("x")).data, two);
});

test("openCheckpoint() executes nothing when a pickle calls os.system", async () => {
  const marker = "pickle_was_executed";
  const checkpoint = await open(await fixture("malicious.pt"));
  assert.deepEqual([...(await checkpoint.read("weight")).data], [1, 1]);
  await fails(checkpoint.read("payload"), "unsupported", /it is a posix\.system/);
  assert.deepEqual(checkpoint.metadata, {
    payload: { class: "posix.system", args: [`touch ${marker}`] },
  });
  await fails(
    open(await fixture("malicious_top.pt")),
    "unsupported",
    /a pickled posix\.system object/,
  );
  assert(!existsSync(marker));
  assert(!existsSync(new URL(`./testdata/${marker}`, import.meta.url)));
});

test("openCheckpoint() calls nothing of this runtime when names are those of its objects", async () => {
  const names = [["constructor", "constructor"], ["__proto__", "toString"], ["globalThis", "eval"]];
  for (const [module, name] of names) {
    const call = concatBytes([
      op.global(module!, name!),
      code.mark,
      op.text("throw 1"),
      code.tuple,
      code.reduce,
    ]);
    const checkpoint = await open(
      buildTorch(dictPickle({ x: one, ["__proto__"]: call }), { 0: twoBytes }),
    );
    assert.deepEqual([...checkpoint.tensors.keys()], ["x"]);
    assert.equal(({} as Record<string, unknown>)["class"], undefined);
  }
});

test("openCheckpoint() fails as corrupt when a file is cut anywhere", async () => {
  for (const name of ["kinds.pt", "deflated.pt", "kinds.safetensors"]) {
    const bytes = await fixture(name);
    for (let length = 0; length < bytes.length; length += 1 + (length >> 4)) {
      await fails(open(bytes.slice(0, length)), "corrupt");
    }
  }
});

test("read() fails as corrupt when a bit of a torch tensor's values is flipped", async () => {
  const pickle = dictPickle({
    dense: tensorPickle({ length: 6, shape: [6], stride: [1] }),
    strided: tensorPickle({ length: 6, shape: [3, 2], stride: [1, 3] }),
  });
  const values = new Uint8Array(Float32Array.of(1, 2, 3, 4, 5, 6).buffer);
  for (const deflate of [false, true]) {
    const bytes = buildTorch(pickle, { 0: values }, { deflate });
    const text = String.fromCharCode(...bytes);
    const name = "archive/data/0";
    const start = text.indexOf(name) + name.length;
    const end = text.indexOf("PK\x01\x02");
    assert(end > start);
    for (let at = start; at < end; at++) {
      const broken = bytes.slice();
      broken[at]! ^= 4;
      const checkpoint = await open(broken);
      // the last byte of a deflate stream may have bits that mean nothing
      if (deflate && at === end - 1) continue;
      await fails(checkpoint.read("dense"), "corrupt", /checksum|inflate/);
      await fails(checkpoint.read("strided"), "corrupt", /checksum|inflate/);
    }
  }
});

test("openCheckpoint() fails with a code and at once when bits are flipped at random", async () => {
  let state = 12345;
  const random = (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const raw = async (name: string) => {
    // without checksums, so that the damage reaches the reader of pickles
    const bytes = await fixture(name);
    const view = new DataView(bytes.buffer);
    for (let at = 0; at + 4 < bytes.length; at++) {
      if (view.getUint32(at, true) === 0x02014b50) view.setUint32(at + 16, 0, true);
    }
    return bytes;
  };
  const seen = new Set<string>();
  for (
    const bytes of [
      await raw("kinds.pt"),
      await raw("protocol4.pt"),
      await raw("training.pth"),
      await raw("deflated.pt"),
      await fixture("kinds.safetensors"),
    ]
  ) {
    for (let round = 0; round < 400; round++) {
      const broken = bytes.slice();
      for (let flips = 1 + random(3); flips > 0; flips--) {
        broken[random(broken.length)]! ^= 1 << random(8);
      }
      const start = performance.now();
      try {
        const checkpoint = await open(broken);
        for (const name of checkpoint.tensors.keys()) await checkpoint.read(name);
        seen.add("fine");
      } catch (error) {
        assert(isRsembedError(error), `round ${round}: ${(error as Error).stack}`);
        seen.add(error.code);
      }
      assert(performance.now() - start < 5000, `round ${round} took too long`);
    }
  }
  // the damage was neither always harmless nor always met at the door
  assert(seen.has("fine") && seen.has("corrupt") && seen.has("unsupported"), [...seen].join());
});

test("openCheckpoint() is bounded when a pickle is a bomb", async () => {
  const pickle = (...parts: Bytes[]) => open(buildTorch(concatBytes(parts), { 0: twoBytes }));
  // 100,000 lists in one another: harmless, as nothing descends into lists; no dict at the top
  await fails(
    pickle(repeat(code.emptyList, 100_000), repeat(code.append, 99_999)),
    "unsupported",
    /a dict of tensors/,
  );
  const key = op.text("k");
  const nested = (depth: number, inner: Bytes) =>
    concatBytes([
      repeat(concatBytes([code.emptyDict, key]), depth),
      inner,
      repeat(code.setItem, depth),
    ]);
  await fails(pickle(nested(10_000, one)), "limit", /levels of nested dicts/);
  // each level holds the one below twice: 2^30 paths
  const doubled = (inner: Bytes) =>
    concatBytes([
      inner,
      ...Array.from({ length: 30 }, (_, level) =>
        concatBytes([
          op.put(level),
          code.pop,
          code.emptyDict,
          op.text("a"),
          op.get(level),
          code.setItem,
          op.text("b"),
          op.get(level),
          code.setItem,
        ])),
    ]);
  await fails(pickle(doubled(dictPickle({ x: one }))), "limit", /entries of nested dicts/);
  // the same as lists in the metadata: cut off, and the weights are read
  const lists = concatBytes([
    code.emptyList,
    ...Array.from({ length: 30 }, (_, level) =>
      concatBytes([
        op.put(level),
        code.pop,
        code.emptyList,
        op.get(level),
        code.append,
        op.get(level),
        code.append,
      ])),
  ]);
  const checkpoint = await pickle(dictPickle({ x: one, lists }));
  assert.deepEqual((await checkpoint.read("x")).data, two);
  // a dict that holds itself
  const cyclic = concatBytes([
    code.emptyDict,
    op.put(0),
    op.text("self"),
    op.get(0),
    code.setItem,
    op.text("x"),
    one,
    code.setItem,
  ]);
  await fails(pickle(cyclic), "limit");

  // one large list of arguments, in a hundred thousand calls
  const calls = concatBytes([
    code.emptyList,
    op.put(0),
    code.mark,
    repeat(code.none, 500_000),
    ascii("e"),
    code.pop,
    code.emptyList,
    code.mark,
    repeat(concatBytes([op.global("m", "f"), op.get(0), code.reduce]), 100_000),
    ascii("e"),
  ]);
  assert((await pickle(dictPickle({ x: one, calls }))).tensors.has("x"));

  await fails(pickle(repeat(code.none, 5_000_001)), "limit", /opcodes/);
  await fails(pickle(repeat(code.emptyDict, 1_000_001)), "limit", /pickled objects/);
  await fails(pickle(repeat(code.mark, 2000)), "limit", /marks/);
  // lengths far beyond the file
  for (const opcode of ["X", "B", "\x8b"]) {
    await fails(pickle(ascii(opcode), fields([4, 0xffffffff])), "corrupt");
  }
  for (const opcode of ["\x8d", "\x8e", "\x96"]) {
    await fails(pickle(ascii(opcode), fields([8, 2 ** 60])), "corrupt");
  }
  await fails(pickle(ascii(`I${"9".repeat(10_000)}\n`)), "corrupt");
  await fails(
    pickle(concatBytes([code.emptyDict, op.text("k".repeat(2000)), one, code.setItem])),
    "limit",
  );
});

test("openCheckpoint() fails as corrupt when the stack, marks or memo of a pickle do not fit", async () => {
  const pickles: Record<string, Bytes> = {
    "nothing on the stack": concatBytes([]),
    "pop across a mark": concatBytes([code.emptyDict, code.mark, code.setItem]),
    "no mark": code.tuple,
    "nothing remembered": op.get(7),
    "append to a number": concatBytes([op.int(1), op.int(2), code.append]),
    "key of nothing": concatBytes([op.int(1), op.int(2), op.int(3), code.setItem]),
    "odd items": concatBytes([code.emptyDict, code.mark, op.int(1), ascii("u")]),
    "extension registry": ascii("\x82\x01"),
    "buffer beside the pickle": ascii("\x97"),
    "protocol 6": ascii("\x80\x06"),
    "line without end": ascii("cos"),
    "reference of another kind": concatBytes([op.text("storage"), code.persistent]),
    "negative size": dictPickle({ x: tensorPickle({ length: 2, shape: [-1], stride: [1] }) }),
    "rank 100": dictPickle({
      x: tensorPickle({ length: 2, shape: Array(100).fill(1), stride: Array(100).fill(1) }),
    }),
    "shape without strides": dictPickle({
      x: tensorPickle({ length: 2, shape: [2], stride: [] }),
    }),
  };
  for (const [what, pickle] of Object.entries(pickles)) {
    await assert.rejects(
      open(buildTorch(pickle, { 0: twoBytes })),
      (error) => isRsembedError(error, "corrupt"),
      what,
    );
  }
});

test("openCheckpoint() fails as corrupt when a tensor leaves its storage", async () => {
  const cases = [
    { length: 2, shape: [3], stride: [1] },
    { length: 2, shape: [2], stride: [2] },
    { length: 2, offset: 1, shape: [2], stride: [1] },
    { length: 3, shape: [2], stride: [1] },
    { length: 2, shape: [2], stride: [2 ** 52] },
    { length: 2 ** 53 - 1, shape: [2 ** 53 - 1], stride: [1] },
    { length: 2, key: "1", shape: [2], stride: [1] },
    { length: 2, key: "../data.pkl", shape: [2], stride: [1] },
  ];
  for (const tensor of cases) {
    await fails(
      open(buildTorch(dictPickle({ x: tensorPickle(tensor) }), { 0: twoBytes })),
      "corrupt",
      /tensor x/,
    );
  }
});

test("read() refuses a tensor that repeats two values without end", async () => {
  const huge = tensorPickle({ length: 2, shape: [2 ** 20, 2 ** 20], stride: [0, 0] });
  const checkpoint = await open(buildTorch(dictPickle({ huge, x: one }), { 0: twoBytes }));
  await fails(checkpoint.read("huge"), "limit", /tensor huge/);
  assert.deepEqual((await checkpoint.read("x")).data, two);
});

test("openCheckpoint() reads zip64 directories, comments, and torch zips that were deflated", async () => {
  const pickle = dictPickle({ x: one });
  for (const options of [{ zip64: true }, { deflate: true }, { zip64: true, deflate: true }]) {
    const checkpoint = await open(buildTorch(pickle, { 0: twoBytes }, options));
    assert.deepEqual((await checkpoint.read("x")).data, two);
  }
  const entries = [
    { name: "a/data.pkl", bytes: concatBytes([code.proto, pickle, code.stop]) },
    { name: "a/data/0", bytes: twoBytes },
  ];
  // the comment holds what looks like another end record
  const checkpoint = await open(buildZip(entries, { comment: `PK\x05\x06${"\0".repeat(30)}` }));
  assert.deepEqual((await checkpoint.read("x")).data, two);
});

test("openCheckpoint() writes nothing and looks nothing up when names look like paths", async () => {
  const entries = [
    { name: "../../escaped", bytes: ascii("x") },
    { name: "/etc/rsembed_escaped", bytes: ascii("x") },
    { name: "C:\\escaped", bytes: ascii("x") },
    { name: "a/data.pkl", bytes: concatBytes([code.proto, dictPickle({ x: one }), code.stop]) },
    { name: "a/data/0", bytes: twoBytes },
  ];
  const checkpoint = await open(buildZip(entries));
  assert.deepEqual((await checkpoint.read("x")).data, two);
  assert(!existsSync("../../escaped") && !existsSync("/etc/rsembed_escaped"));
});

test("openCheckpoint() fails with a code when a zip lies about its entries", async () => {
  const pickle = concatBytes([code.proto, dictPickle({ x: one }), code.stop]);
  const data = { name: "a/data.pkl", bytes: pickle };
  const values = { name: "a/data/0", bytes: twoBytes };
  await fails(open(buildZip([data, { ...values, size: 2 ** 40 }])), "corrupt", /runs into/);
  await fails(open(buildZip([{ ...data, size: 2 ** 60 }, values])), "corrupt", /runs into/);
  await fails(open(buildZip([data, { ...values, headerOffset: 10 }])), "corrupt", /runs into/);
  await fails(open(buildZip([data, { ...values, headerOffset: 2 ** 50 }])), "corrupt", /runs into/);
  await fails(open(buildZip([data, values, values])), "corrupt", /directory is damaged/);
  await fails(open(buildZip([{ ...data, crc: 1 }, values])), "corrupt", /checksum of a\/data\.pkl/);
  await fails(open(buildZip([values])), "unsupported", /without a data\.pkl/);
  await fails(open(buildZip([data, { ...data, name: "b/data.pkl" }])), "corrupt", /2 pickles/);
  await fails(
    open(buildZip([{ ...data, deflate: true, size: 2 ** 24 }, values])),
    "corrupt",
    /cannot inflate/,
  );
  await fails(
    open(buildZip([{ ...data, deflate: true, size: pickle.length - 1 }, values])),
    "corrupt",
    /does not inflate/,
  );
  await fails(
    open(buildZip([{ name: "a/data.pkl", bytes: new Uint8Array((1 << 26) + 1), deflate: true }])),
    "limit",
    /bytes in a\/data\.pkl/,
  );
  const big = { name: "a/byteorder", bytes: ascii("big") };
  await fails(open(buildZip([data, big, values])), "unsupported", /not little-endian/);
});

test("openCheckpoint() keeps control characters of names out of messages", async () => {
  const pickle = dictPickle({ "\x1b[2Jx": tensorPickle({ length: 9, shape: [9], stride: [1] }) });
  await assert.rejects(open(buildTorch(pickle, { 0: twoBytes })), (error: Error) => {
    assert(!error.message.includes("\x1b") && error.message.includes("[2Jx"));
    return true;
  });
});
