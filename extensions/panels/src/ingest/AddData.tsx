import { useRef } from 'react';
import { type Host } from '../host.js';
import { Databases } from '../sources/Databases.js';
import { StorageBrowser } from '../sources/StorageBrowser.js';
import { EMPTY_WATCH, type WatchDraft, Watches } from '../sources/Watches.js';
import { type ConnectionDraft } from '../sources/connection.js';
import { Button } from '../ui/Button.js';
import { Problem, Skeleton } from '../ui/States.js';
import { Tabs } from '../ui/Tabs.js';
import { useStored } from '../ui/useStored.js';
import { type Imports } from './imports.js';
import { useMayLoad } from './useMayLoad.js';

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
/** Those of everybody who may load: the others are about what the server reaches. */
const OF_ALL = WAYS.filter(([way]) => way === 'files' || way === 'databases');
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
  const may = useMayLoad(host);
  if (may.error?.code === 'forbidden') {
    return <Problem title="You cannot add data here." error={may.error} onRetry={may.reload} />;
  }
  if (!ready || (!may.data && !may.error)) {
    return <Skeleton label="Ways to add data" rows={4} />;
  }
  const everything = may.data?.everything ?? true;
  const ways = everything ? WAYS : OF_ALL;
  const way = ways.some(([each]) => each === kept.way) ? kept.way : 'files';
  const take = (source: string) => imports.addSource(source);
  return (
    <Tabs label="Ways to add data" tabs={ways} current={way} onChange={chosen => keep({ way: chosen })}>
      <div className={way === 'storage' ? 'wb-storage' : 'wb-scroll wb-sections wb-add-data'}>
        {way === 'files' && (
          <Files imports={imports} everything={everything} source={kept.source} onSource={source => keep({ source })} onTake={take} />
        )}
        {way === 'databases' && <Databases host={host} everything={everything} kept={kept} keep={keep} onTake={take} />}
        {way === 'watches' && (
          <Watches host={host} draft={kept.watch && { ...EMPTY_WATCH, ...kept.watch }} onDraft={watch => keep({ watch })} />
        )}
        {way === 'storage' && <StorageBrowser host={host} onTake={take} />}
      </div>
    </Tabs>
  );
}

type Example = readonly [example: string, meaning: string];

/** What may be typed, each with what it means; and of it what is not the server's own. */
const EXAMPLES: readonly Example[] = [
  ['data/flights.csv', 'a file'],
  ['data/report.xlsx#Sheet2', 'a sheet'],
  ['data/flights/', 'all files of a folder'],
  ['data/flights-*.csv.gz', 'files by a pattern'],
  ['https://example.org/flights.csv', 'an address'],
  ['s3://bucket/flights/*.parquet', 'objects of a bucket']
];
const PUBLIC = EXAMPLES.filter(([example]) => example.startsWith('https:'));

interface FilesProps {
  imports: Imports;
  everything: boolean;
  source: string;
  onSource: (source: string) => void;
  onTake: (source: string) => void;
}

function Files({ imports, everything, source, onSource, onTake }: FilesProps) {
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
      <section aria-label={everything ? 'A path or an address' : 'An address'}>
        <h3>{everything ? 'A path or an address' : 'An address'}</h3>
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
            aria-label={everything ? 'Path or address' : 'Address'}
            placeholder={everything ? 'data/flights-*.csv' : 'https://example.org/flights.csv'}
            spellCheck={false}
            value={source}
            onChange={event => onSource(event.target.value)}
          />
          <Button submit disabled={!source.trim()}>
            Look at it
          </Button>
        </form>
        <p className="wb-hint wb-above">
          {everything
            ? 'Paths are the server’s, from the workspace’s folder. For example:'
            : 'Fetched from the open network. Files of the server and buckets are for administrators. For example:'}
        </p>
        <ul className="wb-examples" aria-label="Examples">
          {(everything ? EXAMPLES : PUBLIC).map(([example, meaning]) => (
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
