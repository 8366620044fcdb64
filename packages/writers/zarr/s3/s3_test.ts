import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { isRsembedError } from "@rsembed/core";
import { memoryDataset } from "../../memory_dataset.ts";
import { about, combined, embedding } from "../../_suite/fixtures.ts";
import { openZarr, writeZarr, zarrFormat } from "../mod.ts";
import { getFile, putFile, s3Store, type S3StoreOptions, s3Values } from "./mod.ts";
import { signedHeaders } from "./signature.ts";
import {
  bucket,
  type BucketServer,
  credentials,
  region,
  startBucket,
} from "./testdata/bucket_server.ts";

// the examples of Amazon's description
const example = {
  credentials: {
    accessKeyId: "AKIAIOSFODNN7EXAMPLE",
    secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
  },
  region: "us-east-1",
  nowMs: Date.UTC(2013, 4, 24),
};
const vectors = [
  {
    method: "GET",
    path: "/test.txt",
    headers: { range: "bytes=0-9" },
    signature: "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
  },
  {
    method: "PUT",
    path: "/test$file.text",
    headers: { date: "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class": "REDUCED_REDUNDANCY" },
    body: "Welcome to Amazon S3.",
    signature: "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
  },
  {
    method: "GET",
    path: "/?lifecycle",
    signature: "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
  },
  {
    method: "GET",
    path: "/?max-keys=2&prefix=J",
    signature: "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
  },
];

for (const { method, path, headers = {}, body, signature } of vectors) {
  test(`a request is signed as Amazon's description has it: ${method} ${path}`, () => {
    const url = new URL(`https://examplebucket.s3.amazonaws.com${path}`);
    const { authorization } = signedHeaders({
      method,
      url,
      headers,
      ...(body === undefined ? {} : { body: new TextEncoder().encode(body) }),
    }, example);
    assert(authorization!.endsWith(`Signature=${signature}`), authorization);
  });
}

type Open = (path?: string, options?: S3StoreOptions) => ReturnType<typeof s3Store>;

async function withBucket(fn: (server: BucketServer, open: Open) => Promise<void>): Promise<void> {
  const server = await startBucket();
  try {
    await fn(server, (path = "runs/a b+c.zarr", options = {}) =>
      s3Store(`s3://${bucket}/${path}`, {
        credentials,
        region,
        endpoint: server.url,
        backoffMs: 1,
        ...options,
      }));
  } finally {
    await server.close();
  }
}

/** Numbers that do not become small. */
function valuesOf(index: number, length: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => Math.sin(i * i * 7 + index));
}

function dataset(length = 4, places = 3) {
  const cells = Array.from({ length: places }, (_, index) => {
    const cell = embedding("galileo", index, [length]);
    valuesOf(index, length).forEach((value, i) => cell.array.data[i] = value);
    return cell;
  });
  return memoryDataset(cells, { ...combined(places), about });
}

test("a hierarchy in a bucket is that in a folder, byte by byte", async () => {
  const folder = await mkdtemp(join(tmpdir(), "rsembed-s3-"));
  try {
    await withBucket(async (server, open) => {
      const store = await open();
      const written = await writeZarr(store, dataset());
      assert.equal(server.objects.has("runs/a b+c.zarr/zarr.json"), false);
      await store.commit();
      await store[Symbol.asyncDispose]();
      const path = join(folder, "x.zarr");
      const local = await zarrFormat().write(path, dataset());
      assert.equal(written.sizeBytes, local.sizeBytes);
      const names = (await readdir(path, { recursive: true, withFileTypes: true }))
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(path.length + 1));
      assert.deepEqual(
        [...server.objects.keys()].sort(),
        names.map((name) => `runs/a b+c.zarr/${name}`).sort(),
      );
      for (const name of names) {
        const bytes = server.objects.get(`runs/a b+c.zarr/${name}`)!;
        assert.deepEqual(bytes, new Uint8Array(await readFile(join(path, name))), name);
      }
    });
  } finally {
    await rm(folder, { recursive: true });
  }
});

/** Runs with credentials in the environment, as users have them. */
async function withEnvironment(server: BucketServer, fn: () => Promise<void>): Promise<void> {
  const { env } = process;
  const ours = {
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_REGION: region,
    AWS_ENDPOINT_URL_S3: server.url,
  };
  const kept = Object.keys(ours).map((name) => [name, env[name]] as const);
  Object.assign(env, ours);
  try {
    await fn();
  } finally {
    for (const [name, value] of kept) {
      if (value === undefined) delete env[name];
      else env[name] = value;
    }
  }
}

