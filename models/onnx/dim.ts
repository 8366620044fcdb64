/**
 * Sides of tensors: numbers, and multiples of the one unknown, the batch size N.
 *
 * @module
 */

/** A side that is a multiple of the batch size: `{ batch: 3 }` is 3 N. */
export interface BatchDim {
  /** The factor, a whole number >= 1. */
  readonly batch: number;
}

/** A side of a tensor in a graph. */
export type Dim = number | BatchDim;

/**
 * The side `multiple * N`, N being the batch size.
 *
 * @param multiple A whole number >= 1
 * @throws {RangeError} If it is not
 */
export function batch(multiple = 1): BatchDim {
  if (!Number.isSafeInteger(multiple) || multiple < 1) {
    throw new RangeError(`Cannot use ${multiple} N as a side: multiples are whole numbers >= 1`);
  }
  return { batch: multiple };
}

/** Whether two sides are equal for every batch size. */
export function sameDim(a: Dim, b: Dim): boolean {
  if (typeof a === "number" || typeof b === "number") return a === b;
  return a.batch === b.batch;
}

/** A side as ONNX tools show it: `768`, `N`, `3N`. */
export function formatDim(dim: Dim): string {
  return typeof dim === "number" ? String(dim) : dim.batch === 1 ? "N" : `${dim.batch}N`;
}

/** A shape for messages: `(N, 50, 768)`. */
export function formatShape(shape: readonly Dim[]): string {
  return `(${shape.map(formatDim).join(", ")})`;
}

/** Elements of a shape: `count` of them, times N if `batched`. */
export interface DimProduct {
  readonly count: number;
  readonly batched: boolean;
}

/**
 * The number of elements of a shape.
 *
 * @throws {RangeError} If two sides depend on the batch size
 */
export function dimProduct(shape: readonly Dim[]): DimProduct {
  let count = 1;
  let batched = false;
  for (const dim of shape) {
    if (typeof dim === "number") count *= dim;
    else if (batched) {
      throw new RangeError(
        `Cannot use the shape ${formatShape(shape)}: one side may depend on the batch size`,
      );
    } else {
      count *= dim.batch;
      batched = true;
    }
  }
  return { count, batched };
}

/** A side that must be a number. */
export function staticDim(dim: Dim | undefined, what: string): number {
  if (typeof dim !== "number") {
    throw new RangeError(
      `Cannot use ${what} of ${dim === undefined ? "no length" : formatDim(dim)}: ` +
        `it must not depend on the batch size`,
    );
  }
  return dim;
}

/**
 * An axis as a number from 0, from one that may count from the end.
 *
 * @throws {RangeError} If there is no such axis
 */
export function axisOf(axis: number, rank: number): number {
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank) {
    throw new RangeError(`Cannot use axis ${axis}: there are ${rank} axes`);
  }
  return axis < 0 ? axis + rank : axis;
}

/**
 * The shape that two shapes broadcast to.
 *
 * @throws {RangeError} If they do not
 */
export function broadcast(a: readonly Dim[], b: readonly Dim[]): Dim[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const left = a[i - rank + a.length] ?? 1;
    const right = b[i - rank + b.length] ?? 1;
    if (left === 1 || sameDim(left, right)) return right;
    if (right === 1) return left;
    throw new RangeError(`Cannot broadcast ${formatShape(a)} with ${formatShape(b)}`);
  });
}
