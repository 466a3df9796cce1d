import { type Layout } from '../lineage/layout.js';

export const DIRECTIONS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] } as const;

/** The step that stands nearest in a direction, where there is one: what is off the line counts twice. */
export function nextTo(layout: Pick<Layout, 'nodes'>, from: string, key: keyof typeof DIRECTIONS): string | undefined {
  const here = layout.nodes.get(from);
  const [right, down] = DIRECTIONS[key];
  const far = [...layout.nodes].flatMap(([name, { x, y }]) => {
    const [dx, dy] = [x - here!.x, y - here!.y];
    const along = dx * right + dy * down;
    return name !== from && along > 1 ? [{ name, far: along + 2 * Math.abs(right ? dy : dx) }] : [];
  });
  return far.sort((a, b) => a.far - b.far)[0]?.name;
}
