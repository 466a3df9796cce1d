import { useEffect, useMemo, useRef, useState } from 'react';
import { type TableData } from '../records.js';
import { Empty } from '../ui/States.js';
import { asKind, CHARACTER, type ChartKind, type ChartOf, draw, type Drawn, numericColumns, rounded, suggest, ticks, tickText, TILT, tiltedReach } from './chart.js';
import { timeTicks } from './timeAxis.js';

const KINDS: readonly (readonly [ChartKind, string])[] = [
  ['bar', 'Bars'],
  ['line', 'Line'],
  ['scatter', 'Points'],
  ['histogram', 'Histogram']
];
/** At least: words that are tilted may need more. */
const LEFT = 56;
const RIGHT = 12;
const TOP = 10;

function useSize() {
  const box = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState({ width: 640, height: 320 });
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => {
      const { width, height } = entry!.contentRect;
      setSize({ width: Math.max(160, Math.floor(width)), height: Math.max(120, Math.floor(height)) });
    });
    observer.observe(box.current!);
    return () => observer.disconnect();
  }, []);
  return { box, ...size };
}

/** A quick look at a result: what is drawn suits its types, and can be chosen. The table is behind it. */
export function Chart(props: { data: TableData; label: string; chosen: ChartOf | null; onChoose: (chart: ChartOf) => void }) {
  const { data, label, chosen } = props;
  const first = useMemo(() => suggest(data), [data]);
  const fits = chosen !== null && chosen.x < data.columns.length && chosen.y < data.columns.length;
  const chart = fits ? chosen : first;
  const drawn = useMemo(() => (chart ? draw(data, chart) : null), [data, chart]);
  const { box, width, height } = useSize();
  const numbers = numericColumns(data);
  const change = (part: Partial<ChartOf>) => chart && props.onChoose({ ...chart, ...part });
  const choose = (name: string, value: number, columns: number[], set: (column: number) => void) => (
    <label className="wb-sql-choice">
      {name}
      <select className="wb-select" value={value} onChange={event => set(Number(event.target.value))}>
        {columns.map(i => (
          <option key={i} value={i}>
            {data.columns[i]![0]}
          </option>
        ))}
      </select>
    </label>
  );

  return (
    <div className="wb-sql-chart">
      {chart && (
        <div className="wb-sql-bar">
          <label className="wb-sql-choice">
            Chart
            <select className="wb-select" value={chart.kind} onChange={event => change(asKind(data, chart, event.target.value as ChartKind))}>
              {KINDS.map(([kind, word]) => (
                <option key={kind} value={kind}>
                  {word}
                </option>
              ))}
            </select>
          </label>
          {choose('x', chart.x, chart.kind === 'histogram' ? numbers : data.columns.map((_, i) => i), x => change({ x }))}
          {chart.kind !== 'histogram' && choose('y', chart.y, numbers, y => change({ y }))}
          <span className="wb-facts">{drawn?.note}</span>
        </div>
      )}
      <div ref={box} className="wb-sql-drawing">
        {chart && drawn ? (
          <Drawing drawn={drawn} chart={chart} width={width} height={height} label={`${KINDS.find(([kind]) => kind === chart.kind)![1]} of ${label}`} />
        ) : (
          <Empty>There is no column of numbers to draw.</Empty>
        )}
      </div>
    </div>
  );
}

/** Where the middle of words stands so that they are inside of the drawing. */
const within = (x: number, words: string, width: number): number => Math.min(x, width - (words.length * CHARACTER) / 2);

