/**
 * Places from CSV.
 *
 * @module
 */

import { pointBuffer, RsembedError } from "@rsembed/core";
import { parseNumber } from "./args.ts";
import type { Place } from "./places.ts";

/** Options of the readers of places. */
export interface PlacesOptions {
  /** Name of the file, for messages. */
  readonly source: string;
  /** Half the side of squares that name none, metres. */
  readonly bufferM: number;
}

const columnNames = {
  lon: ["lon", "longitude", "lng", "long", "x"],
  lat: ["lat", "latitude", "y"],
  name: ["name", "id"],
  buffer: ["buffer_m", "bufferm", "buffer"],
};

/** Fields of one line; quotes are doubled inside quotes (RFC 4180). */
function fieldsOf(line: string, separator: string): string[] {
  const fields: string[] = [];
  let field = "";
  let quoted = false;
  for (let i = 0; i < line.length; i++) {
    const char = line[i]!;
    if (quoted && char === '"' && line[i + 1] === '"') {
      field += '"';
      i++;
    } else if (char === '"') {
      quoted = !quoted;
    } else if (char === separator && !quoted) {
      fields.push(field.trim());
      field = "";
    } else {
      field += char;
    }
  }
  return [...fields, field.trim()];
}

/**
 * Reads places from CSV with a header: columns lon and lat (or longitude, latitude, x, y), and if they are
 * there, name or id, and buffer_m. Commas, semicolons or tabs separate.
 *
 * @throws {RsembedError} `spec` that names the line
 */
export function parseCsv(text: string, { source, bufferM }: PlacesOptions): Place[] {
  const refuse = (line: number, state: string, cause?: unknown): never => {
    throw new RsembedError("spec", `Cannot read places from "${source}", line ${line}: ${state}`, {
      facts: { field: "points", value: line },
      cause,
    });
  };
  const lines = text.replace(/^\uFEFF/, "").split(/\r?\n/);
  const header = lines[0] ?? "";
  const separator = [",", ";", "\t"].find((char) => header.includes(char)) ?? ",";
  const titles = fieldsOf(header, separator).map((title) => title.toLowerCase());
  const find = (names: readonly string[]) => titles.findIndex((title) => names.includes(title));
  const at = {
    lon: find(columnNames.lon),
    lat: find(columnNames.lat),
    name: find(columnNames.name),
    buffer: find(columnNames.buffer),
  };
  if (at.lon < 0 || at.lat < 0) refuse(1, "it must name the columns, lon and lat among them");
  const places: Place[] = [];
  lines.forEach((line, i) => {
    if (i === 0 || line.trim() === "") return;
    const fields = fieldsOf(line, separator);
    try {
      const buffer = fields[at.buffer] ?? "";
      places.push({
        name: fields[at.name] || null,
        spatial: pointBuffer({
          lon: parseNumber(fields[at.lon] ?? "", "lon"),
          lat: parseNumber(fields[at.lat] ?? "", "lat"),
          bufferM: buffer === "" ? bufferM : parseNumber(buffer, "buffer_m"),
        }),
      });
    } catch (cause) {
      refuse(i + 1, cause instanceof Error ? cause.message : String(cause), cause);
    }
  });
  return places;
}
