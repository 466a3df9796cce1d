import { useState } from 'react';
import { duration, plural } from '../format.js';
import { Button } from '../ui/Button.js';
import { Empty } from '../ui/States.js';
import { When } from '../ui/When.js';
import { type Logged } from './useLog.js';

const WORD = { waiting: 'waits', running: 'runs', done: 'done', failed: 'failed', stopped: 'stopped' } as const;

/** The person's own statements, to be found and taken up again. */
export function Log({ list, onTake, onClear }: { list: Logged[]; onTake: (sql: string) => void; onClear: () => void }) {
  const [text, setText] = useState('');
  const wanted = text.trim().toLowerCase();
  const shown = wanted ? list.filter(each => each.sql.toLowerCase().includes(wanted)) : list;
  if (list.length === 0) {
    return <Empty>What you run here is listed here.</Empty>;
  }
  return (
    <div className="wb-sql-log">
      <div className="wb-sql-bar">
        <input
          type="search"
          className="wb-input wb-sql-filter"
          placeholder="Search your statements"
          aria-label="Search your statements"
          data-lm-suppress-shortcuts="true"
          value={text}
          onChange={event => setText(event.target.value)}
        />
        <span className="wb-facts">{plural(shown.length, 'statement')}</span>
        <span className="wb-gap" />
        <Button onClick={onClear}>Forget all</Button>
      </div>
      <ul className="wb-scroll" aria-label="Your statements">
        {shown.map(each => (
          <li key={`${each.at}${each.sql}`}>
            <button type="button" title="Put it into the editor" onClick={() => onTake(each.sql)}>
              <code>{each.sql}</code>
              <span className="wb-facts">
                <When at={each.at} /> · {each.status === 'done' && each.rows !== null ? plural(each.rows, 'row') : WORD[each.status]} · {duration(each.seconds)}
              </span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
