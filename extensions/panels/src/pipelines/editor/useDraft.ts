import { useCallback, useEffect, useRef, useState } from 'react';
import { type Host, WorkbenchError } from '../../host.js';
import { type Change, type PipelineDraft } from '../../records/drafts.js';
import { type PipelineSource } from './source.js';

const PAUSE = 200;

/** Changes, or what makes them of the pipeline as it is when it is their turn. */
export type Changes = Change[] | ((draft: PipelineDraft) => Change[]);

/** What the text says, read anew when it changes, and changed a step at a time. */
export function useDraft(host: Host, source: PipelineSource) {
  const [draft, setDraft] = useState<PipelineDraft>();
  /** Why the text cannot be shown. */
  const [error, setError] = useState<WorkbenchError>();
  /** Why the last change was not made. */
  const [refused, setRefused] = useState<WorkbenchError>();
  const known = useRef<PipelineDraft>();
  const line = useRef<Promise<unknown>>(Promise.resolve());

  const take = useCallback((found: PipelineDraft) => {
    known.current = found;
    setDraft(found);
    setError(undefined);
  }, []);

  const read = useCallback(async () => {
    const text = source.text();
    try {
      const found = await host.call('pipelines.draft', { path: source.path, text });
      if (source.text() === text) {
        take(found);
      }
    } catch (problem) {
      if (source.text() === text) {
        setError(WorkbenchError.from(problem));
      }
    }
  }, [host, source, take]);

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    void read();
    const off = source.onChange(() => {
      clearTimeout(timer);
      if (source.text() !== known.current?.text) {
        timer = setTimeout(() => void read(), PAUSE);
      }
    });
    return () => {
      clearTimeout(timer);
      off();
    };
  }, [read, source]);

  /** Make changes in the text, after those that are under way. Says what came of it; undefined where they were refused. */
  const change = useCallback(
    (wanted: Changes): Promise<PipelineDraft | undefined> => {
      const work = async () => {
        setRefused(undefined);
        try {
          for (;;) {
            const text = source.text();
            const changes = Array.isArray(wanted) ? wanted : known.current ? wanted(known.current) : [];
            const found = await host.call('pipelines.draft', { path: source.path, text, changes });
            if (source.text() === text) {
              take(found);
              source.replace(found.text);
              return found;
            }
          }
        } catch (problem) {
          setRefused(WorkbenchError.from(problem));
          return undefined;
        }
      };
      const done = line.current.then(work);
      line.current = done;
      return done;
    },
    [host, source, take]
  );
  return { draft, error, refused, change, read };
}
