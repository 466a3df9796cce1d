import { useState } from 'react';
import { exact } from '../format.js';
import { type Host } from '../host.js';
import { type Dataset, type Expectation, type ExpectationResult } from '../records.js';
import { Button, IconButton } from '../ui/Button.js';
import { useMayChange } from '../ui/Changing.js';
import { Loaded } from '../ui/Loaded.js';
import { Problem } from '../ui/States.js';
import { useAction } from '../ui/useAction.js';
import { useKept, useResource } from '../ui/useResource.js';
import { expectationWords } from './expectation.js';
import { ExpectationForm } from './ExpectationForm.js';

/** What must hold of it: kept, added, and proposed from what its values are. */
export function Expectations(props: {
  host: Host;
  dataset: Dataset;
  version: string;
  results: ExpectationResult[];
  onFailing: (check: string, words: string) => void;
  onChanged: () => void;
}) {
  const { host, dataset } = props;
  const { name } = dataset;
  const list = useKept(
    useResource(`${props.version} expectations`, signal => host.call('quality.expectations', { name }, signal)),
    name
  );
  const [adding, setAdding] = useState(false);
  const [proposing, setProposing] = useState(0);
  const may = useMayChange();
  const changed = () => {
    list.reload();
    props.onChanged();
  };
  const remove = useAction(async (expectation: Expectation) => {
    await host.call('quality.remove', { name, expectation_id: expectation.id });
    setUndo(expectation);
    changed();
  });
  const [undo, setUndo] = useState<Expectation | null>(null);
  const restore = useAction(async (expectation: Expectation) => {
    await host.call('quality.expect', { name, expectation: { ...expectation, id: '' } });
    setUndo(null);
    changed();
  });
  return (
    <section aria-label="Expectations">
      <h3>
        Expectations
        {may && (
          <>
            <button type="button" className="wb-link" onClick={() => setAdding(!adding)}>
              Add
            </button>
            <button type="button" className="wb-link" onClick={() => setProposing(n => n + 1)}>
              Propose some
            </button>
          </>
        )}
      </h3>
      {adding && (
        <ExpectationForm
          host={host}
          dataset={dataset}
          onDone={() => {
            setAdding(false);
            changed();
          }}
          onCancel={() => setAdding(false)}
        />
      )}
      {proposing > 0 && <Proposals host={host} name={name} round={`${props.version} ${proposing}`} onAccepted={changed} onClose={() => setProposing(0)} />}
      <Loaded of={list} label="Reading the expectations" failed="The expectations could not be read." rows={2}>
        {expectations =>
          expectations.length === 0 ? (
            <p className="wb-hint">Nothing is expected of it yet.</p>
          ) : (
            <ul className="wb-expectations">
              {expectations.map(expectation => (
                <Line
                  key={expectation.id}
                  expectation={expectation}
                  result={props.results.find(result => result.expectation.id === expectation.id)}
                  onFailing={() => props.onFailing(expectation.id, expectationWords(expectation))}
                  onRemove={() => void remove.run(expectation)}
                />
              ))}
            </ul>
          )
        }
      </Loaded>
      {(remove.error ?? restore.error) && <Problem title="It was not done." error={(remove.error ?? restore.error)!} />}
      {undo && (
        <p className="wb-hint" role="status">
          Not expected any longer: {expectationWords(undo)}.{' '}
          <button type="button" className="wb-link" onClick={() => void restore.run(undo)}>
            Undo
          </button>
        </p>
      )}
    </section>
  );
}

const STATE = { true: ['holds', 'wb-good'], false: ['does not hold', 'wb-bad'], null: ['not checked', 'wb-hint'] } as const;

function Line(props: { expectation: Expectation; result: ExpectationResult | undefined; onFailing: () => void; onRemove: () => void }) {
  const { expectation, result } = props;
  const may = useMayChange();
  const words = expectationWords(expectation);
  const [state, tone] = STATE[String(result?.passed ?? null) as keyof typeof STATE];
  return (
    <li>
      <span className={`wb-expectation-state ${tone}`}>{state}</span>
      <span className="wb-expectation-words" title={expectation.description || words}>
        {words}
        {expectation.severity === 'gate' && (
          <span className="wb-tag" title="A write that does not pass is held back">
            gate
          </span>
        )}
        {result?.message && <span className="wb-hint"> {result.message}</span>}
      </span>
      {result?.passed === false && result.failed > 0 && (
        <button type="button" className="wb-link" onClick={props.onFailing}>
          {exact(result.failed)} that fail
        </button>
      )}
      {may && <IconButton icon="close" label={`Expect no longer: ${words}`} onClick={props.onRemove} />}
    </li>
  );
}

function Proposals(props: { host: Host; name: string; round: string; onAccepted: () => void; onClose: () => void }) {
  const { host, name } = props;
  const found = useResource(props.round, signal => host.call('quality.propose', { name }, signal));
  const [taken, setTaken] = useState<string[]>([]);
  const accept = useAction(async (expectation: Expectation) => {
    await host.call('quality.expect', { name, expectation: { ...expectation, id: '', proposed: false } });
    setTaken(old => [...old, expectationWords(expectation)]);
    props.onAccepted();
  });
  return (
    <div className="wb-compare" role="region" aria-label="Proposed expectations">
      <div className="wb-inline">
        <strong>What seems to hold</strong>
        <span className="wb-gap" />
        <IconButton icon="close" label="Close the proposals" onClick={props.onClose} />
      </div>
      {accept.error && <Problem title="It was not added." error={accept.error} />}
      <Loaded of={found} label="Looking at the values" failed="Nothing could be proposed." rows={3}>
        {proposals => {
          const rest = proposals.filter(each => !taken.includes(expectationWords(each)));
          return rest.length === 0 ? (
            <p className="wb-hint">{proposals.length === 0 ? 'Nothing stands out that is not expected already.' : 'All are expected now.'}</p>
          ) : (
            <ul className="wb-expectations">
              {rest.map(each => (
                <li key={expectationWords(each)}>
                  <span className="wb-expectation-words">{expectationWords(each)}</span>
                  <Button disabled={accept.busy} onClick={() => void accept.run(each)}>
                    Expect it
                  </Button>
                </li>
              ))}
            </ul>
          );
        }}
      </Loaded>
    </div>
  );
}
