import assert from "node:assert/strict";
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type ErrorCode, type HubWeights, isRsembedError, type Progress } from "@rsembed/core";
import { type LoopbackHub, startHub } from "./_loopback_hub.ts";
import { downloadFile, type DownloadOptions } from "./download.ts";
import { locateWeights } from "./locate.ts";
import { temporary, test } from "../../packages/core/testdata/folders.ts";

const ref: HubWeights = {
  hub: "huggingface",
  repo: "nasa/toy",
  file: "models/weights.bin",
  revision: "main",
  sizeBytes: null,
  sha256: null,
};

type Arena = { hub: LoopbackHub; hubDir: string; options: DownloadOptions };

async function withHub(
  work: (arena: Arena) => Promise<void>,
  settings: { lfs?: boolean; token?: string } = {},
): Promise<void> {
  const hub = await startHub(settings);
  try {
    const hubDir = await temporary("hub");
    const options = {
      endpoint: hub.endpoint,
      hubDir,
      token: null,
      retryBackoffMs: 1,
      maxRetries: 3,
    };
    await work({ hub, hubDir, options });
  } finally {
    await hub[Symbol.asyncDispose]();
  }
}

const rejects = (promise: Promise<unknown>, code: ErrorCode, text = /./) =>
  assert.rejects(promise, (error) => isRsembedError(error, code) && text.test(error.message));

/** Blobs and partial downloads in the cache. */
const blobs = (hubDir: string) =>
  readdir(join(hubDir, "models--nasa--toy", "blobs")).catch(() => []);

test("downloadFile() puts a file where the Python client finds it", () =>
  withHub(async ({ hub, hubDir, options }) => {
    const events: Progress[] = [];
    const path = await downloadFile(ref, { ...options, onProgress: (event) => events.push(event) });
    assert.deepEqual(new Uint8Array(await readFile(path)), hub.content);
    const repo = join(hubDir, "models--nasa--toy");
    assert.equal(path, join(repo, "snapshots", hub.commit, "models", "weights.bin"));
    assert.equal(await readFile(join(repo, "refs", "main"), "utf8"), hub.commit);
    assert.deepEqual(await blobs(hubDir), [hub.sha256]);
    const last = events.at(-1);
    assert.ok(
      last?.stage === "download" && last.doneBytes === 300_000 && last.totalBytes === 300_000,
    );
  }));

test("downloadFile() resumes after cuts, asking only for what is missing", () =>
  withHub(async ({ hub, options }) => {
    hub.faults.cuts.push(100_000, 50_000);
    const path = await downloadFile(ref, options);
    assert.deepEqual(new Uint8Array(await readFile(path)), hub.content);
    const ranges = hub.seen.filter(({ host }) => host === "cdn").map(({ range }) => range);
    assert.equal(ranges[0], undefined);
    assert.equal(ranges.length, 3);
    const starts = ranges.slice(1).map((range) => Number(/^bytes=(\d+)-$/.exec(range!)![1]));
    assert.ok(starts[0]! > 0 && starts[1]! > starts[0]!, `${starts}`);
  }));

test("downloadFile() resumes what an earlier process left", () =>
  withHub(async ({ hub, hubDir, options }) => {
    const partial = join(hubDir, "models--nasa--toy", "blobs", `${hub.sha256}.incomplete`);
    await mkdir(dirname(partial), { recursive: true });
    await writeFile(partial, hub.content.subarray(0, 123_456));
    const path = await downloadFile(ref, options);
    assert.deepEqual(new Uint8Array(await readFile(path)), hub.content);
    assert.deepEqual(hub.seen.filter(({ host }) => host === "cdn").map(({ range }) => range), [
      "bytes=123456-",
    ]);
  }));

test("downloadFile() starts again where the server ignores ranges", () =>
  withHub(async ({ hub, options }) => {
    hub.faults.noRanges = true;
    hub.faults.cuts.push(100_000);
    const path = await downloadFile(ref, options);
    assert.deepEqual(new Uint8Array(await readFile(path)), hub.content);
  }));

test("downloadFile() sends the token to the hub and to nobody else", () =>
  withHub(async ({ hub, options }) => {
    await downloadFile(ref, { ...options, token: "secret" });
    const tokens = (host: string) =>
      new Set(
        hub.seen.filter((seen) => seen.host === host).map(({ authorization }) => authorization),
      );
    assert.deepEqual([...tokens("hub")], ["Bearer secret"]);
    assert.deepEqual([...tokens("cdn")], [undefined]);
  }, { token: "secret" }));

test("downloadFile() follows a renamed repository, and knows small files by their git hash", () =>
  withHub(async ({ hub, options }) => {
    const path = await downloadFile({ ...ref, repo: "old/toy" }, options);
    assert.deepEqual(new Uint8Array(await readFile(path)), hub.content);
    hub.faults.corrupt = true;
    await rejects(downloadFile(ref, options), "corrupt");
  }, { lfs: false }));

test("downloadFile() refuses and removes a file of another hash", () =>
  withHub(async ({ hub, hubDir, options }) => {
    hub.faults.corrupt = true;
    await rejects(downloadFile(ref, options), "corrupt", /hash/);
    assert.deepEqual(await blobs(hubDir), []);
    hub.faults.corrupt = false;
    await rejects(downloadFile({ ...ref, sha256: "f".repeat(64) }, options), "corrupt", /ffff/);
    assert.deepEqual(await blobs(hubDir), []);
  }));

