/**
 * A finished graph: a plain value that says everything but the weights' values, which it can load.
 *
 * @module
 */

import { type Arrays, bytesOf, type Dtype, type RunOptions } from "@rsembed/core";
import { countOperations } from "./count_operations.ts";
import { formatShape, staticDim } from "./dim.ts";
import type { Attribute, Operation, Origin, Value, ValueType } from "./value.ts";

/** An input or output of a graph; its first axis is the batch axis. */
export interface GraphValue extends ValueType {
  /** Its name in the model. */
  readonly name: string;
}

/** One node. Inputs and outputs are names of values; an empty name is an optional input left out. */
export interface GraphNode {
  /** Different for each node. */
  readonly name: string;
  /** Name in the default ONNX domain. */
  readonly op: string;
  /** Names of the values it takes, in the operator's order. */
  readonly inputs: readonly string[];
  /** Names of the values it gives. */
  readonly outputs: readonly string[];
  /** Attributes by name. */
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** A stored tensor, in C order. */
export interface Initializer {
  /** The name under which nodes take it. */
  readonly name: string;
  /** Element type. */
  readonly dtype: Dtype;
  /** Lengths of its axes. */
  readonly shape: readonly number[];
  /** Its values in C order. */
  load(options?: RunOptions): Promise<Arrays[Dtype]>;
}

/** A graph ready to be written. Nodes are in an order in which they can run. */
export interface Graph {
  /** Name for messages and tools. */
  readonly name: string;
  /** What is fed. */
  readonly inputs: readonly GraphValue[];
  /** What can be fetched. */
  readonly outputs: readonly GraphValue[];
  /** Each after those it needs. */
  readonly nodes: readonly GraphNode[];
  /** Weights and constants. */
  readonly initializers: readonly Initializer[];
  /** Multiplications and additions of its matrix products and convolutions, for a batch of one. */
  readonly operations: number;
}

/** Constants above this many bytes are not compared with others. */
const largestCompared = 4096;

const namePattern = /^[A-Za-z_][A-Za-z0-9_.]*$/;

/** The operations that some need, with them, each after those it needs itself. */
function inOrder(ends: readonly Operation[]): Operation[] {
  const done = new Set<Operation>();
  const order: Operation[] = [];
  // a stack of our own: a deep network must not depend on the depth of the call stack
  const stack = [...ends].reverse().map((operation) => ({ operation, leave: false }));
  for (let top = stack.pop(); top; top = stack.pop()) {
    const { operation } = top;
    if (done.has(operation)) continue;
    if (top.leave) {
      done.add(operation);
      order.push(operation);
      continue;
    }
    stack.push({ operation, leave: true });
    for (const value of [...operation.inputs].reverse()) {
      if (value?.origin.kind === "operation") {
        stack.push({ operation: value.origin.operation, leave: false });
      }
    }
  }
  return order;
}

/** Where a value comes from that no operation makes. */
type Leaf = Exclude<Origin, { readonly kind: "operation" }>;

/** Gives every leaf a name: inputs their own, equal constants and shared parameters one. */
class Leaves {
  readonly inputs: Map<string, GraphValue> = new Map();
  readonly initializers: Initializer[] = [];
  readonly #named: Map<unknown, string> = new Map();

  /** The name of a leaf, met for the first time or again. */
  nameOf(value: Value, origin: Leaf): string {
    const { dtype, shape } = value;
    switch (origin.kind) {
      case "input": {
        const known = this.inputs.get(origin.name);
        if (!known) this.inputs.set(origin.name, { name: origin.name, dtype, shape });
        else if (known.dtype !== dtype || formatShape(known.shape) !== formatShape(shape)) {
          throw new TypeError(`Cannot build the graph: there are two inputs "${origin.name}"`);
        }
        return origin.name;
      }
      case "parameter":
        return this.#store("w", value, origin.tensor, (options) => origin.tensor.load(options));
      case "constant": {
        const { data } = origin;
        const same = data.byteLength > largestCompared
          ? origin
          : `${dtype}${formatShape(shape)}${bytesOf({ data }).join()}`;
        return this.#store("c", value, same, () => Promise.resolve(data));
      }
    }
  }

