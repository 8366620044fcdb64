/**
 * Whether 8-bit products can be trusted on this processor.
 *
 * @module
 */

import { ndarray } from "@rsembed/core";
import { apply, constant, encodeModel, graph, input, scalar } from "../onnx/mod.ts";
import { openSession } from "./session.ts";

/** Long enough for the widest kernel. */
const length = 256;

/** The largest products there are: pairs of them do not fit into 16 bits. */
async function addsExactly(): Promise<boolean> {
  const x = input("x", { dtype: "uint8", shape: [length] });
  const weight = constant({
    dtype: "int8",
    shape: [length, 1],
    data: new Int8Array(length).fill(127),
  });
  const y = apply("MatMulInteger", {
    inputs: [x, weight, scalar(0, "uint8")],
    dtype: "int32",
    shape: [x.shape[0]!, 1],
  });
  const session = await openSession(await encodeModel(graph("int8", { y })), {
    device: "cpu",
    threads: 1,
  });
  try {
    const full = ndarray("uint8", { axes: ["n", "k"], shape: [1, length] });
    full.data.fill(255);
    const given = await session.run({ x: full });
    return Number(given.y!.data[0]) === 255 * 127 * length;
  } finally {
    await session[Symbol.asyncDispose]();
  }
}

let known: Promise<boolean> | undefined;

/**
 * Whether the runtime multiplies and adds 8-bit integers without overflow. On x86 processors without VNNI it adds
 * pairs of products in 16 bits, and graphs of `quantizeLinearLayers` are wrong there.
 *
 * @example
 * ```ts
 * import { hasExactInt8 } from "@rsembed/models/runtime";
 * import assert from "node:assert/strict";
 *
 * assert.equal(typeof await hasExactInt8(), "boolean");
 * ```
 */
export function hasExactInt8(): Promise<boolean> {
  return known ??= addsExactly();
}