test("a hierarchy in a bucket is read as that in a folder, by the parts that are asked for", async () => {
  await withBucket(async (server, open) => {
    const store = await open();
    await writeZarr(store, dataset(300_000, 3));
    await store.commit();
    await withEnvironment(server, async () => {
      const url = `s3://${bucket}/runs/a b+c.zarr`;
      const file = await openZarr(url);
      const whole = await file.read("embeddings__galileo");
      assert.deepEqual(whole.shape, [3, 300_000]);
      for (const row of [0, 1, 2]) {
        const part = whole.data.subarray(row * 300_000, (row + 1) * 300_000);
        assert.deepEqual(part, valuesOf(row, 300_000));
      }
      server.seen.length = 0;
      for await (const block of file.blocks("embeddings__galileo")) {
        assert.deepEqual(block.shape, [3, 300_000]);
      }
      assert(server.seen.every((line) => line.startsWith("GET /")), server.seen.join("\n"));
      await assert.rejects(openZarr(`s3://${bucket}/none.zarr`), { code: "not-found" });
    });
  });
});

test("s3Values() gives values and parts of them, tries again, and says what is refused", async () => {
  await withBucket(async (server) => {
    const options = { credentials, region, endpoint: server.url, backoffMs: 1 };
    const bytes = Uint8Array.from({ length: 100 }, (_, i) => i);
    server.objects.set("a.zarr/x/c/0", bytes);
    const values = s3Values(`s3://${bucket}/a.zarr`, options);
    server.faults.push(503, 500);
    assert.deepEqual(await values.get("/x/c/0"), bytes);
    const part = await values.getRange("/x/c/0", { offset: 10, length: 5 });
    assert.deepEqual(part, bytes.slice(10, 15));
    const tail = await values.getRange("/x/c/0", { suffixLength: 4 });
    assert.deepEqual(tail, bytes.slice(96));
    assert.equal(await values.get("/x/c/1"), undefined);
    assert.equal(await values.getRange("/x/c/1", { suffixLength: 4 }), undefined);
    await assert.rejects(values.getRange("/x/c/0", { offset: 98, length: 5 }), RangeError);
    const small = s3Values(`s3://${bucket}/a.zarr`, { ...options, maxBytes: 99 });
    await assert.rejects(small.get("/x/c/0"), { code: "corrupt" });
    const wrong = { ...options, credentials: { ...credentials, secretAccessKey: "other" } };
    await assert.rejects(s3Values(`s3://${bucket}/a.zarr`, wrong).get("/x"), { code: "auth" });
    await assert.rejects(getFile(`s3://${bucket}/a.zarr/x/c/0`, wrong), { code: "auth" });
    assert.deepEqual(await getFile(`s3://${bucket}/a.zarr/x/c/0`, options), bytes);
    assert.equal(await getFile(`s3://${bucket}/none`, options), undefined);
  });
});

