/**
 * A pickle reader that executes nothing: classes and functions stay names, and the few calls that make up
 * a checkpoint are described by its host. Protocols 1 to 5, as Python 3 writes them; torch itself cannot
 * read protocol 0.
 *
 * Source: CPython `Lib/pickletools.py`, the description of each opcode.
 *
 * @module
 */

import { PickledGlobal, PickledObject, type PickleValue } from "./pickle_value.ts";
import { corrupt, overLimit } from "./refusal.ts";

/** What the reader asks of the format around it. */
export interface PickleHost {
  /** Name of the file, for messages. */
  readonly source: string;
  /** What a call would give, as data. */
  call(fn: PickledGlobal, args: PickleValue[]): PickleValue;
  /** What a reference to data beside the pickle means. */
  persistent(id: PickleValue): PickleValue;
}

// a checkpoint takes about 40 opcodes and 8 objects a tensor: these are for some 100,000 tensors
const maxOpcodes = 5_000_000;
const maxObjects = 1_000_000;
const maxMarks = 1000;
const maxIntegerBytes = 64;
const maxClassNameLength = 500;

/**
 * Reads a pickle.
 *
 * @throws {RsembedError} `corrupt` if it is damaged, `limit` if it is larger than any real checkpoint's
 */
export function unpickle(bytes: Uint8Array<ArrayBuffer>, host: PickleHost): PickleValue {
  return new Machine(bytes, host).run();
}

class Machine {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #view: DataView<ArrayBuffer>;
  readonly #host: PickleHost;
  readonly #text: TextDecoder = new TextDecoder("utf-8", { ignoreBOM: true });
  readonly #stack: PickleValue[] = [];
  readonly #marks: number[] = [];
  readonly #memo: Map<number, PickleValue> = new Map();
  #at = 0;
  #objects = 0;

