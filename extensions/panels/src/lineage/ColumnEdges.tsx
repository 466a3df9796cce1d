import { exact } from '../format.js';
import { type ColumnEdge } from '../records.js';

/** A side panel is no place for thousands of lines. */
const MOST = 200;

/** Which column was made of which, and by what. */
export function ColumnEdges({ columns }: { columns: readonly ColumnEdge[] }) {
  return (
    <table className="wb-table wb-small wb-column-edges" aria-label="Columns">
      <thead>
        <tr>
          <th>Column</th>
          <th>Made of</th>
          <th>By</th>
        </tr>
      </thead>
      <tbody>
        {columns.slice(0, MOST).map(({ source, target, transforms }) => (
          <tr key={`${target} ${source}`}>
            <td title={target}>{target}</td>
            <td title={source}>{source}</td>
            <td title={transforms.join('\n')}>{transforms.length > 0 ? transforms.join(', ') : <span className="wb-hint">as it is</span>}</td>
          </tr>
        ))}
        {columns.length > MOST && (
          <tr>
            <td colSpan={3} className="wb-hint">
              and {exact(columns.length - MOST)} more
            </td>
          </tr>
        )}
      </tbody>
    </table>
  );
}
