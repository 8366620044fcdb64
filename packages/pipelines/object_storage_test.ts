import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import test from "node:test";
import { concatBytes, isRsembedError, pointBuffer } from "@rsembed/core";
import { exportBatch } from "./export.ts";
import { loadExport } from "./load.ts";
import { verifyExport } from "./verify.ts";

/** A bucket that takes whatever comes; signatures are checked by the tests of the writer. */
async function withBucket(fn: (objects: Map<string, Uint8Array>, url: string) => Promise<void>) {
  const objects = new Map<string, Uint8Array>();
  const server = createServer((request, response) => {
    const chunks: Uint8Array[] = [];
    request.on("data", (chunk: Uint8Array) => chunks.push(chunk));
    request.on("end", () => {
      const key = decodeURIComponent(request.url ?? "");
      if (request.method === "PUT") objects.set(key, concatBytes(chunks));
      if (request.method === "DELETE") objects.delete(key);
      const object = objects.get(key);
      const isList = key.includes("?");
      response.writeHead(/HEAD|GET/.test(request.method!) && !object && !isList ? 404 : 200);
      if (request.method !== "GET" || !object) return response.end();
      const [, from = "", to = ""] = /^bytes=(\d*)-(\d*)$/.exec(request.headers.range ?? "") ?? [];
      response.end(
        from === ""
          ? object.subarray(to === "" ? 0 : Math.max(0, object.length - Number(to)))
          : object.subarray(Number(from), Number(to) + 1),
      );
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  try {
    await fn(objects, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    await new Promise<void>((done) => server.close(() => done()));
  }
}

test("exportBatch() writes Zarr to object storage, its manifest here and there, and finds it finished", async () => {
  const folder = await mkdtemp(join(tmpdir(), "rsembed-bucket-"));
  const before = process.cwd();
  const { env } = process;
  const kept = { ...env };
  try {
    process.chdir(folder);
    await withBucket(async (objects, url) => {
      Object.assign(env, {
        AWS_ACCESS_KEY_ID: "a",
        AWS_SECRET_ACCESS_KEY: "b",
        AWS_ENDPOINT_URL_S3: url,
      });
      const request = {
        spatials: [9, 9.1].map((lon) => pointBuffer({ lon, lat: 57, bufferM: 80 })),
        models: ["mosaiks?features=8"],
        target: { layout: "combined", path: "s3://my-bucket/runs/x.zarr" },
        format: "zarr",
        saveInputs: false,
        resume: true,
      } as const;
      const report = await exportBatch(request, { backend: "synthetic" });
      assert.equal(report.status, "ok");
      assert(objects.has("/my-bucket/runs/x.zarr/zarr.json"), String([...objects.keys()]));
      assert.deepEqual(await readdir(folder), ["x.json"]);
      const manifest = JSON.parse(await readFile(join(folder, "x.json"), "utf8"));
      assert.equal(manifest.status, "ok");
      const uploaded = objects.get("/my-bucket/runs/x.json")!;
      assert.equal(
        new TextDecoder().decode(uploaded),
        await readFile(join(folder, "x.json"), "utf8"),
      );
      const here = { ...request.target, path: join(folder, "here.zarr") };
      await exportBatch({ ...request, target: here }, { backend: "synthetic" });
      const local = await loadExport(here.path);
      await rm(join(folder, "x.json"));
      const there = await loadExport("s3://my-bucket/runs/x.zarr");
      const { name } = Object.values(there.models)[0]!;
      assert.deepEqual(there.spatials, local.spatials);
      assert.deepEqual(there.models[name]!.meta, local.models[name]!.meta);
      const values = await there.models[name]!.embeddings();
      assert.deepEqual(values, await local.models[name]!.embeddings());
      assert.deepEqual(values!.shape, [2, 8]);
      await local[Symbol.asyncDispose]();
      await there[Symbol.asyncDispose]();
      assert.deepEqual(await there.models[name]!.shapeOf("embedding"), [2, 8]);
      assert.equal((await verifyExport("s3://my-bucket/runs/x.zarr")).valueCount, 2);
      const [chunk] = [...objects].find(([key]) => key.includes("/embedding/c/"))!;
      objects.set(chunk, objects.get(chunk)!.map((byte, i) => i === 9 ? byte ^ 1 : byte));
      assert.equal((await verifyExport("s3://my-bucket/runs/x.zarr")).ok, false);
      await assert.rejects(loadExport("s3://my-bucket/runs/y.zarr"), { code: "not-found" });
      await writeFile(join(folder, "x.json"), uploaded);
      objects.clear();
      const again = await exportBatch(request, { backend: "synthetic" });
      assert.equal(again.skippedCount, 2);
      assert.equal(objects.size, 0);
    });
  } finally {
    process.chdir(before);
    for (const key of Object.keys(env)) if (!(key in kept)) delete env[key];
    await rm(folder, { recursive: true });
  }
});

test("exportBatch() refuses object storage for other formats and layouts", async () => {
  const spatials = [pointBuffer({ lon: 9, lat: 57, bufferM: 80 })];
  const targets = [
    { format: "npz", target: { layout: "combined", path: "s3://b/x.npz" } },
    { format: "zarr", target: { layout: "per_item", dir: "s3://b/x", names: null } },
  ] as const;
  for (const where of targets) {
    await assert.rejects(
      exportBatch({ spatials, models: ["mosaiks"], ...where }, { backend: "synthetic" }),
      (e) => isRsembedError(e, "unsupported"),
    );
  }
});
