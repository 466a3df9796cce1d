import { useMemo } from 'react';
import { DuckDB } from './dialect.js';
import { highlighted } from './highlight.js';

/** Statements to be read: coloured as in the editor, each parameter as the value that it had, with its name in the title. */
export default function SqlText({ sql, values, label }: { sql: string; values: Record<string, unknown>; label: string }) {
  const parts = useMemo(() => highlighted(sql.trimEnd(), DuckDB, values), [sql, values]);
  return (
    <pre className="wb-sql-text" aria-label={label} tabIndex={0}>
      {parts.map((part, i) => (
        <span key={i} className={part.className} title={part.name && `$${part.name}`}>
          {part.text}
        </span>
      ))}
    </pre>
  );
}
