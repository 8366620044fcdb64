/**
 * Cells of a rectangle along a Hilbert curve: those that follow each other lie close together, at every scale,
 * so that what is read for one still serves the next.
 *
 * @module
 */

/** A cell. */
export type GridCell = readonly [column: number, row: number];

/** A square of the curve: a corner, and the two sides from there as vectors. */
interface Square {
  readonly x: number;
  readonly y: number;
  readonly ax: number;
  readonly ay: number;
  readonly bx: number;
  readonly by: number;
}

/**
 * All cells of `columns` x `rows`, from the corner of cell (0, 0).
 *
 * Source: D. Hilbert (1891), "Ueber die stetige Abbildung einer Linie auf ein Flaechenstueck".
 */
export function* hilbertCells(columns: number, rows: number): Generator<GridCell> {
  if (columns < 1 || rows < 1) return;
  let side = 1;
  while (side < Math.max(columns, rows)) side *= 2;
  yield* visit({ x: 0, y: 0, ax: side, ay: 0, bx: 0, by: side }, side, columns, rows);
}

function* visit(
  { x, y, ax, ay, bx, by }: Square,
  side: number,
  columns: number,
  rows: number,
): Generator<GridCell> {
  // the corner of least coordinates
  const left = x + Math.min(0, ax) + Math.min(0, bx);
  const top = y + Math.min(0, ay) + Math.min(0, by);
  if (left >= columns || top >= rows) return;
  if (side === 1) {
    yield [left, top];
    return;
  }
  const [hax, hay, hbx, hby] = [ax / 2, ay / 2, bx / 2, by / 2];
  const parts: Square[] = [
    { x, y, ax: hbx, ay: hby, bx: hax, by: hay },
    { x: x + hax, y: y + hay, ax: hax, ay: hay, bx: hbx, by: hby },
    { x: x + hax + hbx, y: y + hay + hby, ax: hax, ay: hay, bx: hbx, by: hby },
    { x: x + hax + bx, y: y + hay + by, ax: -hbx, ay: -hby, bx: -hax, by: -hay },
  ];
  for (const part of parts) yield* visit(part, side / 2, columns, rows);
}
