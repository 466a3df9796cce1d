export interface Point {
  x: number;
  y: number;
}

const toward = (from: Point, to: Point, distance: number): Point => {
  const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
  const part = Math.min(0.5, distance / length);
  return { x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part };
};

/** An SVG path through the points, its corners rounded. */
export function roundedPath(points: Point[], radius = 8): string {
  const [first, ...rest] = points;
  if (!first || rest.length === 0) {
    return '';
  }
  let path = `M${first.x},${first.y}`;
  for (let i = 1; i < points.length - 1; i++) {
    const corner = points[i]!;
    const before = toward(corner, points[i - 1]!, radius);
    const after = toward(corner, points[i + 1]!, radius);
    path += `L${before.x},${before.y}Q${corner.x},${corner.y} ${after.x},${after.y}`;
  }
  const last = points[points.length - 1]!;
  return `${path}L${last.x},${last.y}`;
}
