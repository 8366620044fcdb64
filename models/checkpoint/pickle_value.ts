/**
 * What a pickle holds, as inert data.
 *
 * @module
 */

import type { ElementType } from "./element_type.ts";

/** Lists, tuples and sets are arrays; dicts are maps. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PickleValue[]
  | Map<PickleValue, PickleValue>
  | PickledGlobal
  | PickledObject
  | PickledStorage
  | PickledTensor;

/** The name of a class or function. It is never looked up. */
export class PickledGlobal {
  /** `module.name`. */
  readonly path: string;
  constructor(path: string) {
    this.path = path;
  }
}

/** What would be an object of a class, or the result of a call, that this reader does not know. */
export class PickledObject {
  /** `module.name` of the class or function. */
  readonly path: string;
  readonly args: PickleValue[];
  state: PickleValue = null;
  constructor(path: string, args: PickleValue[]) {
    this.path = path;
    this.args = args;
  }
}

/** A reference to bytes beside the pickle. */
export class PickledStorage {
  readonly key: string;
  /** `null` where the tensor says it. */
  readonly type: ElementType | null;
  /** Class of the storage, for messages. */
  readonly path: string;
  /** Number of elements; of bytes where `type` is `null`. */
  readonly length: number;
  constructor(init: { key: string; type: ElementType | null; path: string; length: number }) {
    this.key = init.key;
    this.type = init.type;
    this.path = init.path;
    this.length = init.length;
  }
}

/** A tensor in a storage. Offset and strides count elements. */
export class PickledTensor {
  readonly storage: PickledStorage;
  readonly type: ElementType;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly stride: readonly number[];
  constructor(
    storage: PickledStorage,
    view: {
      type: ElementType;
      offset: number;
      shape: readonly number[];
      stride: readonly number[];
    },
  ) {
    this.storage = storage;
    this.type = view.type;
    this.offset = view.offset;
    this.shape = view.shape;
    this.stride = view.stride;
  }
}
