/**
 * Expressions of the REST form, checked and read.
 *
 * @module
 */

/** A refusal with the service's status. */
export class ServiceError extends Error {
  readonly status: number;
  constructor(message: string, status = 400) {
    super(message);
    this.status = status;
  }
}

/** A node with references followed. */
export type Tree =
  | { readonly constant: unknown }
  | { readonly list: readonly Tree[] }
  | { readonly dictionary: Readonly<Record<string, Tree>> }
  | { readonly fn: string; readonly args: Readonly<Record<string, Tree>> }
  | { readonly parameters: readonly string[]; readonly body: Tree }
  | { readonly argument: string };

const kinds = [
  "constantValue",
  "integerValue",
  "bytesValue",
  "arrayValue",
  "dictionaryValue",
  "functionInvocationValue",
  "functionDefinitionValue",
  "argumentReference",
  "valueReference",
] as const;

// deno-lint-ignore no-explicit-any
type AnyNode = any;

/** Reads an expression; equal expressions give equal trees, however their nodes are shared and named. */
export function readGraph(graph: AnyNode): Tree {
  if (typeof graph?.result !== "string" || typeof graph?.values !== "object") {
    throw new ServiceError("Expression lacks result or values.");
  }
  const open = new Set<string>();
  const done = new Map<string, Tree>();
  const follow = (name: string): Tree => {
    const known = done.get(name);
    if (known) return known;
    if (!Object.hasOwn(graph.values, name)) throw new ServiceError(`No such value: ${name}.`);
    if (open.has(name)) throw new ServiceError(`Value ${name} refers to itself.`);
    open.add(name);
    const tree = read(graph.values[name]);
    open.delete(name);
    done.set(name, tree);
    return tree;
  };
  const all = (values: Record<string, AnyNode>) =>
    Object.fromEntries(Object.entries(values).map(([key, node]) => [key, read(node)]));
  function read(node: AnyNode): Tree {
    const present = Object.keys(node ?? {});
    const kind = kinds.find((name) => name === present[0]);
    if (present.length !== 1 || !kind) {
      throw new ServiceError(`A node has exactly one kind, not ${present.join(", ") || "none"}.`);
    }
    const value = node[kind];
    switch (kind) {
      case "constantValue":
        return { constant: value };
      case "integerValue":
        return { constant: Number(value) };
      case "bytesValue":
        return { constant: value };
      case "arrayValue": {
        const list = (value.values as AnyNode[]).map(read);
        // a list of constants and the constant list are the same
        return list.every((item) => "constant" in item)
          ? { constant: list.map((item) => (item as { constant: unknown }).constant) }
          : { list };
      }
      case "dictionaryValue":
        return { dictionary: all(value.values) };
      case "functionInvocationValue":
        if (typeof value.functionName !== "string") throw new ServiceError("A call has a name.");
        return { fn: value.functionName, args: all(value.arguments) };
      case "functionDefinitionValue":
        return { parameters: value.argumentNames, body: follow(value.body) };
      case "argumentReference":
        return { argument: value };
      case "valueReference":
        return follow(value);
    }
  }
  return follow(graph.result);
}
