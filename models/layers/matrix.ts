/**
 * Small dense matrices in float64, for what is folded into weights.
 *
 * @module
 */

/** A matrix (R, C) in C order. */
export interface Matrix {
  /** Number of rows R. */
  readonly rows: number;
  /** Number of columns C. */
  readonly columns: number;
  /** Values, R * C. */
  readonly data: Float64Array;
}

/** A matrix of zeros. */
export function zeros(rows: number, columns: number): Matrix {
  return { rows, columns, data: new Float64Array(rows * columns) };
}

/** `a @ b`. */
export function multiply(a: Matrix, b: Matrix): Matrix {
  if (a.columns !== b.rows) {
    throw new RangeError(
      `Cannot multiply (${a.rows}, ${a.columns}) by (${b.rows}, ${b.columns})`,
    );
  }
  const out = zeros(a.rows, b.columns);
  for (let i = 0; i < a.rows; i++) {
    for (let k = 0; k < a.columns; k++) {
      const factor = a.data[i * a.columns + k]!;
      for (let j = 0; j < b.columns; j++) {
        out.data[i * b.columns + j]! += factor * b.data[k * b.columns + j]!;
      }
    }
  }
  return out;
}

/** Rows and columns exchanged. */
export function transposeMatrix({ rows, columns, data }: Matrix): Matrix {
  const out = zeros(columns, rows);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) out.data[j * rows + i] = data[i * columns + j]!;
  }
  return out;
}

const mostSweeps = 60;

/**
 * The Moore-Penrose inverse, (R, C) to (C, R).
 *
 * Source: one-sided Jacobi rotations (Hestenes 1958; Golub and Van Loan, "Matrix Computations", 8.6.3) give
 * A V = U S with orthogonal columns; then A+ = V S^-1 U^T. Singular values below 1e-12 of the largest count as 0.
 */
export function pseudoInverse(matrix: Matrix): Matrix {
  // with at least as many rows as columns, no column needs to vanish
  if (matrix.rows < matrix.columns) {
    return transposeMatrix(pseudoInverse(transposeMatrix(matrix)));
  }
  const { rows, columns } = matrix;
  const u = Float64Array.from(matrix.data);
  const v = new Float64Array(columns * columns);
  for (let i = 0; i < columns; i++) v[i * columns + i] = 1;

  const dot = (p: number, q: number) => {
    let sum = 0;
    for (let i = 0; i < rows; i++) sum += u[i * columns + p]! * u[i * columns + q]!;
    return sum;
  };
  const rotate = (
    m: Float64Array,
    height: number,
    { p, q, cos, sin }: { p: number; q: number; cos: number; sin: number },
  ) => {
    for (let i = 0; i < height; i++) {
      const [a, b] = [m[i * columns + p]!, m[i * columns + q]!];
      m[i * columns + p] = cos * a - sin * b;
      m[i * columns + q] = sin * a + cos * b;
    }
  };
  for (let sweep = 0, turned = true; turned && sweep < mostSweeps; sweep++) {
    turned = false;
    for (let p = 0; p < columns; p++) {
      for (let q = p + 1; q < columns; q++) {
        const [alpha, beta, gamma] = [dot(p, p), dot(q, q), dot(p, q)];
        if (Math.abs(gamma) <= 1e-15 * Math.sqrt(alpha * beta)) continue;
        turned = true;
        const zeta = (beta - alpha) / (2 * gamma);
        const tan = (zeta < 0 ? -1 : 1) / (Math.abs(zeta) + Math.hypot(1, zeta));
        const cos = 1 / Math.hypot(1, tan);
        const turn = { p, q, cos, sin: cos * tan };
        rotate(u, rows, turn);
        rotate(v, columns, turn);
      }
    }
  }

  const squares = Array.from({ length: columns }, (_, p) => dot(p, p));
  const cutoff = Math.max(...squares) * 1e-24;
  const out = zeros(columns, rows);
  for (const [p, square] of squares.entries()) {
    if (!(square > cutoff)) continue;
    for (let i = 0; i < columns; i++) {
      const factor = v[i * columns + p]! / square;
      for (let j = 0; j < rows; j++) out.data[i * rows + j]! += factor * u[j * columns + p]!;
    }
  }
  return out;
}
