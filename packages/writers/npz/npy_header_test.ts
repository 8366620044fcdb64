import assert from "node:assert/strict";
import { test } from "node:test";
import { type Dtype, type ErrorCode, isRsembedError } from "@rsembed/core";
import { decodeNpyHeader, encodeNpyHeader, npyDataOffset, npyPrefixBytes } from "./npy_header.ts";

const ascii = new TextEncoder();

/** A header with a text of anyone's. */
function header(text: string, major = 1): Uint8Array {
  const body = ascii.encode(text);
  const start = major === 1 ? 10 : 12;
  const bytes = new Uint8Array(start + body.length);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, major, 0]);
  new DataView(bytes.buffer).setUint16(8, body.length, true);
  bytes.set(body, start);
  return bytes;
}

test("encodeNpyHeader() writes what numpy writes", () => {
  const bytes = encodeNpyHeader({ dtype: "float32", shape: [3, 6] });
  // from the archives of rs-embed
  const text = "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 6), }";
  assert.equal(bytes.length, 128);
  assert.deepEqual([...bytes.subarray(0, 10)], [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, 118, 0]);
  assert.equal(new TextDecoder().decode(bytes.subarray(10)), `${text.padEnd(117)}\n`);
});

test("encodeNpyHeader() is read back for every dtype and number of axes", () => {
  const dtypes: Dtype[] = [
    ...["float32", "float64", "float16", "int8", "int16", "int32"] as const,
    ...["int64", "uint8", "uint16", "uint32", "uint64", "bool"] as const,
  ];
  for (const dtype of dtypes) {
    for (const axes of [0, 1, 2, 5, 64]) {
      const shape = Array.from({ length: axes }, (_, i) => i);
      const bytes = encodeNpyHeader({ dtype, shape });
      assert.equal(bytes.length % 64, 0);
      assert.equal(npyDataOffset(bytes.subarray(0, npyPrefixBytes), "x"), bytes.length);
      assert.deepEqual(decodeNpyHeader(bytes, "x"), {
        dtype,
        shape,
        fortranOrder: false,
        bigEndian: false,
      });
    }
  }
});

test("encodeNpyHeader() refuses shapes that no array has", () => {
  for (const shape of [[-1], [1.5], [NaN], new Array(65).fill(1)]) {
    assert.throws(() => encodeNpyHeader({ dtype: "float32", shape }), RangeError);
  }
});

test("decodeNpyHeader() reads any order of keys, quotes, blanks and Python 2 integers", () => {
  for (
    const text of [
      `{'shape':(2L,3L),'fortran_order':True,'descr':'>f8'}`,
      `  { "descr" : ">f8" ,\n "shape": ( 2 , 3 , ), 'fortran_order': True , } \n`,
    ]
  ) {
    assert.deepEqual(decodeNpyHeader(header(text), "x"), {
      dtype: "float64",
      shape: [2, 3],
      fortranOrder: true,
      bigEndian: true,
    });
  }
});

test("decodeNpyHeader() refuses what is damaged or means more than numbers", () => {
  const cases: readonly [string, ErrorCode][] = [
    ["", "corrupt"],
    ["{}", "corrupt"],
    ["{'descr': '<f4', 'fortran_order': False, 'shape': (2,)", "corrupt"],
    ["{'descr': '<f4', 'fortran_order': False, 'shape': (2,), } x", "corrupt"],
    ["{'descr': '<f4', 'fortran_order': False, 'shape': 2, }", "corrupt"],
    ["{'descr': '<f4', 'fortran_order': 0, 'shape': (2,), }", "corrupt"],
    ["{'descr': '<f4', 'fortran_order': False, 'shape': (-2,), }", "corrupt"],
    ["{'descr': '<f4', 'fortran_order': False, 'shape': (2.5,), }", "corrupt"],
    ["{'descr': '<f4', 'fortran_order': False, 'shape': ('a',), }", "corrupt"],
    ["{'descr': '<f4', 'fortran_order': False, 'shape': ((2,),), }", "corrupt"],
    ["{'descr': '<f4' 'fortran_order': False, 'shape': (2,), }", "corrupt"],
    ["{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", "corrupt"],
    [`{'descr': '<f4', 'fortran_order': False, 'shape': (${"2,".repeat(65)}), }`, "corrupt"],
    [`{'descr': ${"(".repeat(20000)}`, "corrupt"],
    ["{'descr': __import__('os').system('x'), 'fortran_order': False, 'shape': ()}", "corrupt"],
    ["{'descr': '|O', 'fortran_order': False, 'shape': (2,), }", "unsupported"],
    ["{'descr': '<U4', 'fortran_order': False, 'shape': (2,), }", "unsupported"],
    ["{'descr': '<c8', 'fortran_order': False, 'shape': (2,), }", "unsupported"],
    ["{'descr': '|f4', 'fortran_order': False, 'shape': (2,), }", "unsupported"],
    ["{'descr': '', 'fortran_order': False, 'shape': (2,), }", "unsupported"],
    ["{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,), }", "unsupported"],
  ];
  for (const [text, code] of cases) {
    assert.throws(() => decodeNpyHeader(header(text), "x"), (error) => {
      assert(isRsembedError(error, code), `${text.slice(0, 60)}: ${error}`);
      return true;
    });
  }
});

test("npyDataOffset() refuses other files, versions and endless headers", () => {
  const at = (major: number, length: number) => {
    const bytes = header("xxxx", major);
    new DataView(bytes.buffer).setUint32(8, length, true);
    return bytes;
  };
  assert.equal(npyDataOffset(at(3, 500), "x"), 512);
  assert.throws(() => npyDataOffset(at(2, 2 ** 31), "x"), (e) => isRsembedError(e, "limit"));
  assert.throws(() => npyDataOffset(at(4, 500), "x"), (e) => isRsembedError(e, "unsupported"));
  assert.throws(
    () => npyDataOffset(at(1, 500).fill(0, 0, 1), "x"),
    (e) => isRsembedError(e, "corrupt"),
  );
});