test("downloadFile() refuses more bytes than were announced, and misses fewer", () =>
  withHub(async ({ hub, options }) => {
    hub.faults.announced = 200_000;
    await rejects(downloadFile(ref, options), "corrupt", /200000/);
    hub.faults.announced = 400_000;
    await rejects(downloadFile(ref, { ...options, maxRetries: 0 }), "unavailable");
  }));

test("downloadFile() says what the hub's refusals mean", () =>
  withHub(async ({ hub, options }) => {
    await rejects(downloadFile({ ...ref, file: "other.bin" }, options), "not-found", /other\.bin/);
    hub.faults.statuses.push({ status: 403 });
    await rejects(downloadFile(ref, options), "auth", /HF_TOKEN/);
    hub.faults.statuses.push({ status: 500 });
    await rejects(downloadFile(ref, { ...options, maxRetries: 0 }), "unavailable", /500/);
  }));

test("downloadFile() waits as long as the hub asks, then goes on", () =>
  withHub(async ({ hub, options }) => {
    hub.faults.statuses.push({ status: 429, headers: { "retry-after": "1" } }, { status: 503 });
    const start = Date.now();
    await downloadFile(ref, options);
    assert.ok(Date.now() - start >= 1000);
    assert.equal(hub.seen.filter(({ method }) => method === "HEAD").length, 3);
  }));

test("downloadFile() cuts a connection that gives nothing", () =>
  withHub(async ({ hub, options }) => {
    hub.faults.stall = true;
    await rejects(
      downloadFile(ref, { ...options, stallMs: 50, maxRetries: 0 }),
      "unavailable",
      /nothing came/,
    );
  }));

test("downloadFile() stops at an abort and leaves what can be resumed", () =>
  withHub(async ({ hub, hubDir, options }) => {
    hub.faults.stall = true;
    const controller = new AbortController();
    const reason = new Error("enough");
    const onProgress = () => controller.abort(reason);
    await assert.rejects(
      downloadFile(ref, { ...options, signal: controller.signal, onProgress }),
      (error) => error === reason,
    );
    const [left, ...others] = await blobs(hubDir);
    assert.deepEqual([left, others], [`${hub.sha256}.incomplete`, []]);
    assert.ok((await stat(join(hubDir, "models--nasa--toy", "blobs", left!))).size > 0);
    hub.faults.stall = false;
    assert.deepEqual(new Uint8Array(await readFile(await downloadFile(ref, options))), hub.content);
  }));

test("downloadFile() called twice at once downloads once", () =>
  withHub(async ({ hub, options }) => {
    const paths = await Promise.all([downloadFile(ref, options), downloadFile(ref, options)]);
    assert.equal(paths[0], paths[1]);
    assert.equal(hub.seen.filter(({ host }) => host === "cdn").length, 1);
  }));

test("downloadFile() refuses names that leave the cache", () =>
  withHub(async ({ options }) => {
    for (const file of ["../x", "a/../../x", "/x", "a//x", "a\\x"]) {
      await assert.rejects(
        downloadFile({ ...ref, file }, options),
        (error) => isRsembedError(error),
      );
    }
    await assert.rejects(
      downloadFile({ ...ref, repo: "../x" }, options),
      (error) => isRsembedError(error),
    );
  }));

test("locateWeights() takes a path, then the caches, then downloads", () =>
  withHub(async ({ hub, hubDir, options }) => {
    const cacheDir = await temporary("cache");
    const all = { ...options, cacheDir };
    const own = join(cacheDir, "own.bin");
    await writeFile(own, hub.content);
    assert.deepEqual(await locateWeights(own, all), { path: own, sha256: hub.sha256 });
    await rejects(locateWeights(join(cacheDir, "none.bin"), all), "not-found", /none\.bin/);

    const found = await locateWeights(ref, all);
    assert.equal(found.sha256, hub.sha256);
    const requests = hub.seen.length;
    assert.equal((await locateWeights(ref, { ...all, offline: true })).sha256, hub.sha256);
    assert.equal(hub.seen.length, requests, "found in the cache of the Python client's layout");
    await rejects(locateWeights({ ...ref, sha256: "f".repeat(64) }, all), "corrupt");
    assert.ok(hubDir);
  }));

test("locateWeights() offline says which file to put where, and takes it from there", async () => {
  const cacheDir = await temporary("cache");
  const options = { cacheDir, hubDir: join(cacheDir, "hub"), offline: true };
  const error = await locateWeights(ref, options).then(() => null, (error) => error);
  assert.ok(isRsembedError(error, "unavailable"));
  const place = join(cacheDir, "weights", "nasa", "toy", "models", "weights.bin");
  for (const text of [place, ref.file, ref.repo, "main"]) {
    assert.ok(error.message.includes(text), text);
  }
  await mkdir(dirname(place), { recursive: true });
  await writeFile(place, "abc");
  assert.equal((await locateWeights(ref, options)).path, place);
});

test("locateWeights() notices that a file has changed", async () => {
  const cacheDir = await temporary("cache");
  const path = join(cacheDir, "own.bin");
  await writeFile(path, "one");
  const first = await locateWeights(path, { cacheDir });
  await writeFile(path, "three");
  assert.notEqual((await locateWeights(path, { cacheDir })).sha256, first.sha256);
});

test("locateWeights() with the hub out of reach says so, and what to do", async () => {
  const cacheDir = await temporary("cache");
  const options = { cacheDir, hubDir: join(cacheDir, "hub"), token: null, maxRetries: 0 };
  await rejects(
    // nothing listens on the discard port
    locateWeights(ref, { ...options, endpoint: "http://127.0.0.1:9", offline: false }),
    "unavailable",
    /put the file/,
  );
});
