/**
 * Upstream weights in, a runnable graph out: checkpoints, ONNX graphs, layers, downloads, sessions.
 *
 * @module
 */

export { type ByteSource, fileSource, memorySource } from "./checkpoint/byte_source.ts";
export { type Checkpoint, type TensorInfo } from "./checkpoint/checkpoint.ts";
export { openCheckpoint, type OpenCheckpointOptions } from "./checkpoint/open.ts";
export {
  type LazyTensor,
  mapTensor,
  sliceRows,
  transposed,
  type Weights,
  weightsOf,
  type WeightsOptions,
} from "./checkpoint/weights.ts";
