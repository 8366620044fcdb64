/**
 * Upstream weights: safetensors and torch files, opened lazily and never executed.
 *
 * @module
 */

export { type ByteSource, fileSource, memorySource } from "./byte_source.ts";
export { type Checkpoint, type TensorInfo } from "./checkpoint.ts";
export { openCheckpoint, type OpenCheckpointOptions } from "./open.ts";
export { type KeyMap, randomCheckpoint, type RandomCheckpointOptions } from "./random.ts";
export {
  type LazyTensor,
  mapTensor,
  sliceRows,
  transposed,
  type Weights,
  weightsOf,
  type WeightsOptions,
} from "./weights.ts";
