import { exact } from '../format.js';
import { type LoadStep } from '../records.js';
import { STEPS } from '../records/ingest.js';
import { Button } from '../ui/Button.js';
import { Icon } from '../ui/Icon.js';
import { Words } from '../ui/Words.js';
import { type Item } from './item.js';

/** What each step does, in words. */
export const STEP_WORDS: Record<LoadStep, string> = {
  detect: 'Find out what it is',
  preview: 'Look at the first rows',
  parse: 'Read all rows',
  profile: 'Look at the values',
  assess: 'Assess the quality',
  write: 'Write',
  register: 'Make it known'
};

/** The seven steps, and how far it is. */
export function Steps({ item, onCancel }: { item: Item; onCancel?: () => void }) {
  const progress = item.run?.progress ?? item.waited ?? null;
  const reached = progress ? STEPS.indexOf(progress.step) : -1;
  const stopped = item.run?.status === 'failed' || item.run?.status === 'cancelled';
  return (
    <div className={stopped ? '' : 'wb-sections'}>
      <ol className="wb-import-steps" aria-label={`Steps of ${item.label}`}>
        {STEPS.map((step, i) => {
          const state = i < reached ? 'done' : i === reached ? (stopped ? 'stopped' : 'active') : 'waiting';
          const share = i === reached ? progress?.share : null;
          return (
            <li key={step} data-state={state} aria-current={state === 'active' ? 'step' : undefined}>
              <span className="wb-step-mark">{state === 'done' ? <Icon name="check" /> : state === 'stopped' ? <Icon name="warning" className="wb-error-icon" /> : null}</span>
              <span>{STEP_WORDS[step]}</span>
              {i === reached && !stopped && <progress className="wb-progress" aria-label={STEP_WORDS[step]} max={1} value={share ?? undefined} />}
              {i === reached && (
                <span className="wb-hint">
                  {progress?.rows != null && `${exact(progress.rows)} rows `}
                  {progress?.note}
                </span>
              )}
            </li>
          );
        })}
      </ol>
      {!stopped && !item.run && (
        <p className="wb-hint" role="status">
          It is taken in now.
        </p>
      )}
      {onCancel && item.run && (
        <>
          <p className="wb-hint" role="status">
            {reached < 0 ? 'Waiting for its turn.' : `Step ${reached + 1} of ${STEPS.length}.`} This page may be closed: it goes on.
          </p>
          {item.lost && (
            <p className="wb-warning" role="status">
              How far it is cannot be told: <Words text={item.lost.message} /> It is asked again by itself.
            </p>
          )}
          <div className="wb-edit-actions wb-start wb-above">
            <Button onClick={onCancel}>Cancel</Button>
          </div>
        </>
      )}
    </div>
  );
}
