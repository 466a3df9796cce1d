import { Fragment, useState } from 'react';
import { exact, plural } from '../format.js';
import { type DatasetTab, type Place } from '../host.js';
import { type Insight } from '../records.js';
import { Problem } from '../ui/States.js';
import { type Action, useAction } from '../ui/useAction.js';
import { useAdmin } from '../ui/useMe.js';
import { useResource } from '../ui/useResource.js';
import { Words } from '../ui/Words.js';
import { type TabProps } from './DatasetPage.js';

/** Other datasets of one piece of advice that are named. */
const OTHERS = 5;

interface Way {
  /** The panel's words for it. */
  words?: string;
  /** What leads there. */
  link?: string;
  place?: (name: string) => Place;
  tab?: DatasetTab;
  part?: string;
}

/** What is done on this very page, where the advice is about the dataset of the page. */
const HERE: Readonly<Record<string, Way>> = {
  undocumented: { words: 'Add a description above.' },
  'undescribed columns': { link: 'Describe them', tab: 'columns' },
  unowned: { words: 'Name an owner on this page.' },
  'failing quality': { link: 'See what fails', tab: 'quality' },
  'set aside': { link: 'Correct or discard them', tab: 'quality', part: 'quarantine' },
  'personal data': { link: 'Review', place: name => ({ kind: 'compliance', name, part: 'personal' }) },
  unused: { link: 'See who used it', tab: 'usage' }
};

/** The command line's way is for those who are there. */
const wayOf = ({ kind, datasets, fix }: Insight, about: string): Way =>
  (datasets.length === 1 && datasets[0] === about && HERE[kind]) || { words: fix };

/** What would make a dataset better, and what it is used with. */
export function Recommendations({ host, name, version, say, onChanged }: Pick<TabProps, 'host' | 'version' | 'say' | 'onChanged'> & { name: string }) {
  const found = useResource(useAdmin(host) ? version : null, signal => host.call('catalog.recommendations', { name }, signal));
  const [all, setAll] = useState(false);
  const compact = useAction(async () => {
    const done = await host.call('datasets.compact', { name });
    say(`${plural(done.files_before, 'file')} became ${exact(done.files_after)}.`);
    onChanged();
  });
  if (found.error && found.error.code !== 'forbidden') {
    return <Problem title="The recommendations could not be read." error={found.error} onRetry={found.reload} />;
  }
  if (!found.data?.length) {
    return null;
  }
  const mine = found.data.filter(insight => insight.datasets.includes(name));
  const others = found.data.length - mine.length;
  const open = (other: string, way?: Way) => void host.open(way?.place?.(other) ?? { kind: 'dataset', name: other, tab: way?.tab, part: way?.part });
  return (
    <section aria-label="Recommendations">
      <h3>What would make it better</h3>
      {mine.length === 0 && <p className="wb-hint">Nothing about itself.</p>}
      <ul className="wb-advice">
        {(all ? found.data : mine).map(insight => (
          <Advice key={`${insight.kind} ${insight.message}`} insight={insight} about={name} compact={compact} onOpen={open} />
        ))}
      </ul>
      {compact.error && <Problem title="The files were not made larger." error={compact.error} />}
      {others > 0 && (
        <button type="button" className="wb-link" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? 'Only what is about it' : `Show all: ${exact(others)} more about what it is used with`}
        </button>
      )}
    </section>
  );
}

interface AdviceProps {
  insight: Insight;
  about: string;
  compact: Action<[]>;
  onOpen: (name: string, way?: Way) => void;
}

/** One piece of advice, with the way to do it and ways to the other datasets that it is about. */
function Advice({ insight, about, compact, onOpen }: AdviceProps) {
  return (
    <li>
      <Words text={insight.message} />{' '}
      {insight.kind === 'small files' ? (
        <button type="button" className="wb-link" disabled={compact.busy} onClick={() => void compact.run()}>
          {compact.busy ? 'Making them larger…' : 'Make them larger'}
        </button>
      ) : (
        <Do way={wayOf(insight, about)} onOpen={way => onOpen(about, way)} />
      )}
      {insight.datasets
        .filter(each => each !== about)
        .slice(0, OTHERS)
        .map(each => (
          <Fragment key={each}>
            {' '}
            <button type="button" className="wb-link" onClick={() => onOpen(each)}>
              {each}
            </button>
          </Fragment>
        ))}
    </li>
  );
}

const Do = ({ way, onOpen }: { way: Way; onOpen: (way: Way) => void }) => (
  <>
    {way.words && (
      <span className="wb-hint">
        <Words text={way.words} />
      </span>
    )}
    {way.link && (
      <button type="button" className="wb-link" onClick={() => onOpen(way)}>
        {way.link}
      </button>
    )}
  </>
);
