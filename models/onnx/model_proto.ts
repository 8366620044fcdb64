/**
 * ONNX messages.
 *
 * Source: onnx.proto of ONNX 1.12 (IR version 8): field numbers and enums.
 *
 * @module
 */

import {
  type Arrays,
  bytesOf,
  bytesPerElement,
  type Dtype,
  RsembedError,
  type RunOptions,
  sizeOf,
} from "@rsembed/core";
import { formatDim } from "./dim.ts";
import type { Graph, GraphNode, GraphValue, Initializer } from "./graph.ts";
import { ProtoMessage } from "./protobuf.ts";
import type { Attribute } from "./value.ts";

const irVersion = 8;
const opsetVersion = 17;

/** Protobuf readers refuse messages from 2 GiB on. */
const largestMessage = 2 ** 31 - 1;

const elementTypes: { readonly [D in Dtype]: number } = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
};

/** Where a tensor's values are: inside the message, or in a file beside it. */
export type Placement =
  | { readonly data: Arrays[Dtype] }
  | { readonly location: string; readonly offset: number };

/** Bytes of a tensor. */
export function byteLength({ dtype, shape }: Pick<Initializer, "dtype" | "shape">): number {
  return sizeOf(shape) * bytesPerElement[dtype];
}

/**
 * Loads a tensor, and holds it against its type.
 *
 * @throws {RangeError} If it has another number of values
 */
export async function loadTensor(
  tensor: Initializer,
  { signal }: RunOptions = {},
): Promise<Arrays[Dtype]> {
  const data = await tensor.load({ signal });
  if (data.byteLength !== byteLength(tensor)) {
    throw new RangeError(
      `Cannot write ${data.length} values as ${tensor.dtype} of shape (${tensor.shape})`,
    );
  }
  return data;
}

function attributeMessage(name: string, attribute: Attribute): ProtoMessage {
  const message = new ProtoMessage().string(1, name);
  switch (attribute.type) {
    case "float":
      return message.float(2, attribute.value).int(20, 1);
    case "int":
      return message.int(3, attribute.value).int(20, 2);
    case "string":
      return message.string(4, attribute.value).int(20, 3);
    case "ints":
      return message.ints(8, attribute.value).int(20, 7);
  }
}

function nodeMessage(node: GraphNode): ProtoMessage {
  const message = new ProtoMessage();
  for (const name of node.inputs) message.string(1, name);
  for (const name of node.outputs) message.string(2, name);
  message.string(3, node.name).string(4, node.op);
  for (const [name, attribute] of Object.entries(node.attributes)) {
    message.message(5, attributeMessage(name, attribute));
  }
  return message;
}

function valueMessage({ name, dtype, shape }: GraphValue): ProtoMessage {
  const sides = new ProtoMessage();
  for (const side of shape) {
    const message = new ProtoMessage();
    sides.message(
      1,
      typeof side === "number" ? message.int(1, side) : message.string(2, formatDim(side)),
    );
  }
  const tensor = new ProtoMessage().int(1, elementTypes[dtype]).message(2, sides);
  return new ProtoMessage().string(1, name).message(2, new ProtoMessage().message(1, tensor));
}

function tensorMessage(tensor: Initializer, placement: Placement): ProtoMessage {
  const message = new ProtoMessage().ints(1, tensor.shape).int(2, elementTypes[tensor.dtype])
    .string(8, tensor.name);
  // ONNX wants little-endian bytes, which is how typed arrays lie on every platform of the runtime
  if ("data" in placement) return message.bytes(9, bytesOf(placement));
  const entries = {
    location: placement.location,
    offset: placement.offset,
    length: byteLength(tensor),
  };
  for (const [key, value] of Object.entries(entries)) {
    message.message(13, new ProtoMessage().string(1, key).string(2, String(value)));
  }
  return message.int(14, 1);
}

/** The bytes of a model, its tensors placed as said, in the order of the graph's initializers. */
export function modelBytes(
  graph: Graph,
  placements: readonly Placement[],
): Uint8Array<ArrayBuffer> {
  const body = new ProtoMessage();
  for (const node of graph.nodes) body.message(1, nodeMessage(node));
  body.string(2, graph.name);
  for (const [i, tensor] of graph.initializers.entries()) {
    body.message(5, tensorMessage(tensor, placements[i]!));
  }
  for (const value of graph.inputs) body.message(11, valueMessage(value));
  for (const value of graph.outputs) body.message(12, valueMessage(value));
  const model = new ProtoMessage().int(1, irVersion).string(2, "rsembed").message(7, body)
    .message(8, new ProtoMessage().string(1, "").int(2, opsetVersion));
  if (model.length > largestMessage) {
    throw new RsembedError(
      "limit",
      `Cannot encode "${graph.name}": it takes ${model.length} bytes, a model is at most ` +
        `${largestMessage} without a data file`,
      { facts: { limit: "message bytes", max: largestMessage, actual: model.length } },
    );
  }
  return model.finish();
}

/**
 * A graph as the bytes of one ONNX model (IR 8, opset 17), with all weights inside: for small graphs.
 *
 * @throws {RsembedError} `limit` from 2 GiB on
 *
 * @example
 * ```ts
 * import { encodeModel, graph, input, relu } from "@rsembed/models/onnx";
 * import { InferenceSession, Tensor } from "onnxruntime-node";
 * import assert from "node:assert/strict";
 *
 * const x = input("x", { dtype: "float32", shape: [3] });
 * const session = await InferenceSession.create(await encodeModel(graph("relu", { y: relu(x) })));
 * const { y } = await session.run({ x: new Tensor("float32", [-1, 0, 2], [1, 3]) });
 * assert.deepEqual(y?.data, Float32Array.of(0, 0, 2));
 * ```
 */
export async function encodeModel(graph: Graph): Promise<Uint8Array<ArrayBuffer>> {
  const total = graph.initializers.reduce((sum, tensor) => sum + byteLength(tensor), 0);
  if (total > largestMessage) {
    throw new RsembedError(
      "limit",
      `Cannot encode "${graph.name}": its weights take ${total} bytes, a model is at most ` +
        `${largestMessage} without a data file`,
      { facts: { limit: "message bytes", max: largestMessage, actual: total } },
    );
  }
  const placements: Placement[] = [];
  for (const tensor of graph.initializers) placements.push({ data: await loadTensor(tensor) });
  return modelBytes(graph, placements);
}
