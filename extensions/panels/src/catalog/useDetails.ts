import { useCallback, useEffect, useRef, useState } from 'react';
import { type Host, WorkbenchError } from '../host.js';
import { type DatasetSummary, type ViewPage } from '../records.js';
import { datasetKey } from './levels.js';
import { type Details } from './rows.js';

const AT_ONCE = 4;

/** What is said of a view of which its reader is told no more. */
export const UNREADABLE = 'It reads what is gone, or is not granted to you.';

/** A view's columns as the tree shows columns; they have no ids. */
const ofView = (view: ViewPage): Details =>
  view.readable
    ? {
        columns: view.columns.map(({ name, type, masked }, i) => ({
          ...{ field_id: i + 1, name, type, required: false, description: '', labels: [], terms: [] },
          doc: masked ? 'Masked for you.' : ''
        }))
      }
    : { failed: view.problem ?? UNREADABLE };

/** The columns of the datasets that stand open; read again when a dataset has changed. */
export function useDetails(host: Host, wanted: DatasetSummary[]): [ReadonlyMap<string, Details>, retry: (key: string) => void] {
  const [details, setDetails] = useState<ReadonlyMap<string, Details>>(new Map());
  const asked = useRef(new Map<string, string | null>());
  const queue = useRef<DatasetSummary[]>([]);
  const busy = useRef(0);

  const pump = useCallback(() => {
    while (busy.current < AT_ONCE && queue.current.length > 0) {
      const dataset = queue.current.shift()!;
      const key = datasetKey(dataset);
      busy.current += 1;
      const { name } = dataset;
      const asked: Promise<Details> =
        dataset.kind === 'view' ? host.call('catalog.view', { name }).then(ofView) : host.call('catalog.get', { name });
      void asked
        .catch((error: unknown): Details => ({ failed: WorkbenchError.from(error).message }))
        .then(answer => {
          busy.current -= 1;
          setDetails(old => new Map(old).set(key, answer));
          pump();
        });
    }
  }, [host]);

  useEffect(() => {
    for (const dataset of wanted) {
      const key = datasetKey(dataset);
      const version = `${dataset.name} ${dataset.updated_at}`;
      if (asked.current.get(key) !== version) {
        asked.current.set(key, version);
        queue.current.push(dataset);
      }
    }
    pump();
  }, [wanted, pump]);

  const retry = useCallback(
    (key: string) => {
      asked.current.delete(key);
      setDetails(old => new Map([...old].filter(([k]) => k !== key)));
    },
    []
  );
  return [details, retry];
}
