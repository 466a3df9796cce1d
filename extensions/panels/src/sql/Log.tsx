import { useState } from 'react';
import { bytes, duration, plural } from '../format.js';
import { type Host } from '../host.js';
import { type PastStatement } from '../records.js';
import { Button } from '../ui/Button.js';
import { copyText } from '../ui/copyText.js';
import { Loaded } from '../ui/Loaded.js';
import { SearchField } from '../ui/SearchField.js';
import { Empty, Problem, Skeleton } from '../ui/States.js';
import { Status } from '../ui/Status.js';
import { useAction } from '../ui/useAction.js';
import { changesRuns, useEvents } from '../ui/useEvents.js';
import { useDebounced, useKept, useResource } from '../ui/useResource.js';
import { When } from '../ui/When.js';
import { inShort } from './statements.js';
import { columnsInWords } from './words.js';

const PAGE = 100;

/** What is known of how a statement went. */
const facts = (each: PastStatement): string =>
  [
    each.rows === null ? '' : plural(each.rows, 'row'),
    each.bytes === null ? '' : bytes(each.bytes),
    each.seconds === null ? '' : duration(each.seconds),
    each.cached ? 'from the cache' : ''
  ]
    .filter(Boolean)
    .join(' · ');

/** The statements that were run, from whichever face: found again, taken up, shared, compared. */
export function Log({ host, onTake, say }: { host: Host; onTake: (sql: string) => void; say: (words: string) => void }) {
  const [text, setText] = useState('');
  const [limit, setLimit] = useState(PAGE);
  const [first, setFirst] = useState<PastStatement | null>(null);
  const [pair, setPair] = useState<[string, string] | null>(null);
  const wanted = useDebounced(text, 250).trim();
  const list = useKept(
    useResource(`${wanted} ${limit}`, signal => host.call('query.history', { limit, search: wanted || undefined }, signal)),
    'history'
  );
  useEvents(host, changesRuns, list.reload);
  const share = useAction(async (one: PastStatement) => {
    const { shared } = await host.call('query.share', { run_id: one.id, shared: !one.shared });
    const copied = shared && (await copyText(one.id));
    say(shared ? `Shared with who may see its datasets; its id ${copied ? 'was copied' : `is ${one.id}`}.` : 'It is your own again.');
    list.reload();
  });
  const compare = (one: PastStatement) => {
    if (!first || first.id === one.id) {
      setFirst(first ? null : one);
      return;
    }
    setPair([first.id, one.id]);
    setFirst(null);
  };

  if (pair) {
    return <Difference host={host} pair={pair} onBack={() => setPair(null)} />;
  }
  return (
    <div className="wb-sql-log">
      <div className="wb-sql-bar">
        <SearchField label="Search statements" className="wb-sql-filter" value={text} onChange={setText} />
        {first && <span className="wb-facts">Choose the other one to compare</span>}
      </div>
      {share.error && <Problem title="It was not shared." error={share.error} />}
      {list.error ? (
        <Problem title="The statements could not be read." error={list.error} onRetry={list.reload} />
      ) : !list.data ? (
        <Skeleton label="Reading the statements" rows={6} />
      ) : list.data.length === 0 ? (
        <Empty>{wanted ? 'No statement holds that text.' : 'What is run is listed here.'}</Empty>
      ) : (
        <ul className="wb-scroll" aria-label="Statements">
          {list.data.map(each => (
            <li key={each.id}>
              <button type="button" className="wb-sql-past" disabled={each.sql === null} title={each.sql ? 'Put it into the editor' : 'Its text has been erased'} onClick={() => onTake(each.sql!)}>
                <code>{each.sql === null ? 'erased' : inShort(each.sql)}</code>
                <span className="wb-facts" title={each.error?.message}>
                  <Status status={each.status} /> {each.error ? each.error.message : facts(each)} · <When at={each.started_at} /> · {each.principal}
                </span>
              </button>
              <Button onClick={() => void share.run(each)} disabled={share.busy}>
                {each.shared ? 'Unshare' : 'Share'}
              </Button>
              <Button onClick={() => compare(each)} disabled={each.sql === null}>
                {first?.id === each.id ? 'Not this' : 'Compare'}
              </Button>
            </li>
          ))}
          {list.data.length === limit && (
            <li>
              <Button onClick={() => setLimit(limit * 4)}>Show more</Button>
            </li>
          )}
        </ul>
      )}
    </div>
  );
}

function Difference({ host, pair, onBack }: { host: Host; pair: [string, string]; onBack: () => void }) {
  const [first, second] = pair;
  const found = useResource(pair.join(' '), signal => host.call('query.diff', { first, second }, signal));
  return (
    <section className="wb-sql-log" aria-label="What differs">
      <div className="wb-sql-bar">
        <strong>What differs</strong>
        <span className="wb-gap" />
        <Button onClick={onBack}>Back</Button>
      </div>
      <Loaded of={found} label="Comparing" failed="They could not be compared." rows={4}>
        {told => (
          <div className="wb-scroll wb-sql-told">
            <p>
              First: {facts(told.first)}. Second: {facts(told.second)}.
            </p>
            {told.only_first.length > 0 && <p>Only the first gives {columnsInWords(told.only_first)}.</p>}
            {told.only_second.length > 0 && <p>Only the second gives {columnsInWords(told.only_second)}.</p>}
            <pre tabIndex={0}>{told.text || 'The text is the same.'}</pre>
          </div>
        )}
      </Loaded>
    </section>
  );
}
