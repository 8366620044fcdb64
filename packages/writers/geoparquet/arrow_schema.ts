/**
 * The Arrow schema of a table, as readers of Parquet look for it under `ARROW:schema`: that a list has one length is
 * something that Parquet itself cannot say.
 *
 * Source: Apache Arrow, `format/Schema.fbs` and `format/Message.fbs`; FlatBuffers, `internals.md`.
 *
 * @module
 */

/** Types of Arrow that tables here have. */
export type ArrowType =
  | { readonly kind: "utf8" }
  | { readonly kind: "binary" }
  | { readonly kind: "float"; readonly bits: 16 | 32 | 64 }
  | { readonly kind: "int"; readonly bits: 8 | 32 }
  | { readonly kind: "date" }
  | { readonly kind: "timestamp" }
  | { readonly kind: "list"; readonly item: ArrowField }
  | { readonly kind: "fixed_list"; readonly length: number; readonly item: ArrowField }
  | { readonly kind: "struct"; readonly fields: readonly ArrowField[] };

/** A column. */
export interface ArrowField {
  readonly name: string;
  readonly nullable: boolean;
  readonly type: ArrowType;
}

/** A table of a flat buffer: its slots by number; a slot is a number of some bytes, or what it points to. */
type Slot =
  | { readonly bytes: 1 | 2 | 4 | 8; readonly value: number }
  | { readonly to: Node };

interface Table {
  readonly slots: Readonly<Record<number, Slot>>;
}

type Node = Table | { readonly text: string } | { readonly vector: readonly Node[] };

/** Writes nodes front to back: each after what points to it, offsets filled in as nodes find their places. */
class FlatBuffer {
  #bytes: number[] = [];

  #align(to: number): void {
    while (this.#bytes.length % to !== 0) this.#bytes.push(0);
  }

  #put(at: number, size: number, value: number): void {
    let rest = BigInt(value);
    for (let i = 0; i < size; i++) {
      this.#bytes[at + i] = Number(rest & 0xffn);
      rest >>= 8n;
    }
  }

  #reserve(size: number): number {
    const at = this.#bytes.length;
    for (let i = 0; i < size; i++) this.#bytes.push(0);
    return at;
  }

  /** Writes what an offset at `at` is to point to. */
  #point(at: number, node: Node): void {
    this.#put(at, 4, this.#write(node) - at);
  }

  #write(node: Node): number {
    if ("text" in node) return this.#text(node.text);
    if ("vector" in node) return this.#vector(node.vector);
    return this.#table(node);
  }

  #text(text: string): number {
    const bytes = new TextEncoder().encode(text);
    this.#align(4);
    const at = this.#reserve(4);
    this.#put(at, 4, bytes.length);
    this.#bytes.push(...bytes, 0);
    return at;
  }

  #vector(nodes: readonly Node[]): number {
    this.#align(4);
    const at = this.#reserve(4 + 4 * nodes.length);
    this.#put(at, 4, nodes.length);
    nodes.forEach((node, i) => this.#point(at + 4 + 4 * i, node));
    return at;
  }

  #table({ slots }: Table): number {
    const entries = Object.entries(slots).map(([id, slot]) => ({ id: Number(id), slot }));
    const sizeOf = (slot: Slot) => "to" in slot ? 4 : slot.bytes;
    // the widest first, so that each is aligned by its size
    const ordered = entries.toSorted((a, b) => sizeOf(b.slot) - sizeOf(a.slot));
    const count = entries.reduce((most, { id }) => Math.max(most, id + 1), 0);
    this.#align(2);
    const vtable = this.#reserve(4 + 2 * count);
    // the first slot stands 4 bytes behind the start
    this.#align(4);
    if ((this.#bytes.length + 4) % 8 !== 0) this.#reserve(4);
    const start = this.#reserve(4);
    this.#put(start, 4, start - vtable);
    const places = new Map<Slot, number>();
    for (const { id, slot } of ordered) {
      const at = this.#reserve(sizeOf(slot));
      places.set(slot, at);
      this.#put(vtable + 4 + 2 * id, 2, at - start);
      if ("value" in slot) this.#put(at, slot.bytes, slot.value);
    }
    this.#put(vtable, 2, 4 + 2 * count);
    this.#put(vtable + 2, 2, this.#bytes.length - start);
    for (const { slot } of ordered) if ("to" in slot) this.#point(places.get(slot)!, slot.to);
    return start;
  }

  /** The buffer of a root table. */
  finish(root: Table): Uint8Array {
    const at = this.#reserve(4);
    this.#reserve(4);
    this.#point(at, root);
    this.#align(8);
    return Uint8Array.from(this.#bytes);
  }
}

const byte = (value: number): Slot => ({ bytes: 1, value });
const short = (value: number): Slot => ({ bytes: 2, value });
const int = (value: number): Slot => ({ bytes: 4, value });
const to = (node: Node): Slot => ({ to: node });

/** Numbers of the union of types, and the table of each. */
function typeOf(type: ArrowType): { readonly id: number; readonly table: Table } {
  switch (type.kind) {
    case "int":
      return { id: 2, table: { slots: { 0: int(type.bits), 1: byte(1) } } };
    case "float":
      return { id: 3, table: { slots: { 0: short({ 16: 0, 32: 1, 64: 2 }[type.bits]) } } };
    case "binary":
      return { id: 4, table: { slots: {} } };
    case "utf8":
      return { id: 5, table: { slots: {} } };
    case "date":
      return { id: 8, table: { slots: { 0: short(0) } } };
    case "timestamp":
      return { id: 10, table: { slots: { 0: short(2), 1: to({ text: "UTC" }) } } };
    case "list":
      return { id: 12, table: { slots: {} } };
    case "struct":
      return { id: 13, table: { slots: {} } };
    case "fixed_list":
      return { id: 16, table: { slots: { 0: int(type.length) } } };
  }
}

function fieldTable({ name, nullable, type }: ArrowField): Table {
  const { id, table } = typeOf(type);
  const children = "item" in type ? [type.item] : "fields" in type ? type.fields : [];
  return {
    slots: {
      0: to({ text: name }),
      1: byte(nullable ? 1 : 0),
      2: byte(id),
      3: to(table),
      5: to({ vector: children.map(fieldTable) }),
    },
  };
}

/** The schema of a table as a message of Arrow's streams, in base64. */
export function arrowSchema(fields: readonly ArrowField[]): string {
  const schema: Table = { slots: { 0: short(0), 1: to({ vector: fields.map(fieldTable) }) } };
  const message: Table = {
    // version 5, a schema, and nothing behind it
    slots: { 0: short(4), 1: byte(1), 2: to(schema), 3: { bytes: 8, value: 0 } },
  };
  const body = new FlatBuffer().finish(message);
  const all = new Uint8Array(8 + body.length);
  const view = new DataView(all.buffer);
  view.setUint32(0, 0xffffffff, true);
  view.setUint32(4, body.length, true);
  all.set(body, 8);
  return btoa(String.fromCharCode(...all));
}
