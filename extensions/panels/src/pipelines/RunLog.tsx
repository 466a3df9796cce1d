import { useState } from 'react';
import { moment } from '../format.js';
import { type Host } from '../host.js';
import { type Run } from '../records.js';
import { SearchField } from '../ui/SearchField.js';
import { Loaded } from '../ui/Loaded.js';
import { useKept, useResource } from '../ui/useResource.js';
import { type Entry, entriesOf } from './log.js';

/** What happened in a run and its steps, in order, with a filter. `round` is another number whenever there may be more. */
export function RunLog(props: { host: Host; run: Run; steps: Run[]; round: number }) {
  const { host, run, steps } = props;
  const [text, setText] = useState('');
  const found = useKept(
    useResource(`${run.id} ${props.round}`, async signal => {
      const lists = await Promise.all([run, ...steps].map(async each => entriesOf(each, await host.call('runs.events', { run_id: each.id }, signal))));
      return lists.flat().sort((a, b) => a.seq - b.seq);
    }),
    run.id
  );
  const fits = ({ who, words }: Entry) => `${who} ${words}`.toLowerCase().includes(text.trim().toLowerCase());
  return (
    <div className="wb-run-log">
      <SearchField label="Search the log" value={text} onChange={setText} />
      <Loaded of={found} label="Reading the log" failed="The log could not be read.">
        {entries => {
          const shown = entries.filter(fits);
          return shown.length === 0 ? (
            <p className="wb-section-note">{entries.length === 0 ? 'Nothing has happened yet.' : `Nothing in the log fits “${text}”.`}</p>
          ) : (
            <table className="wb-table" aria-label={`Log of ${run.job}`}>
              <tbody>
                {shown.map(entry => (
                  <tr key={entry.seq}>
                    <td className="wb-log-time" title={moment(entry.at)}>
                      {new Date(entry.at).toLocaleTimeString()}
                    </td>
                    <td className="wb-log-who">{entry.who}</td>
                    <td className={entry.bad ? 'wb-log-words wb-bad' : 'wb-log-words'}>{entry.words}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          );
        }}
      </Loaded>
    </div>
  );
}
