/**
 * Catalogs: plain values that say what there is and how to load it. Extend one by spread.
 *
 * @module
 */

import { RsembedError } from "./errors.ts";
import { nearest } from "./names.ts";

/** What a catalog says of each entry without loading it. */
export interface Card {
  /** The one name that is written down, lower case. */
  readonly id: string;
  /** Other names, lower case. */
  readonly aliases?: readonly string[];
}

/** A card, and how to load what it describes. */
export interface CatalogEntry<C extends Card, T> {
  /** Facts, at hand at once. */
  readonly card: C;
  /** Loads the code; cheap to call again. */
  load(): Promise<T>;
}

/** Entries by any key; lookup goes by their cards. */
export type Catalog<C extends Card, T> = Readonly<Record<string, CatalogEntry<C, T>>>;

/**
 * Finds an entry by id or alias, ignoring case and surrounding blanks.
 *
 * @param kind What the entries are, for the message: "model", "provider", "format"
 * @throws {RsembedError} `not-found` with the nearest names
 *
 * @example
 * ```ts
 * import { lookup } from "@rsembed/core";
 * import assert from "node:assert/strict";
 *
 * const toys = { ball: { card: { id: "ball", aliases: ["sphere"] }, load: () => Promise.resolve(1) } };
 * assert.equal(lookup(toys, " Sphere ", "toy").card.id, "ball");
 * assert.throws(() => lookup(toys, "bal", "toy"), /did you mean "ball"/);
 * ```
 */
export function lookup<C extends Card, T>(
  catalog: Catalog<C, T>,
  name: string,
  kind: string,
): CatalogEntry<C, T> {
  const wanted = name.trim().toLowerCase();
  const entries = Object.values(catalog);
  const found = entries.find(({ card }) =>
    card.id.toLowerCase() === wanted ||
    (card.aliases ?? []).some((alias) => alias.toLowerCase() === wanted)
  );
  if (found) return found;
  const names = entries.flatMap(({ card }) => [card.id, ...(card.aliases ?? [])]);
  const near = nearest(wanted, names);
  const hint = near.length > 0
    ? `did you mean ${near.map((n) => `"${n}"`).join(", ")}`
    : `there are ${entries.map(({ card }) => card.id).join(", ")}`;
  throw new RsembedError("not-found", `Cannot find ${kind} "${name}": ${hint}`, {
    facts: { name, nearest: near },
  });
}