  #store(kind: string, value: Value, key: unknown, load: Initializer["load"]): string {
    const known = this.#named.get(key);
    if (known !== undefined) return known;
    const name = `${kind}:${this.initializers.length}`;
    const shape = value.shape.map((side) => staticDim(side, "a stored side"));
    this.#named.set(key, name);
    this.initializers.push({ name, dtype: value.dtype, shape, load });
    return name;
  }
}

/** An operation that hands a value through. */
function identity(value: Value): Operation {
  const { dtype, shape } = value;
  return { op: "Identity", inputs: [value], attributes: {}, outputs: [{ dtype, shape }] };
}

/**
 * Collects the graph behind its outputs. What no output needs is left out, and equal constants are stored
 * once.
 *
 * @param outputs By name; each has the batch axis first
 * @throws {TypeError} If names clash or an output has no batch axis
 *
 * @example
 * ```ts
 * import { add, graph, input } from "@rsembed/models/onnx";
 * import assert from "node:assert/strict";
 *
 * const x = input("x", { dtype: "float32", shape: [3] });
 * const { inputs, nodes } = graph("plus-one", { y: add(x, 1) });
 * assert.deepEqual([inputs[0]?.name, nodes[0]?.op], ["x", "Add"]);
 * ```
 */
export function graph(name: string, outputs: Readonly<Record<string, Value>>): Graph {
  const names = new Map<Operation, string[]>();
  const ends: { readonly name: string; readonly value: Value; readonly operation: Operation }[] =
    [];
  for (const [outputName, value] of Object.entries(outputs)) {
    const { shape, origin } = value;
    const [first] = shape;
    if (typeof first !== "object" || first.batch !== 1) {
      throw new TypeError(
        `Cannot build "${name}": output "${outputName}" is ${formatShape(shape)}, ` +
          "its first axis must be N",
      );
    }
    // a name of its own also for an input handed through, and for one value under two names
    const own = origin.kind === "operation" && !names.get(origin.operation)?.[origin.index]
      ? origin
      : { operation: identity(value), index: 0 };
    const slots = names.get(own.operation) ?? [];
    slots[own.index] = outputName;
    names.set(own.operation, slots);
    ends.push({ name: outputName, value, operation: own.operation });
  }
  if (ends.length === 0) throw new TypeError(`Cannot build "${name}": it has no outputs`);

  const leaves = new Leaves();
  const nameOf = (value: Value | null): string => {
    if (value === null) return "";
    const { origin } = value;
    if (origin.kind !== "operation") return leaves.nameOf(value, origin);
    return names.get(origin.operation)![origin.index]!;
  };
  const operations = inOrder(ends.map(({ operation }) => operation));
  const nodes = operations.map((operation, i): GraphNode => {
    const label = `${operation.op}:${i}`;
    const given = names.get(operation) ?? [];
    const own = operation.outputs.map((_, k) => given[k] ?? `${label}:${k}`);
    names.set(operation, own);
    return {
      name: label,
      op: operation.op,
      inputs: operation.inputs.map(nameOf),
      outputs: own,
      attributes: operation.attributes,
    };
  });

  const inputs = [...leaves.inputs.values()];
  const ownNames = [...inputs.map((value) => value.name), ...ends.map((end) => end.name)];
  for (const [i, own] of ownNames.entries()) {
    if (!namePattern.test(own) || ownNames.indexOf(own) !== i) {
      throw new TypeError(
        `Cannot build "${name}": "${own}" is no name for an input or output, or is there twice`,
      );
    }
  }
  return {
    name,
    inputs,
    outputs: ends.map(({ name, value }) => ({ name, dtype: value.dtype, shape: value.shape })),
    nodes,
    initializers: leaves.initializers,
    operations: countOperations(operations),
  };
}