test("putFile() puts a file as it is, in parts where it is long, or nothing", async () => {
  const folder = await mkdtemp(join(tmpdir(), "rsembed-s3-"));
  try {
    await withBucket(async (server) => {
      const options = { credentials, region, endpoint: server.url, backoffMs: 1, maxRetries: 1 };
      const bytes = Uint8Array.from({ length: 3_000_000 }, (_, i) => (i * i) % 251);
      const path = join(folder, "long.json");
      await writeFile(path, bytes);
      server.faults.push(503);
      await putFile(`s3://${bucket}/a/long.json`, path, { ...options, partBytes: 2 ** 20 });
      assert.deepEqual(server.objects.get("a/long.json"), bytes);
      assert(server.seen.some((line) => line.includes("partNumber=2")));
      const missing = putFile(`s3://${bucket}/b.json`, join(folder, "none"), options);
      await assert.rejects(missing, { code: "not-found" });
      const half = { ...options, partBytes: 2 ** 20, maxRetries: 0 };
      server.faults.push(0, 0, 503);
      const cut = putFile(`s3://${bucket}/b.json`, path, half);
      await assert.rejects(cut, { code: "unavailable" });
      assert.equal(server.objects.has("b.json"), false);
      assert.equal(server.uploads.size, 0);
    });
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("long values go in parts, and faults on the way are tried again", async () => {
  await withBucket(async (server, open) => {
    const whole = await open("whole.zarr");
    await writeZarr(whole, dataset(5000, 8));
    await whole.commit();
    const parts = await open("parts.zarr", { partBytes: 4096 });
    server.faults.push(503, 500, 503);
    await writeZarr(parts, dataset(5000, 8));
    server.faults.push(503);
    await parts.commit();
    assert(server.seen.filter((line) => line.includes("partNumber")).length >= 2);
    assert.equal(server.uploads.size, 0);
    for (const [key, bytes] of server.objects) {
      if (!key.startsWith("whole.zarr/")) continue;
      assert.deepEqual(server.objects.get(key.replace("whole", "parts")), bytes, key);
    }
  });
});

test("a hierarchy that is there is replaced as a whole, or refused", async () => {
  await withBucket(async (server, open) => {
    server.objects.set("x.zarr/zarr.json", new Uint8Array([1]));
    server.objects.set("x.zarr/old & gone/zarr.json", new Uint8Array([1]));
    server.objects.set("x.zarr/old/c/0", new Uint8Array([1]));
    server.objects.set("x.zarr2/zarr.json", new Uint8Array([7]));
    server.pageSize = 2;
    await assert.rejects(
      open("x.zarr", { overwrite: false }),
      (e) => isRsembedError(e, "exists"),
    );
    assert.equal(server.objects.size, 4);
    const unused = await open("x.zarr");
    await unused[Symbol.asyncDispose]();
    assert.equal(server.objects.size, 4);
    const store = await open("x.zarr");
    assert.equal(server.objects.has("x.zarr/zarr.json"), true);
    const value = await store.create("m/c/0");
    // from now on nobody takes the old for the new
    assert.equal(server.objects.has("x.zarr/zarr.json"), false);
    await value.close();
    await writeZarr(store, dataset());
    await store.commit();
    const keys = [...server.objects.keys()];
    assert(!keys.some((key) => key.includes("/old")), String(keys));
    assert.deepEqual(server.objects.get("x.zarr2/zarr.json"), new Uint8Array([7]));
  });
});

test("a store that is not committed leaves nothing behind", async () => {
  await withBucket(async (server, open) => {
    const store = await open("x.zarr", { partBytes: 16 });
    const value = await store.create("a/c/0");
    await value.write(new Uint8Array(10));
    await value.close();
    const half = await store.create("a/c/1");
    await half.write(new Uint8Array(40));
    assert.equal(server.uploads.size, 1);
    assert.equal(server.objects.size, 1);
    await store[Symbol.asyncDispose]();
    assert.equal(server.uploads.size, 0);
    assert.equal(server.objects.size, 0);
  });
});

test("refusals say what they are", async () => {
  await withBucket(async (server, open) => {
    const wrong = { credentials: { ...credentials, secretAccessKey: "other" } };
    await assert.rejects(open("x.zarr", wrong), (e) => isRsembedError(e, "auth"));
    await assert.rejects(open("x.zarr", { region: "us-west-9" }), (e) => isRsembedError(e, "auth"));
    server.faults.push(503, 503);
    await assert.rejects(
      open("x.zarr", { maxRetries: 1 }),
      (e) => isRsembedError(e, "unavailable") && e.facts.status === 503,
    );
    const options = { credentials, region, endpoint: server.url };
    const other = await s3Store("s3://other-bucket/x.zarr", options);
    await assert.rejects(writeZarr(other, dataset()), (e) => isRsembedError(e, "not-found"));
    for (
      const url of ["s3://b", "s3://bucket-only/", "http://x/y", "s3://bucket/a/../b", "s3://UP/x"]
    ) {
      await assert.rejects(s3Store(url, options), (e) => isRsembedError(e, "spec"), url);
    }
  });
});

test("a session's token is signed with the rest", () => {
  const headers = signedHeaders({ method: "GET", url: new URL("https://b.example/k") }, {
    ...example,
    credentials: { ...example.credentials, sessionToken: "abc" },
  });
  assert.equal(headers["x-amz-security-token"], "abc");
  assert.match(headers["authorization"]!, /SignedHeaders=host;[^,]*x-amz-security-token/);
});

test("what a killed run left is swept away by the next", async () => {
  await withBucket(async (server, open) => {
    server.objects.set("x.zarr/old/zarr.json", new Uint8Array([1]));
    const store = await open("x.zarr");
    await writeZarr(store, dataset());
    await store.commit();
    assert.equal(server.objects.has("x.zarr/old/zarr.json"), false);
  });
});

test("a store gives up cleaning where the service is out, at once", async () => {
  const server = await startBucket();
  const options = { credentials, region, endpoint: server.url, backoffMs: 1000 };
  const store = await s3Store(`s3://${bucket}/x.zarr`, options);
  for (let i = 0; i < 20; i++) {
    const value = await store.create(`a/c/${i}`);
    await value.write(new Uint8Array(10));
    await value.close();
  }
  await server.close();
  const start = performance.now();
  await store[Symbol.asyncDispose]();
  assert(performance.now() - start < 3000);
});
