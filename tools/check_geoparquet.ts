/**
 * Looks at GeoParquet files with DuckDB and with Apache Arrow, which share no code with the writer.
 *
 * Usage: npm install --prefix FOLDER @duckdb/node-api apache-arrow
 *        deno run -A tools/check_geoparquet.ts FILE FOLDER
 *
 * @module
 */

import { createRequire } from "node:module";
import { resolve } from "node:path";
import { parquetMetadata } from "hyparquet";

const [path, folder] = Deno.args;
if (path === undefined || folder === undefined) {
  console.error("Usage: deno run -A tools/check_geoparquet.ts FILE FOLDER");
  Deno.exit(2);
}
const require = createRequire(resolve(folder, "packages.js"));

/** A package that may not be there; what is missing is said. */
function optional<T>(specifier: string): T | null {
  try {
    return require(specifier) as T;
  } catch (error) {
    console.log(`missing: ${specifier} (${error instanceof Error ? error.message : error})`);
    return null;
  }
}

interface DuckDb {
  readonly DuckDBInstance: {
    create(): Promise<{
      connect(): Promise<{
        runAndReadAll(sql: string): Promise<{ getRowObjectsJson(): Record<string, unknown>[] }>;
      }>;
    }>;
  };
}

const duckdb = optional<DuckDb>("@duckdb/node-api");
if (duckdb) {
  const connection = await (await duckdb.DuckDBInstance.create()).connect();
  const quoted = `'${path.replaceAll("'", "''")}'`;
  const query = async (sql: string) => (await connection.runAndReadAll(sql)).getRowObjectsJson();
  for (const { column_name, column_type } of await query(`DESCRIBE SELECT * FROM ${quoted}`)) {
    console.log(`duckdb  ${String(column_name).padEnd(16)} ${column_type}`);
  }
  const vector = (await query(`DESCRIBE SELECT * FROM ${quoted}`))
    .map(({ column_name }) => String(column_name)).find((name) => name.startsWith("embedding"))!;
  const [facts] = await query(
    `SELECT count(*) AS n, min(len(${vector})) AS d, max(len(${vector})) AS most, ` +
      `count(*) FILTER (WHERE ${vector} IS NULL) AS nulls FROM ${quoted}`,
  );
  console.log("duckdb  rows", JSON.stringify(facts));
  const [near] = await query(
    `SELECT array_cosine_similarity(a.${vector}::FLOAT[${facts!["d"]}], a.${vector}::FLOAT[${
      facts!["d"]
    }]) AS self FROM ${quoted} a LIMIT 1`,
  );
  console.log("duckdb  cosine with itself", JSON.stringify(near));
}

interface Arrow {
  readonly MessageReader: new (bytes: Uint8Array) => {
    readSchema(): { readonly fields: readonly { toString(): string }[] };
  };
}

const arrow = optional<Arrow>("apache-arrow");
if (arrow) {
  const bytes = Deno.readFileSync(path);
  const { key_value_metadata: facts = [] } = parquetMetadata(bytes.buffer);
  const text = facts.find(({ key }) => key === "ARROW:schema")?.value ?? "";
  const message = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  for (const field of new arrow.MessageReader(message).readSchema().fields) {
    console.log(`arrow   ${field}`);
  }
}