function Drawing({ drawn, chart, width, height, label }: { drawn: Drawn; chart: ChartOf; width: number; height: number; label: string }) {
  const { marks, names } = drawn;
  const longest = names ? Math.max(0, ...names.map(name => name.length)) : 0;
  const tilted = names !== null && longest * CHARACTER > (width - LEFT - RIGHT) / Math.max(1, marks.length) - 4;
  const shown = names?.map(name => (name.length > 18 ? `${name.slice(0, 17)}…` : name));
  const left = tilted ? Math.max(LEFT, tiltedReach(shown!, width - RIGHT)) : LEFT;
  const across = Math.max(40, width - left - RIGHT);
  const slot = across / Math.max(1, marks.length);
  const below = tilted ? Math.min(90, 24 + longest * 5) : drawn.time === 'moment' ? 38 : 24;
  const up = Math.max(40, height - TOP - below);
  const wantedTicks = Math.max(2, up / 50);
  const ys = rounded(drawn.y, wantedTicks);
  const [y0, y1] = ys;
  const atY = (value: number) => TOP + up - ((value - y0) / (y1 - y0)) * up;
  const atX = (value: number) => left + ((value - drawn.x[0]) / (drawn.x[1] - drawn.x[0])) * across;
  const ground = atY(Math.max(y0, Math.min(y1, 0)));
  const yTicks = ticks(ys, wantedTicks);
  const wantedAcross = Math.max(2, across / 90);
  const xTicks = names ? [] : drawn.time ? timeTicks(drawn.x, wantedAcross, drawn.time === 'clock') : ticks(drawn.x, wantedAcross).map(at => ({ at, label: tickText(at), under: '' }));
  const column = (x: number, w: number, value: number, key: number, title: string) => (
    <rect key={key} className="wb-sql-mark" x={x} y={Math.min(atY(value), ground)} width={Math.max(1, w)} height={Math.max(0.5, Math.abs(atY(value) - ground))}>
      <title>{title}</title>
    </rect>
  );
  return (
    <svg width={width} height={height} role="img" aria-label={`${label}: ${marks.length} marks`}>
      {yTicks.map(tick => (
        <g key={tick}>
          <line className="wb-sql-line" x1={left} x2={width - RIGHT} y1={atY(tick)} y2={atY(tick)} />
          <text className="wb-sql-tick" x={left - 6} y={atY(tick)} dy="0.32em" textAnchor="end">
            {tickText(tick)}
          </text>
        </g>
      ))}
      {xTicks.map(tick => (
        <text key={tick.at} className="wb-sql-tick" y={TOP + up + 16} textAnchor="middle">
          <tspan x={within(atX(tick.at), tick.label, width)}>{tick.label}</tspan>
          {tick.under && (
            <tspan x={within(atX(tick.at), tick.under, width)} dy={14}>
              {tick.under}
            </tspan>
          )}
        </text>
      ))}
      {shown?.map((short, i) => {
        const x = left + (i + 0.5) * slot;
        return (
          <text key={i} className="wb-sql-tick" x={x} y={TOP + up + 14} textAnchor={tilted ? 'end' : 'middle'} transform={tilted ? `rotate(-${TILT} ${x} ${TOP + up + 14})` : undefined}>
            {short}
          </text>
        );
      })}
      {chart.kind === 'bar' && marks.map((mark, i) => column(left + i * slot + slot * 0.12, slot * 0.76, mark.y, i, mark.label))}
      {chart.kind === 'histogram' && marks.map((mark, i) => column(atX(mark.x) + 0.5, across / marks.length - 1, mark.y, i, mark.label))}
      {chart.kind === 'line' && <polyline className="wb-sql-path" points={marks.map(mark => `${atX(mark.x)},${atY(mark.y)}`).join(' ')} />}
      {(chart.kind === 'scatter' || (chart.kind === 'line' && marks.length <= 200)) &&
        marks.map((mark, i) => (
          <circle key={i} className="wb-sql-mark" cx={atX(mark.x)} cy={atY(mark.y)} r={chart.kind === 'line' ? 2.5 : 3} fillOpacity={chart.kind === 'line' ? 1 : 0.55}>
            <title>{mark.label}</title>
          </circle>
        ))}
      <line className="wb-sql-axis" x1={left} x2={width - RIGHT} y1={ground} y2={ground} />
    </svg>
  );
}
