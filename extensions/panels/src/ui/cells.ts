/** A place in a grid. */
export interface Cell {
  row: number;
  column: number;
}

/** The nearest cell to `at` that a grid of `rows` by `columns` has; the first where it has none. */
export const within = (at: Cell, rows: number, columns: number): Cell => ({
  row: Math.max(0, Math.min(rows - 1, at.row)),
  column: Math.max(0, Math.min(columns - 1, at.column))
});

/** Where a key leads to in a grid of `rows` by `columns`, an arrow by `step` cells; null where it leads nowhere. */
export function move(key: string, ctrl: boolean, at: Cell, rows: number, columns: number, page: number, step = 1): Cell | null {
  const to = (row: number, column: number) => within({ row, column }, rows, columns);
  switch (key) {
    case 'ArrowDown':
      return to(at.row + step, at.column);
    case 'ArrowUp':
      return to(at.row - step, at.column);
    case 'ArrowLeft':
      return columns > 1 ? to(at.row, at.column - step) : null;
    case 'ArrowRight':
      return columns > 1 ? to(at.row, at.column + step) : null;
    case 'PageDown':
      return to(at.row + page, at.column);
    case 'PageUp':
      return to(at.row - page, at.column);
    case 'Home':
      return to(ctrl ? 0 : at.row, 0);
    case 'End':
      return to(ctrl ? rows - 1 : at.row, columns - 1);
    default:
      return null;
  }
}
