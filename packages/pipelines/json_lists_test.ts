import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { isRsembedError } from "@rsembed/core";
import { openJsonLists } from "./json_lists.ts";
import { temporary, test } from "../core/testdata/folders.ts";

test("openJsonLists() puts lists into a JSON file, wherever they stand and whatever they hold", async () => {
  const dir = await temporary("lists");
  const path = join(dir, "run.json");
  const lists = await openJsonLists(path);
  const values = [{ a: 'quote " and \n' }, null, [1, 2], "list of text"];
  await lists.append("a", values.slice(0, 1));
  await lists.append("b", [1]);
  await lists.append("a", []);
  await lists.append("a", values.slice(1));
  await lists.write({
    n: 1,
    deep: [{ a: lists.list("a") }],
    b: lists.list("b"),
    none: lists.list("none"),
  }, {});
  await lists[Symbol.asyncDispose]();
  const read = JSON.parse(await readFile(path, "utf8"));
  assert.deepEqual(read, { n: 1, deep: [{ a: values }], b: [1], none: [] });
  assert.deepEqual(await readdir(dir), ["run.json"]);
});

test("openJsonLists() leaves nothing behind without a write, or when it is aborted", async () => {
  const dir = await temporary("lists");
  const lists = await openJsonLists(join(dir, "run.json"));
  await lists.append("a", [1]);
  const reason = new Error("enough");
  await assert.rejects(
    lists.write({ a: lists.list("a") }, { signal: AbortSignal.abort(reason) }),
    (error) => error === reason,
  );
  await lists[Symbol.asyncDispose]();
  assert.deepEqual(await readdir(dir), []);
});

test("openJsonLists() says which file cannot be written", async () => {
  const path = join(await temporary("lists"), "no", "run.json");
  await assert.rejects(openJsonLists(path), (error) => isRsembedError(error, "unavailable"));
});
