/**
 * ONNX graphs: built from typed expressions whose shapes are checked as they are written down, then
 * streamed to a file.
 *
 * @module
 */

export { batch, type BatchDim, type Dim, formatShape } from "./dim.ts";
export { type Graph, graph, type GraphNode, type GraphValue, type Initializer } from "./graph.ts";
export {
  apply,
  type ApplyOptions,
  type Attribute,
  constant,
  type Float,
  floats,
  input,
  type InputOptions,
  int64s,
  type Operation,
  type Origin,
  parameter,
  scalar,
  type Value,
  type ValueType,
} from "./value.ts";
export { encodeModel } from "./model_proto.ts";
export { add, cos, div, erf, mul, relu, sigmoid, sin, sub, tanh } from "./ops_elementwise.ts";
export {
  conv,
  type ConvOptions,
  gemm,
  type GemmOptions,
  matMul,
  maxPool,
  type MaxPoolOptions,
  type Padding,
} from "./ops_matrix.ts";
export {
  layerNormalization,
  type LayerNormalizationOptions,
  reduceL2,
  reduceMax,
  reduceMean,
  type ReduceOptions,
  softmax,
} from "./ops_reduce.ts";
export {
  type AxisOptions,
  concat,
  gather,
  pad,
  type PadOptions,
  reshape,
  slice,
  type SliceOptions,
  split,
  type SplitOptions,
  transpose,
} from "./ops_shape.ts";
export { quantizeLinearLayers } from "./quantize.ts";
export { writeModel } from "./write_model.ts";
