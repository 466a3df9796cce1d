import { useState } from 'react';
import { exact, moment, score as scoreWords } from '../format.js';
import { type TimePoint } from '../records.js';
import { When } from '../ui/When.js';
import { dots } from './figures.js';

const WIDTH = 560;
const HEIGHT = 80;

/** The score over time, as a line and as a table; what was unusual is marked. */
export function ScoreSeries({ points }: { points: TimePoint[] }) {
  const [table, setTable] = useState(false);
  // One point is no course of things: it stands above as the score.
  if (points.length < 2) {
    return null;
  }
  const line = dots(points, WIDTH, HEIGHT, point => point.score);
  return (
    <section aria-label="Score over time">
      <h3>
        Over time
        <button type="button" className="wb-link" aria-pressed={table} onClick={() => setTable(!table)}>
          {table ? 'Show as a line' : 'Show as a table'}
        </button>
      </h3>
      {table ? (
        <Table points={points} />
      ) : (
        <svg className="wb-series" viewBox={`-6 -6 ${WIDTH + 40} ${HEIGHT + 12}`} role="img" aria-label={`Score over time, ${points.length} assessments`}>
          {[1, 0.8, 0.5, 0].map(mark => (
            <g key={mark}>
              <line x1={0} x2={WIDTH} y1={(1 - mark) * HEIGHT} y2={(1 - mark) * HEIGHT} />
              <text x={WIDTH + 6} y={(1 - mark) * HEIGHT + 3}>
                {mark}
              </text>
            </g>
          ))}
          <polyline points={line.map(dot => `${dot.x},${dot.y}`).join(' ')} />
          {line.map(dot => (
            <circle key={dot.point.at} cx={dot.x} cy={dot.y} r={3.5} data-odd={dot.point.anomalies.length > 0 || undefined}>
              <title>{[`${scoreWords(dot.point.score ?? 0)}, ${moment(dot.point.at)}, ${exact(dot.point.rows)} rows`, ...dot.point.anomalies].join('\n')}</title>
            </circle>
          ))}
        </svg>
      )}
      <ul className="wb-advice">
        {points.at(-1)?.anomalies.map(words => <li key={words}>{words}</li>)}
      </ul>
    </section>
  );
}

const Table = ({ points }: { points: TimePoint[] }) => (
  <div className="wb-sideways">
    <table className="wb-table" aria-label="Score over time">
      <thead>
        <tr>
          <th>When</th>
          <th className="wb-number">Score</th>
          <th className="wb-number">Rows</th>
          <th>Unusual</th>
        </tr>
      </thead>
      <tbody>
        {[...points].reverse().map(point => (
          <tr key={point.at}>
            <td>
              <When at={point.at} />
            </td>
            <td className="wb-number">{point.score === null ? 'not assessed' : scoreWords(point.score)}</td>
            <td className="wb-number">{exact(point.rows)}</td>
            <td>{point.anomalies.join(' ')}</td>
          </tr>
        ))}
      </tbody>
    </table>
  </div>
);
