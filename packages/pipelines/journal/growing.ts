/**
 * Numbers by place, in as little memory as numbers take.
 *
 * @module
 */

/** The arrays that numbers can be kept in. */
type Numbers = Uint32Array | Float64Array;

/** Numbers of a page. Pages are made when they are needed, and never copied. */
const pageLength = 1024;

/** Whole numbers by index, from -1 on; those never set are -1. */
export class Growing {
  readonly #make: new (length: number) => Numbers;
  readonly #pages: (Numbers | undefined)[] = [];

  /** @param make The array that they are kept in: numbers are less by one than the largest that it holds */
  constructor(make: new (length: number) => Numbers) {
    this.#make = make;
  }

  /** The number at an index. */
  get(index: number): number {
    const page = this.#pages[Math.floor(index / pageLength)];
    // pages begin as zeros
    return (page?.[index % pageLength] ?? 0) - 1;
  }

  /** Sets the number at an index, however far. */
  set(index: number, value: number): void {
    const page = this.#pages[Math.floor(index / pageLength)] ??= new this.#make(pageLength);
    page[index % pageLength] = value + 1;
  }
}
