/**
 * Values by flag name, where a dot in a name means a nested object.
 *
 * @module
 */

/** Values by name. */
export interface ArgsObject {
  [name: string]: unknown;
}

function parentOf(target: ArgsObject, path: readonly string[]): ArgsObject {
  let at = target;
  for (const part of path.slice(0, -1)) {
    if (!Object.hasOwn(at, part) || typeof at[part] !== "object" || at[part] === null) {
      define(at, part, {});
    }
    at = at[part] as ArgsObject;
  }
  return at;
}

// Plain assignment to `__proto__` would change the object's prototype.
function define(target: ArgsObject, name: string, value: unknown): void {
  Object.defineProperty(target, name, {
    value,
    writable: true,
    enumerable: true,
    configurable: true,
  });
}

/** Sets the value of a dotted name. */
export function setIn(target: ArgsObject, name: string, value: unknown): void {
  const path = name.split(".");
  define(parentOf(target, path), path.at(-1)!, value);
}

/** Appends to the list of a dotted name. */
export function addTo(target: ArgsObject, name: string, value: unknown): void {
  const path = name.split(".");
  const parent = parentOf(target, path);
  const last = path.at(-1)!;
  const old = Object.hasOwn(parent, last) ? parent[last] : undefined;
  if (Array.isArray(old)) old.push(value);
  else define(parent, last, old ? [old, value] : [value]);
}

/** Whether a dotted name has a value. */
export function hasIn(target: ArgsObject, name: string): boolean {
  let at: unknown = target;
  for (const part of name.split(".")) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, part)) return false;
    at = (at as ArgsObject)[part];
  }
  return true;
}

/** Whether a text is a decimal or hexadecimal number. */
export function looksNumeric(text: string): boolean {
  return /^0x[0-9a-f]+$/i.test(text) ||
    /^[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?$/.test(text);
}
