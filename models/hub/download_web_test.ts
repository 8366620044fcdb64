import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { readdir, readFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { type ErrorCode, isRsembedError, type WebWeights } from "@rsembed/core";
import { downloadWebFile } from "./download_web.ts";
import { locateWeights } from "./locate.ts";
import { temporary, test } from "../../packages/core/testdata/folders.ts";

const content = Uint8Array.from({ length: 200_000 }, (_, i) => (i * 17 + (i >> 9)) & 255);
const sha256 = createHash("sha256").update(content).digest("hex");

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** Sends the file, or what a range asks for, as file servers do. */
function sendFile({ cutAfter, etag = '"one"' }: { cutAfter?: number; etag?: string } = {}): Answer {
  return (request, response) => {
    const unchanged = [undefined, etag].includes(request.headers["if-range"] as string);
    const asked = /^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1];
    const from = asked && unchanged ? Number(asked) : 0;
    const body = content.subarray(from);
    response.writeHead(from > 0 ? 206 : 200, {
      etag,
      "content-type": "application/octet-stream",
      "content-length": body.length,
      ...(from > 0
        ? { "content-range": `bytes ${from}-${content.length - 1}/${content.length}` }
        : {}),
    });
    if (cutAfter === undefined) return void response.end(body);
    response.write(body.subarray(0, cutAfter), () => setTimeout(() => response.destroy(), 20));
  };
}

/** A server that gives its answers one after another, the last one again and again. */
async function withServer(
  answers: readonly Answer[],
  work: (arena: { ref: WebWeights; path: string; dir: string; ranges: string[] }) => Promise<void>,
): Promise<void> {
  const ranges: string[] = [];
  let next = 0;
  const server = createServer((request, response) => {
    ranges.push(request.headers.range ?? "");
    assert.equal(request.headers.authorization, undefined);
    answers[Math.min(next++, answers.length - 1)]!(request, response);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const dir = await temporary("web");
  const ref: WebWeights = {
    hub: "web",
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/w.pth?id=1`,
    repo: "lab/model",
    file: "w.pth",
    sizeBytes: null,
    sha256: null,
  };
  try {
    await work({ ref, path: join(dir, "weights", "lab", "model", "w.pth"), dir, ranges });
  } finally {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  }
}

const quick = { retryBackoffMs: 1, maxRetries: 3, token: null };
const rejects = (promise: Promise<unknown>, code: ErrorCode, text = /./) =>
  assert.rejects(promise, (error) => isRsembedError(error, code) && text.test(error.message));

test("locateWeights() fetches a file from any server into rsembed's own cache, once", () =>
  withServer([sendFile()], async ({ ref, path, dir, ranges }) => {
    const options = { ...quick, cacheDir: dir, hubDir: join(dir, "hub"), offline: false };
    assert.deepEqual(await locateWeights(ref, options), { path, sha256 });
    await locateWeights(ref, options);
    assert.equal(ranges.length, 1);
    assert.deepEqual(await readdir(join(dir, "weights", "lab", "model")), ["w.pth"]);
  }));

test("downloadWebFile() resumes after a cut, and begins anew where the file has changed", async () => {
  await withServer([sendFile({ cutAfter: 70_000 }), sendFile()], async ({ ref, path, ranges }) => {
    await downloadWebFile(ref, path, quick);
    assert.deepEqual(new Uint8Array(await readFile(path)), content);
    assert.equal(ranges.length, 2);
    assert.match(ranges[1]!, /^bytes=[1-9]/);
  });
  const changed = [sendFile({ cutAfter: 70_000, etag: '"old"' }), sendFile()];
  await withServer(changed, async ({ ref, path }) => {
    await downloadWebFile(ref, path, quick);
    assert.deepEqual(new Uint8Array(await readFile(path)), content);
  });
});

test("downloadWebFile() refuses a web page, another hash, and plain http", async () => {
  const page: Answer = (_, response) =>
    void response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end("<html>");
  await withServer([page], async ({ ref, path, ranges }) => {
    await rejects(downloadWebFile(ref, path, quick), "unavailable", /web page/);
    assert.equal(ranges.length, 1, "trying again is of no use");
  });
  await withServer([sendFile()], async ({ ref, path, dir }) => {
    const wrong = { ...ref, sha256: "f".repeat(64) };
    await rejects(downloadWebFile(wrong, path, quick), "corrupt", /hash/);
    assert.deepEqual(await readdir(join(dir, "weights", "lab", "model")), []);
    await rejects(downloadWebFile({ ...ref, url: "http://example.org/w" }, path), "spec", /https/);
  });
});

test("locateWeights() of a file that is gone says so, and where to put it by hand", () =>
  withServer([(_, response) => void response.writeHead(503).end()], async ({ ref, path, dir }) => {
    const options = { ...quick, maxRetries: 1, cacheDir: dir, offline: false };
    await rejects(locateWeights(ref, options), "unavailable", /answers 503.*put the file "w\.pth"/);
    const offline = locateWeights(ref, { ...options, offline: true });
    await assert.rejects(offline, (error) => String(error).includes(path));
  }));
