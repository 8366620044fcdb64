/**
 * The list of functions that the service gives.
 *
 * @module
 */

import { functions } from "./evaluate.ts";

/** Names and arguments of the functions, as `algorithms` of the service lists them. */
export function algorithms(): unknown {
  return {
    algorithms: Object.entries(functions).map(([name, { required, optional = [] }]) => ({
      name: `algorithms/${name}`,
      description: "",
      returnType: /^(Image\.(?!bandNames|sampleRectangle)|reduce|ImageCollection\.mosaic|Collection\.first)/.test(name)
        ? "Image"
        : /load|^Collection\.(filter|limit|map)/.test(name)
        ? "ImageCollection"
        : "Object",
      arguments: [
        ...required.map((argumentName) => ({ argumentName, description: "", type: "Object" })),
        ...optional.map((argumentName) => ({
          argumentName,
          description: "",
          type: "Object",
          optional: true,
          defaultValue: null,
        })),
      ],
    })),
  };
}
