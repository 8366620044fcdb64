/**
 * What the classes and functions in torch's pickles stand for. Whatever is not in these tables stays an
 * inert {@linkcode PickledObject}.
 *
 * Source: `torch/_utils.py` (`_rebuild_*`), `torch/serialization.py` (`persistent_id`).
 *
 * @module
 */

import type { ElementType } from "./element_type.ts";
import {
  PickledGlobal,
  PickledObject,
  PickledStorage,
  PickledTensor,
  type PickleValue,
} from "./pickle_value.ts";
import { corrupt } from "./refusal.ts";
import { isCount } from "./tensor_view.ts";
import type { PickleHost } from "./unpickle.ts";

const storageTypes: ReadonlyMap<string, ElementType | null> = new Map([
  ["torch.FloatStorage", "float32"],
  ["torch.DoubleStorage", "float64"],
  ["torch.HalfStorage", "float16"],
  ["torch.BFloat16Storage", "bfloat16"],
  ["torch.LongStorage", "int64"],
  ["torch.IntStorage", "int32"],
  ["torch.ShortStorage", "int16"],
  ["torch.CharStorage", "int8"],
  ["torch.ByteStorage", "uint8"],
  ["torch.BoolStorage", "bool"],
  ["torch.storage.UntypedStorage", null],
  ["torch.storage._UntypedStorage", null],
]);

const dtypes: ReadonlyMap<string, ElementType> = new Map(
  ([
    "float32",
    "float64",
    "float16",
    "bfloat16",
    "int64",
    "int32",
    "int16",
    "int8",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "bool",
  ] as const).map((name) => [`torch.${name}`, name]),
);

const maxRank = 64;

/** Names that Python 3 writes for protocols below 3 are those of Python 2. */
function modernPath(path: string): string {
  return path.replace(/^__builtin__\./, "builtins.").replace(/^copy_reg\./, "copyreg.")
    .replace(/^numpy\._core\./, "numpy.core.");
}

/** The host of torch's pickles. */
export function torchHost(source: string): PickleHost {
  const damaged = (state: string) => corrupt(source, `its pickle is damaged: ${state}`);

  const sides = (value: PickleValue | undefined): number[] => {
    if (!Array.isArray(value) || value.length > maxRank || !value.every(isCount)) {
      throw damaged("a tensor's shape is no short list of whole numbers");
    }
    return [...value] as number[];
  };

  const tensor = (path: string, args: PickleValue[], dtype?: PickleValue): PickleValue => {
    const [storage, offset, size, stride] = args;
    // a storage of another kind, such as a quantised one
    if (!(storage instanceof PickledStorage)) return new PickledObject(path, args);
    const named = dtype instanceof PickledGlobal ? dtypes.get(dtype.path) : undefined;
    const type = dtype === undefined ? storage.type : named;
    if (!type) return new PickledObject(path, args);
    const view = { type, offset: offset as number, shape: sides(size), stride: sides(stride) };
    if (!isCount(view.offset) || view.shape.length !== view.stride.length) {
      throw damaged("a tensor's shape and strides do not agree");
    }
    return new PickledTensor(storage, view);
  };

  const call = (fn: PickledGlobal, args: PickleValue[]): PickleValue => {
    const path = modernPath(fn.path);
    switch (path) {
      case "collections.OrderedDict":
      case "builtins.dict":
        return args.length === 0 ? new Map() : new PickledObject(path, args);
      case "collections.defaultdict":
        return new Map();
      case "builtins.set":
      case "builtins.frozenset":
      case "builtins.list":
      case "builtins.tuple":
      case "torch.Size": {
        const [items = []] = args;
        return Array.isArray(items) ? items : new PickledObject(path, args);
      }
      case "torch._utils._rebuild_tensor":
        return tensor(path, args);
      case "torch._utils._rebuild_tensor_v2":
        return hasViewBits(args[6]) ? new PickledObject(path, args) : tensor(path, args);
      case "torch._utils._rebuild_tensor_v3":
        return hasViewBits(args[7])
          ? new PickledObject(path, args)
          : tensor(path, args, args[6] ?? null);
      case "torch._utils._rebuild_parameter":
      case "torch._utils._rebuild_parameter_with_state":
        return args[0] instanceof PickledTensor ? args[0] : new PickledObject(path, args);
      case "torch._tensor._rebuild_from_type_v2": {
        // (function, class, arguments, attributes): a tensor with a Python class or attributes of its own
        const [inner, , innerArgs] = args;
        const plain = inner instanceof PickledGlobal && Array.isArray(innerArgs) &&
          /^torch\._utils\._rebuild_(tensor|parameter)/.test(inner.path);
        return plain ? call(inner, innerArgs) : new PickledObject(path, args);
      }
      case "copyreg._reconstructor":
        return new PickledObject(args[0] instanceof PickledGlobal ? args[0].path : path, []);
      case "_codecs.encode":
        return latin1(args) ?? new PickledObject(path, args);
      case "numpy.core.multiarray.scalar":
        return numpyScalar(args) ?? new PickledObject(path, args);
      default:
        return new PickledObject(fn.path, args);
    }
  };

  const persistent = (id: PickleValue): PickleValue => {
    const [kind, type, key, , length] = Array.isArray(id) ? id : [];
    if (
      kind !== "storage" || !(type instanceof PickledGlobal) || typeof key !== "string" ||
      !isCount(length)
    ) {
      throw damaged("a reference to a storage is not understood");
    }
    const known = storageTypes.get(type.path);
    if (known === undefined) return new PickledObject(type.path, []);
    return new PickledStorage({ key, type: known, length, path: type.path });
  };

  return { source, call, persistent };
}

/** Whether values are to be read negated or conjugated, which no state dict has asked for yet. */
function hasViewBits(metadata: PickleValue | undefined): boolean {
  return metadata instanceof Map && (metadata.get("neg") === true || metadata.get("conj") === true);
}

/** How protocols below 3 write bytes; only short ones, as found in numpy's numbers. */
function latin1([text, encoding]: readonly PickleValue[]): Uint8Array | null {
  if (typeof text !== "string" || text.length > 64 || encoding !== "latin1") return null;
  const codes = Array.from(text, (char) => char.codePointAt(0)!);
  return codes.every((code) => code < 256) ? Uint8Array.from(codes) : null;
}

function numpyScalar([dtype, bytes]: readonly PickleValue[]): PickleValue | null {
  if (!(dtype instanceof PickledObject) || dtype.path !== "numpy.dtype") return null;
  if (!(bytes instanceof Uint8Array)) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (`${dtype.args[0]}:${bytes.length}`) {
    case "f8:8":
      return view.getFloat64(0, true);
    case "f4:4":
      return view.getFloat32(0, true);
    case "i8:8":
      return Number(view.getBigInt64(0, true));
    case "i4:4":
      return view.getInt32(0, true);
    case "b1:1":
      return view.getUint8(0) !== 0;
    default:
      return null;
  }
}
