import { cell, exact } from '../format.js';
import { type Bin } from '../records.js';
import { bars } from './figures.js';

/** How values are spread, small enough for a table's row. The table of the same figures is one click away. */
export function Histogram({ bins, label, width = 96, height = 20 }: { bins: Bin[]; label: string; width?: number; height?: number }) {
  if (bins.length === 0) {
    return null;
  }
  return (
    <svg className="wb-histogram" width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={label}>
      {bars(bins, width, height).map((bar, i) => (
        <rect key={i} x={bar.x} y={bar.y} width={bar.width} height={bar.height}>
          <title>{`${cell(bar.bin.low)} to ${cell(bar.bin.high)}: ${exact(bar.bin.count)}`}</title>
        </rect>
      ))}
    </svg>
  );
}
