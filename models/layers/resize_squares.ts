/**
 * Resizing images within a graph.
 *
 * @module
 */

import { type Float, floats, matMul } from "../onnx/mod.ts";
import { type Matrix, transposeMatrix } from "./matrix.ts";

/**
 * Resizes squares by the matrix of one axis, as {@linkcode bilinearMatrix} and {@linkcode bicubicMatrix} give it:
 * (..., S, S) to (..., S', S').
 *
 * @param matrix (S', S)
 */
export function resizeSquares(squares: Float, matrix: Matrix): Float {
  const constant = ({ rows, columns, data }: Matrix) => floats([rows, columns], data);
  return matMul(constant(matrix), matMul(squares, constant(transposeMatrix(matrix))));
}
