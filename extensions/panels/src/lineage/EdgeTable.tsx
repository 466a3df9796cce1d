import { type LineageEdge } from '../records.js';
import { Icon } from '../ui/Icon.js';
import { When } from '../ui/When.js';
import { ZoneMark } from '../ui/Zone.js';
import { edgeKey, type Graph } from './graph.js';

/** The same graph as a table: for screen readers, and for long lists. */
export function EdgeTable(props: { graph: Graph; selected: string | null; onEdge: (edge: LineageEdge) => void }) {
  const nodes = new Map(props.graph.nodes.map(node => [node.id, node]));
  const lines = [...props.graph.edges].sort(
    (a, b) => (nodes.get(a.source)?.depth ?? 0) - (nodes.get(b.source)?.depth ?? 0) || a.job.localeCompare(b.job)
  );
  const name = (id: string) => (
    <span className="wb-cell-name" title={nodes.get(id)?.name}>
      {nodes.get(id)?.kind === 'file' ? <Icon name="file" /> : <ZoneMark zone={nodes.get(id)?.zone ?? ''} />}
      {nodes.get(id)?.name ?? id}
    </span>
  );
  return (
    <div className="wb-scroll">
      <table className="wb-table wb-edge-table" aria-label="Lineage as a table">
        <thead>
          <tr>
            <th>From</th>
            <th>Job</th>
            <th>To</th>
            <th>Last run</th>
            <th className="wb-number">Runs</th>
          </tr>
        </thead>
        <tbody>
          {lines.map(edge => (
            <tr key={edgeKey(edge)} aria-selected={edgeKey(edge) === props.selected} onClick={() => props.onEdge(edge)}>
              <td>{name(edge.source)}</td>
              <td>
                <button type="button" className="wb-link" onClick={() => props.onEdge(edge)} title={edge.kind}>
                  {edge.job}
                </button>
              </td>
              <td>{name(edge.target)}</td>
              <td>
                <When at={edge.last_at} />
              </td>
              <td className="wb-number">{edge.runs}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
