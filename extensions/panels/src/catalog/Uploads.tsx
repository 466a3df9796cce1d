import { useEffect, useState } from 'react';
import { bytes, plural } from '../format.js';
import { Button, IconButton } from '../ui/Button.js';
import { Words } from '../ui/Words.js';
import { isPlain, type Upload } from './useUploads.js';

interface Actions {
  onAgain: (upload: Upload, options?: Partial<Upload['options']>) => void;
  onDismiss: (id: number) => void;
  onShow: (dataset: string) => void;
}

const Sending = ({ upload }: { upload: Upload }) => {
  const taken = upload.sent >= 1;
  return (
    <>
      <div className="wb-upload-head">
        <span className="wb-upload-name" title={`${upload.file.name}, ${bytes(upload.file.size)}`}>
          {upload.file.name}
        </span>
        <span className="wb-upload-state">{taken ? 'Reading rows…' : `${Math.round(upload.sent * 100)} %`}</span>
        <IconButton icon="close" label={`Cancel ${upload.file.name}`} onClick={upload.cancel} />
      </div>
      <progress className="wb-progress" aria-label={`Sending ${upload.file.name}`} max={1} value={taken ? undefined : upload.sent} />
    </>
  );
};

/** How long a message of success stays: long enough to read it and to press its button. */
const STAYS = 8000;

const Done = ({ upload, onDismiss, onShow }: { upload: Upload } & Pick<Actions, 'onDismiss' | 'onShow'>) => {
  const report = upload.report!;
  const said = report.unchanged
    ? `${report.dataset} holds this file already.`
    : `${plural(report.rows, 'row')} into ${report.dataset}.`;
  const [pointed, setPointed] = useState(false);
  const [focused, setFocused] = useState(false);
  const stays = pointed || focused || !isPlain(upload);
  useEffect(() => {
    if (stays) {
      return;
    }
    const timer = setTimeout(() => onDismiss(upload.id), STAYS);
    return () => clearTimeout(timer);
  }, [stays, upload.id, onDismiss]);
  return (
    <div
      onMouseEnter={() => setPointed(true)}
      onMouseLeave={() => setPointed(false)}
      onFocus={() => setFocused(true)}
      onBlur={() => setFocused(false)}
    >
      <div className="wb-upload-head">
        <span className="wb-upload-name wb-good" title={said}>
          {said}
        </span>
        <Button onClick={() => onShow(report.dataset)}>Show</Button>
        <IconButton icon="close" label="Dismiss" onClick={() => onDismiss(upload.id)} />
      </div>
      {report.warnings.map(warning => (
        <p key={warning} className="wb-upload-note">
          {warning}
        </p>
      ))}
    </div>
  );
};

const Failed = ({ upload, onAgain, onDismiss }: { upload: Upload } & Pick<Actions, 'onAgain' | 'onDismiss'>) => {
  const error = upload.error!;
  return (
    <div role="alert">
      <div className="wb-upload-head">
        <span className="wb-upload-name wb-bad" title={upload.file.name}>
          {upload.file.name}
        </span>
        <IconButton icon="close" label="Dismiss" onClick={() => onDismiss(upload.id)} />
      </div>
      <p className="wb-upload-note">
        <Words text={error.code === 'already_exists' ? error.message : `${error.message} ${error.fix ?? ''}`} />
      </p>
      <div className="wb-upload-actions">
        {error.code === 'already_exists' ? (
          <>
            <Button onClick={() => onAgain(upload, { mode: 'append' })}>Add rows</Button>
            <Button onClick={() => onAgain(upload, { mode: 'overwrite' })} title="The rows of today stay in the history">
              Replace rows
            </Button>
          </>
        ) : (
          <Button onClick={() => onAgain(upload)}>Try again</Button>
        )}
      </div>
    </div>
  );
};

/** What is being taken in, and what became of it. */
export function Uploads({ uploads, ...actions }: { uploads: Upload[] } & Actions) {
  return (
    <ul className="wb-uploads" aria-label="Files being taken in">
      {uploads.map(upload => (
        <li key={upload.id}>
          {upload.error && <Failed upload={upload} {...actions} />}
          {!upload.error && !upload.report && <Sending upload={upload} />}
          {/* There from the start: only what comes into a live region is read out. */}
          <div aria-live="polite">{upload.report && <Done upload={upload} {...actions} />}</div>
        </li>
      ))}
    </ul>
  );
}
