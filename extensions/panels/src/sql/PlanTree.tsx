import { duration, exact, percent } from '../format.js';
import { type PlanNode } from '../records.js';

/** `HASH_GROUP_BY` as `hash group by`. */
const words = (operator: string): string => operator.replaceAll('_', ' ').toLowerCase();

/** A plan that was carried out: each operator with its rows and its own time, what it was given below it. */
export function PlanTree({ plan }: { plan: PlanNode }) {
  return (
    <ul className="wb-sql-plan" aria-label="Plan">
      <Node node={plan} />
    </ul>
  );
}

function Node({ node }: { node: PlanNode }) {
  return (
    <li>
      <div className="wb-sql-operator" title={node.detail || undefined}>
        <span className="wb-sql-share" style={{ width: `${Math.max(0, Math.min(1, node.share)) * 100}%` }} />
        <strong>{words(node.operator)}</strong>
        <span className="wb-sql-detail">{node.detail}</span>
        <span className="wb-facts">
          {exact(node.rows)} rows · {duration(node.seconds)} · {percent(node.share)}
        </span>
      </div>
      {node.children.length > 0 && (
        <ul>
          {node.children.map((child, i) => (
            <Node key={i} node={child} />
          ))}
        </ul>
      )}
    </li>
  );
}