  constructor(bytes: Uint8Array<ArrayBuffer>, host: PickleHost) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#host = host;
  }

  run(): PickleValue {
    for (let steps = 0; steps < maxOpcodes; steps++) {
      const opcode = this.#u8();
      if (opcode === 0x2e) return this.#pop();
      this.#step(opcode);
    }
    throw overLimit(this.#host.source, "pickle opcodes", { max: maxOpcodes });
  }

  #damaged(state: string): Error {
    return corrupt(this.#host.source, `its pickle is damaged at byte ${this.#at}: ${state}`);
  }

  #take(length: number): Uint8Array<ArrayBuffer> {
    const start = this.#at;
    if (!(length <= this.#bytes.length - start)) throw this.#damaged("it ends too early");
    this.#at += length;
    return this.#bytes.subarray(start, this.#at);
  }

  #skip(length: number): number {
    this.#take(length);
    return this.#at - length;
  }

  #u8 = (): number => this.#view.getUint8(this.#skip(1));
  #u16 = (): number => this.#view.getUint16(this.#skip(2), true);
  #u32 = (): number => this.#view.getUint32(this.#skip(4), true);
  #i32 = (): number => this.#view.getInt32(this.#skip(4), true);
  #u64 = (): number => Number(this.#view.getBigUint64(this.#skip(8), true));

  #string(length: number): string {
    return this.#text.decode(this.#take(length));
  }

  #line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#at);
    if (end < 0) throw this.#damaged("a line has no end");
    const line = this.#string(end - this.#at);
    this.#at++;
    return line;
  }

  #push(value: PickleValue): void {
    this.#stack.push(value);
  }

  /** Pushes something that takes memory of its own. */
  #make(value: PickleValue): void {
    if (++this.#objects > maxObjects) {
      throw overLimit(this.#host.source, "pickled objects", { max: maxObjects });
    }
    this.#stack.push(value);
  }

  #pop(): PickleValue {
    if (this.#stack.length <= (this.#marks.at(-1) ?? 0)) throw this.#damaged("the stack is empty");
    return this.#stack.pop()!;
  }

  #top(): PickleValue {
    const value = this.#pop();
    this.#stack.push(value);
    return value;
  }

  #popMany(count: number): PickleValue[] {
    const values: PickleValue[] = [];
    for (let i = 0; i < count; i++) values.unshift(this.#pop());
    return values;
  }

  #mark(): void {
    if (this.#marks.length >= maxMarks) {
      throw overLimit(this.#host.source, "nested marks in its pickle", { max: maxMarks });
    }
    this.#marks.push(this.#stack.length);
  }

  #popMark(): PickleValue[] {
    const start = this.#marks.pop();
    if (start === undefined) throw this.#damaged("there is no mark");
    return this.#stack.splice(start);
  }

  #get(key: number): void {
    const value = this.#memo.get(key);
    if (value === undefined) throw this.#damaged(`nothing is remembered as ${key}`);
    this.#push(value);
  }

  #number(text: string): number | bigint {
    if (!/^[+-]?\d{1,150}$/.test(text)) throw this.#damaged("a number is expected");
    return narrow(BigInt(text));
  }

  #integer(length: number): number | bigint {
    if (length > maxIntegerBytes) throw this.#damaged(`an integer of ${length} bytes`);
    let value = 0n;
    const bytes = this.#take(length);
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]!);
    return narrow(BigInt.asIntN(8 * length, value));
  }

  #call(fn: PickleValue, args: PickleValue): void {
    const list = Array.isArray(args) ? args : [args];
    if (fn instanceof PickledGlobal) this.#make(this.#host.call(fn, list));
    else this.#make(new PickledObject("an unnamed callable", list));
  }

  #append(target: PickleValue, values: readonly PickleValue[]): void {
    // what an unknown class would do with items is unknown: they are dropped
    if (target instanceof PickledObject) return;
    if (!Array.isArray(target)) throw this.#damaged("items are added to no list");
    for (const value of values) target.push(value);
  }

  #setItems(target: PickleValue, pairs: readonly PickleValue[]): void {
    if (target instanceof PickledObject) return;
    if (!(target instanceof Map)) throw this.#damaged("items are set on no dict");
    if (pairs.length % 2 !== 0) throw this.#damaged("a key has no value");
    for (let i = 0; i < pairs.length; i += 2) target.set(pairs[i]!, pairs[i + 1]!);
  }

  #global(module: PickleValue, name: PickleValue): void {
    if (
      typeof module !== "string" || typeof name !== "string" ||
      module.length + name.length > maxClassNameLength
    ) {
      throw this.#damaged("a class has no short name");
    }
    this.#make(new PickledGlobal(`${module}.${name}`));
  }

  #step(opcode: number): void {
    switch (opcode) {
      case 0x80: // PROTO
        if (this.#u8() > 5) throw this.#damaged("its protocol is newer than 5");
        return;
      case 0x95: // FRAME: only a hint for readers of streams
        this.#skip(8);
        return;
      case 0x28: // MARK
        return this.#mark();
      case 0x30: // POP
        if (this.#stack.length === this.#marks.at(-1)) this.#marks.pop();
        else this.#pop();
        return;
      case 0x31: // POP_MARK
        this.#popMark();
        return;
      case 0x32: // DUP
        return this.#push(this.#top());

      case 0x4e: // NONE
        return this.#push(null);
      case 0x88: // NEWTRUE
        return this.#push(true);
      case 0x89: // NEWFALSE
        return this.#push(false);
      case 0x49: { // INT, which spells booleans as 01 and 00
        const text = this.#line();
        return this.#push(text === "01" ? true : text === "00" ? false : this.#number(text));
      }
      case 0x4c: // LONG
        return this.#push(this.#number(this.#line().replace(/L$/, "")));
      case 0x47: // BINFLOAT
        return this.#push(this.#view.getFloat64(this.#skip(8), false));
      case 0x4b: // BININT1
        return this.#push(this.#u8());
      case 0x4d: // BININT2
        return this.#push(this.#u16());
      case 0x4a: // BININT
        return this.#push(this.#i32());
      case 0x8a: // LONG1
        return this.#push(this.#integer(this.#u8()));
      case 0x8b: // LONG4
        return this.#push(this.#integer(this.#u32()));

      case 0x8c: // SHORT_BINUNICODE
        return this.#make(this.#string(this.#u8()));
      case 0x58: // BINUNICODE
        return this.#make(this.#string(this.#u32()));
      case 0x8d: // BINUNICODE8
        return this.#make(this.#string(this.#u64()));
      case 0x43: // SHORT_BINBYTES
        return this.#make(this.#take(this.#u8()));
      case 0x42: // BINBYTES
        return this.#make(this.#take(this.#u32()));
      case 0x8e: // BINBYTES8
      case 0x96: // BYTEARRAY8
        return this.#make(this.#take(this.#u64()));

      case 0x5d: // EMPTY_LIST
      case 0x29: // EMPTY_TUPLE
      case 0x8f: // EMPTY_SET
        return this.#make([]);
      case 0x74: // TUPLE
      case 0x91: // FROZENSET
        return this.#make(this.#popMark());
      case 0x85: // TUPLE1
      case 0x86: // TUPLE2
      case 0x87: // TUPLE3
        return this.#make(this.#popMany(opcode - 0x84));
      case 0x61: { // APPEND
        const value = this.#pop();
        return this.#append(this.#top(), [value]);
      }
      case 0x65: // APPENDS
      case 0x90: { // ADDITEMS
        const values = this.#popMark();
        return this.#append(this.#top(), values);
      }
      case 0x7d: // EMPTY_DICT
        return this.#make(new Map());
      case 0x73: { // SETITEM
        const pair = this.#popMany(2);
        return this.#setItems(this.#top(), pair);
      }
      case 0x75: { // SETITEMS
        const pairs = this.#popMark();
        return this.#setItems(this.#top(), pairs);
      }

      case 0x71: // BINPUT
        this.#memo.set(this.#u8(), this.#top());
        return;
      case 0x72: // LONG_BINPUT
        this.#memo.set(this.#u32(), this.#top());
        return;
      case 0x94: // MEMOIZE
        this.#memo.set(this.#memo.size, this.#top());
        return;
      case 0x68: // BINGET
        return this.#get(this.#u8());
      case 0x6a: // LONG_BINGET
        return this.#get(this.#u32());

      case 0x63: { // GLOBAL
        const module = this.#line();
        return this.#global(module, this.#line());
      }
      case 0x93: { // STACK_GLOBAL
        const [module, name] = this.#popMany(2);
        return this.#global(module!, name!);
      }
      case 0x52: // REDUCE
      case 0x81: { // NEWOBJ
        const [fn, args] = this.#popMany(2);
        return this.#call(fn!, args!);
      }
      case 0x92: { // NEWOBJ_EX
        const [fn, args] = this.#popMany(3);
        return this.#call(fn!, args!);
      }
      case 0x62: { // BUILD
        const state = this.#pop();
        const target = this.#top();
        // attributes of dicts, parameters and the like (`_metadata`) say nothing of their values
        if (target instanceof PickledObject) target.state = state;
        return;
      }
      case 0x51: // BINPERSID
        return this.#make(this.#host.persistent(this.#pop()));
      default:
        throw this.#damaged(`opcode 0x${opcode.toString(16)} has no place in a checkpoint`);
    }
  }
}

function narrow(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
