/**
 * Expressions of Earth Engine: what it shall compute, as a graph in its REST form.
 *
 * @module
 */

import type { Json } from "@rsembed/core";

/** A call of one of the service's functions. */
export interface Call {
  /** Tells nodes apart. */
  readonly kind: "call";
  /** Name of the function, such as `Image.select`. */
  readonly name: string;
  /** Its arguments by name. */
  readonly args: Readonly<Record<string, Expression>>;
}

/** A part of an expression. A node used in several places is sent once. */
export type Expression =
  | Call
  | { readonly kind: "constant"; readonly value: Json }
  | { readonly kind: "argument"; readonly name: string }
  | { readonly kind: "function"; readonly argument: string; readonly body: Expression }
  | { readonly kind: "dictionary"; readonly values: Readonly<Record<string, Expression>> }
  | { readonly kind: "graph"; readonly graph: ExpressionGraph };

/** A node of the REST form, with exactly one of its keys. */
export interface ValueNode {
  /** Any JSON. */
  readonly constantValue?: Json;
  /** A whole number as text, where a double cannot hold it. */
  readonly integerValue?: string;
  /** Base64. */
  readonly bytesValue?: string;
  /** A list. */
  readonly arrayValue?: { readonly values: readonly ValueNode[] };
  /** A dictionary. */
  readonly dictionaryValue?: { readonly values: Readonly<Record<string, ValueNode>> };
  /** A call. */
  readonly functionInvocationValue?: {
    readonly functionName?: string;
    readonly functionReference?: string;
    readonly arguments: Readonly<Record<string, ValueNode>>;
  };
  /** A function of the expression's own; `body` is a key of `values`. */
  readonly functionDefinitionValue?: {
    readonly argumentNames: readonly string[];
    readonly body: string;
  };
  /** The argument of a function around this node. */
  readonly argumentReference?: string;
  /** A key of `values`. */
  readonly valueReference?: string;
}

/** An expression as the service reads it. */
export interface ExpressionGraph {
  /** The key of the node that is the answer. */
  readonly result: string;
  /** Nodes by name. */
  readonly values: Readonly<Record<string, ValueNode>>;
}

function isExpression(value: Json | Expression): value is Expression {
  return typeof value === "object" && value !== null && "kind" in value;
}

/** A value that stands in the expression as it is. */
export function constant(value: Json): Expression {
  return { kind: "constant", value };
}

/** A call; arguments that are plain JSON are constants. */
export function call(
  name: string,
  args: Readonly<Record<string, Json | Expression>>,
): Call {
  const nodes = Object.entries(args).map(([key, value]) =>
    [key, isExpression(value) ? value : constant(value)] as const
  );
  return { kind: "call", name, args: Object.fromEntries(nodes) };
}

/** Several answers in one, by name. */
export function dictionary(values: Readonly<Record<string, Expression>>): Expression {
  return { kind: "dictionary", values };
}

/** An expression in its REST form, as Google's clients write it, to be part of another. */
export function graphPart(graph: ExpressionGraph): Expression {
  return { kind: "graph", graph };
}

/** A collection with a function of one image applied to each of its images; not to be nested. */
export function mapImages(
  collection: Expression,
  fn: (image: Expression) => Expression,
): Call {
  const argument = "_MAPPING_VAR_0_0";
  return call("Collection.map", {
    collection,
    baseAlgorithm: { kind: "function", argument, body: fn({ kind: "argument", name: argument }) },
  });
}

/**
 * The REST form of an expression. Nodes used once stand where they are used, others are named and
 * referred to, as the service's own clients do it.
 *
 * Source: Google's Earth Engine REST reference, `Expression` and `ValueNode`.
 */
export function encodeExpression(root: Expression): ExpressionGraph {
  const uses = new Map<Expression, number>();
  countUses(root, uses);
  const values: Record<string, ValueNode> = {};
  const names = new Map<Expression, string>();
  let count = 0;
  const named = (node: Expression): string => {
    const known = names.get(node);
    if (known !== undefined) return known;
    const name = String(count++);
    names.set(node, name);
    values[name] = valueOf(node);
    return name;
  };
  const child = (node: Expression): ValueNode =>
    node.kind === "call" && uses.get(node)! > 1 ? { valueReference: named(node) } : valueOf(node);
  const children = (nodes: Readonly<Record<string, Expression>>) =>
    Object.fromEntries(Object.entries(nodes).map(([key, node]) => [key, child(node)]));
  function valueOf(node: Expression): ValueNode {
    switch (node.kind) {
      case "constant":
        return { constantValue: node.value };
      case "argument":
        return { argumentReference: node.name };
      case "dictionary":
        return { dictionaryValue: { values: children(node.values) } };
      case "function":
        return {
          functionDefinitionValue: { argumentNames: [node.argument], body: named(node.body) },
        };
      case "call":
        return {
          functionInvocationValue: { functionName: node.name, arguments: children(node.args) },
        };
      case "graph":
        return { valueReference: adopt(node.graph) };
    }
  }

  /** Takes over the nodes of another graph under names of their own; the name of its answer. */
  function adopt({ result, values: theirs }: ExpressionGraph): string {
    const prefix = `part${count++} `;
    for (const [name, node] of Object.entries(theirs)) {
      values[prefix + name] = renamed(node, prefix);
    }
    return prefix + result;
  }
  return { result: named(root), values };
}

/** A node whose references carry a prefix. */
function renamed(node: ValueNode, prefix: string): ValueNode {
  const all = (nodes: Readonly<Record<string, ValueNode>>) =>
    Object.fromEntries(Object.entries(nodes).map(([key, value]) => [key, renamed(value, prefix)]));
  const { valueReference, arrayValue, dictionaryValue } = node;
  const { functionInvocationValue: invoked, functionDefinitionValue: defined } = node;
  if (valueReference !== undefined) return { valueReference: prefix + valueReference };
  if (arrayValue) {
    return { arrayValue: { values: arrayValue.values.map((v) => renamed(v, prefix)) } };
  }
  if (dictionaryValue) return { dictionaryValue: { values: all(dictionaryValue.values) } };
  if (defined) {
    return { functionDefinitionValue: { ...defined, body: prefix + defined.body } };
  }
  if (!invoked) return node;
  const { functionReference } = invoked;
  return {
    functionInvocationValue: {
      ...invoked,
      ...(functionReference === undefined ? {} : { functionReference: prefix + functionReference }),
      arguments: all(invoked.arguments),
    },
  };
}

function countUses(node: Expression, uses: Map<Expression, number>): void {
  const before = uses.get(node) ?? 0;
  uses.set(node, before + 1);
  if (before > 0) return;
  if (node.kind === "call") { for (const arg of Object.values(node.args)) countUses(arg, uses); }
  if (node.kind === "dictionary") {
    for (const v of Object.values(node.values)) {
      countUses(v, uses);
    }
  }
  if (node.kind === "function") countUses(node.body, uses);
}
