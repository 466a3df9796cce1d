import { useCallback, useRef, useState } from 'react';
import { type Host, type UploadOptions, WorkbenchError } from '../host.js';
import { type IngestReport } from '../records.js';

export interface Upload {
  id: number;
  file: File;
  options: Omit<UploadOptions, 'onProgress' | 'signal'>;
  /** The part sent, 0 to 1. */
  sent: number;
  report?: IngestReport;
  error?: WorkbenchError;
  cancel: () => void;
}

/** A success that asks for nothing: it needs no reader. One with warnings waits for its reader, as an error does. */
export const isPlain = (upload: Upload): boolean => upload.report !== undefined && upload.report.warnings.length === 0;

/** How many plain successes are shown at once. */
const STACK = 3;

/** `uploads` without the older of many plain successes: a folder's worth doesn't fill the panel. */
export function stacked(uploads: Upload[]): Upload[] {
  const latest = new Set(uploads.filter(isPlain).slice(-STACK));
  return uploads.filter(upload => !isPlain(upload) || latest.has(upload));
}

/** Files on their way into the lake; one after another, so that a folder's worth doesn't fight over the network. */
export function useUploads(host: Host) {
  const [uploads, setUploads] = useState<Upload[]>([]);
  const next = useRef(1);
  const line = useRef<Promise<unknown>>(Promise.resolve());

  const change = useCallback(
    (id: number, part: Partial<Upload>) => setUploads(all => stacked(all.map(u => (u.id === id ? { ...u, ...part } : u)))),
    []
  );
  const remove = useCallback((id: number) => setUploads(all => all.filter(u => u.id !== id)), []);

  const start = useCallback(
    (file: File, options: Upload['options']) => {
      const id = next.current++;
      const aborter = new AbortController();
      const cancel = () => {
        aborter.abort();
        remove(id);
      };
      setUploads(all => [...all, { id, file, options, sent: 0, cancel }]);
      const send = async () => {
        if (aborter.signal.aborted) {
          return;
        }
        try {
          const report = await host.upload(file, {
            ...options,
            signal: aborter.signal,
            onProgress: sent => change(id, { sent })
          });
          change(id, { report, sent: 1 });
        } catch (error) {
          change(id, { error: WorkbenchError.from(error) });
        }
      };
      line.current = line.current.then(send);
    },
    [host, change, remove]
  );

  const again = useCallback(
    (upload: Upload, options: Partial<Upload['options']> = {}) => {
      remove(upload.id);
      start(upload.file, { ...upload.options, ...options });
    },
    [remove, start]
  );
  return { uploads, start, again, remove };
}
