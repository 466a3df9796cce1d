import { useRef } from 'react';
import { type Host } from '../host.js';
import { Databases } from '../sources/Databases.js';
import { StorageBrowser } from '../sources/StorageBrowser.js';
import { EMPTY_WATCH, type WatchDraft, Watches } from '../sources/Watches.js';
import { type ConnectionDraft } from '../sources/connection.js';
import { Button } from '../ui/Button.js';
import { Skeleton } from '../ui/States.js';
import { Tabs } from '../ui/Tabs.js';
import { useStored } from '../ui/useStored.js';
import { type Imports } from './imports.js';

interface Props {
  host: Host;
  imports: Imports;
}

const WAYS = [
  ['files', 'Files'],
  ['databases', 'Databases'],
  ['watches', 'Watched folders'],
  ['storage', 'Storage']
] as const;
type Way = (typeof WAYS)[number][0];

/** What is typed here outlives the page; a password is not kept. */
interface Kept {
  way: Way;
  source: string;
  connection: string | null;
  draft: ConnectionDraft | null;
  query: string;
  watch: WatchDraft | null;
}
const FIRST: Kept = { way: 'files', source: '', connection: null, draft: null, query: '', watch: null };

/** Ways to bring data: a file of this computer, a path or an address, a database, a folder that is watched; and what lies where. */
export function AddData({ host, imports }: Props) {
  const [kept, keep, ready] = useStored(host, 'add-data', FIRST);
  if (!ready) {
    return <Skeleton label="Ways to add data" rows={4} />;
  }
  const take = (source: string) => imports.addSource(source);
  return (
    <Tabs label="Ways to add data" tabs={WAYS} current={kept.way} onChange={way => keep({ way })}>
      <div className={kept.way === 'storage' ? 'wb-storage' : 'wb-scroll wb-sections wb-add-data'}>
        {kept.way === 'files' && <Files imports={imports} source={kept.source} onSource={source => keep({ source })} onTake={take} />}
        {kept.way === 'databases' && <Databases host={host} kept={kept} keep={keep} onTake={take} />}
        {kept.way === 'watches' && (
          <Watches host={host} draft={kept.watch && { ...EMPTY_WATCH, ...kept.watch }} onDraft={watch => keep({ watch })} />
        )}
        {kept.way === 'storage' && <StorageBrowser host={host} onTake={take} />}
      </div>
    </Tabs>
  );
}

/** What may be typed, each with what it means. */
const EXAMPLES: readonly [example: string, meaning: string][] = [
  ['data/flights.csv', 'a file'],
  ['data/report.xlsx#Sheet2', 'a sheet'],
  ['data/flights/', 'all files of a folder'],
  ['data/flights-*.csv.gz', 'files by a pattern'],
  ['https://example.org/flights.csv', 'an address'],
  ['s3://bucket/flights/*.parquet', 'objects of a bucket']
];

function Files({ imports, source, onSource, onTake }: { imports: Imports; source: string; onSource: (source: string) => void; onTake: (source: string) => void }) {
  const picker = useRef<HTMLInputElement>(null);
  const field = useRef<HTMLInputElement>(null);
  return (
    <>
      <section aria-label="A file">
        <h3>A file of this computer</h3>
        <p className="wb-hint">Drop files anywhere on this page, or choose them. Nothing is written before you have seen what they hold.</p>
        <div className="wb-edit-actions wb-start wb-above">
          <Button primary onClick={() => picker.current?.click()}>
            Choose files
          </Button>
        </div>
        <input
          ref={picker}
          type="file"
          multiple
          hidden
          aria-label="Files to look at"
          onChange={event => {
            imports.add([...(event.target.files ?? [])]);
            event.target.value = '';
          }}
        />
      </section>
      <section aria-label="A path or an address">
        <h3>A path or an address</h3>
        <form
          className="wb-inline"
          data-lm-suppress-shortcuts="true"
          onSubmit={event => {
            event.preventDefault();
            if (source.trim()) {
              onTake(source.trim());
            }
          }}
        >
          <input
            ref={field}
            className="wb-input wb-grow"
            aria-label="Path or address"
            placeholder="data/flights-*.csv"
            spellCheck={false}
            value={source}
            onChange={event => onSource(event.target.value)}
          />
          <Button submit disabled={!source.trim()}>
            Look at it
          </Button>
        </form>
        <p className="wb-hint wb-above">Paths are the server’s, from the workspace’s folder. For example:</p>
        <ul className="wb-examples" aria-label="Examples">
          {EXAMPLES.map(([example, meaning]) => (
            <li key={example}>
              <button
                type="button"
                className="wb-link"
                title="Write it into the field"
                onClick={() => {
                  onSource(example);
                  field.current?.focus();
                }}
              >
                <code>{example}</code>
              </button>
              <span className="wb-hint">{meaning}</span>
            </li>
          ))}
        </ul>
      </section>
    </>
  );
}
