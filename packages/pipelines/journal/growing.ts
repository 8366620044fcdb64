/**
 * Numbers by place, in as little memory as numbers take.
 *
 * @module
 */

/** Whole numbers by index; those never set are -1. */
export class Growing {
  #values: Float64Array = new Float64Array(1024).fill(-1);

  /** The number at an index. */
  get(index: number): number {
    return this.#values[index] ?? -1;
  }

  /** Sets the number at an index, however far. */
  set(index: number, value: number): void {
    if (index >= this.#values.length) {
      const larger = new Float64Array(Math.max(2 * this.#values.length, index + 1)).fill(-1);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[index] = value;
  }
}
