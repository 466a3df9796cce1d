import { type ReactNode } from 'react';
import { duration, exact, plural } from '../format.js';
import { type Host } from '../host.js';
import { type DatasetDiff, type Id64, type RunDiff, type RunStatus, type StepDiff, type ValueDiff } from '../records.js';
import { DatasetLink } from '../runs/DatasetLink.js';
import { hunksOf } from '../ui/changes.js';
import { Difference, Hunks } from '../ui/Difference.js';
import { Status } from '../ui/Status.js';

const NONE = <span className="wb-hint">none</span>;

const shown = (value: unknown): ReactNode => (value === null || value === undefined ? NONE : <code>{typeof value === 'string' && value !== '' ? value : JSON.stringify(value)}</code>);

const Section = (props: { title: string; empty: string; some: boolean; children: ReactNode }) => (
  <section aria-label={props.title}>
    <h3>{props.title}</h3>
    {props.some ? props.children : <p className="wb-hint">{props.empty}</p>}
  </section>
);

const Pairs = (props: { label: string; head?: ReactNode; children: ReactNode }) => (
  <div className="wb-sideways">
    <table className="wb-table wb-compared" aria-label={props.label}>
      <thead>
        <tr>
          <th scope="col">{props.head ?? 'Name'}</th>
          <th scope="col">First</th>
          <th scope="col">Second</th>
        </tr>
      </thead>
      <tbody>{props.children}</tbody>
    </table>
  </div>
);

const Values = ({ label, list }: { label: string; list: ValueDiff[] }) => (
  <Pairs label={label}>
    {list.map(each => (
      <tr key={each.name}>
        <th scope="row">{each.name}</th>
        <td>{shown(each.first)}</td>
        <td>{shown(each.second)}</td>
      </tr>
    ))}
  </Pairs>
);

const snapshots = (ids: Id64[], rows: number | null): ReactNode =>
  ids.length === 0 ? (
    NONE
  ) : (
    <>
      {ids.map(id => (
        <code key={String(id)} className="wb-param" title={`snapshot ${id}`}>
          @{String(id)}
        </code>
      ))}
      {rows !== null && <span className="wb-hint">{plural(rows, 'row')}</span>}
    </>
  );

const Datasets = ({ host, label, list }: { host: Host; label: string; list: DatasetDiff[] }) => (
  <Pairs label={label} head="Dataset">
    {list.map(each => (
      <tr key={each.name} data-same={each.same || undefined}>
        <th scope="row">
          <DatasetLink host={host} name={each.name} /> <span className="wb-hint">{each.same ? 'same' : 'differs'}</span>
        </th>
        <td>{snapshots(each.first, each.first_rows)}</td>
        <td>{snapshots(each.second, each.second_rows)}</td>
      </tr>
    ))}
  </Pairs>
);

const ended = (status: RunStatus | null, seconds: number | null): ReactNode =>
  status === null ? (
    NONE
  ) : (
    <>
      <Status status={status} /> {seconds !== null && <span className="wb-hint">{duration(seconds)}</span>}
    </>
  );

function StepPart({ step }: { step: StepDiff }) {
  if (step.values.length === 0 && step.cells.length === 0) {
    return null;
  }
  return (
    <details className="wb-compared-step" open>
      <summary>
        {step.name}: {[step.values.length > 0 && plural(step.values.length, 'value'), step.cells.length > 0 && `${plural(step.cells.length, 'cell')} with another output`].filter(Boolean).join(', ')}
      </summary>
      {step.values.length > 0 && <Values label={`Values that ${step.name} gave`} list={step.values} />}
      {step.cells.map(cell => (
        <div key={cell.cell} className="wb-compared-cell" role="group" aria-label={`Cell ${cell.number} of ${step.name}`}>
          <p className="wb-hint">Cell {exact(cell.number)}</p>
          <pre className="wb-cell-source">{cell.source}</pre>
          {cell.first === null || cell.second === null ? (
            <>
              <p className="wb-hint">Only the {cell.first === null ? 'second' : 'first'} run has its output:</p>
              <pre className="wb-cell-output">{cell.first ?? cell.second}</pre>
            </>
          ) : (
            <Difference old={cell.first} next={cell.second} label={`Output of cell ${cell.number}`} />
          )}
        </div>
      ))}
    </details>
  );
}

/** What the second of two runs has other than the first. */
export function RunDifference({ host, diff }: { host: Host; diff: RunDiff }) {
  return (
    <>
      <p className="wb-compared-said">
        <strong>{!diff.same ? 'The two runs differ.' : diff.in_part ? 'What you may see of the two runs is the same.' : 'The two runs are the same.'}</strong>{' '}
        {diff.same && !diff.in_part && <span className="wb-hint">Only times and the numbers of the snapshots that they wrote are others.</span>}
        {diff.in_part && <span className="wb-hint">You see a part of one of them: values, figures, code and what cells show are not compared for you.</span>}
      </p>
      {!diff.in_part && (
        <Section title="Parameters" some={diff.params.length > 0} empty="The same.">
          <Values label="Parameters that differ" list={diff.params} />
        </Section>
      )}
      <Section title={diff.in_part ? 'Steps' : 'Steps and time'} some={diff.steps.length > 0} empty="There are none.">
        <Pairs label="Steps of both runs" head="Step">
          {diff.steps.map(step => (
            <tr key={step.name}>
              <th scope="row">{step.name}</th>
              <td>{ended(step.first, step.first_seconds)}</td>
              <td>{ended(step.second, step.second_seconds)}</td>
            </tr>
          ))}
        </Pairs>
      </Section>
      {!diff.in_part && (
        <Section title="Outputs of cells and steps" some={diff.steps.some(step => step.values.length + step.cells.length > 0)} empty="The same.">
          {diff.steps.map(step => (
            <StepPart key={step.name} step={step} />
          ))}
        </Section>
      )}
      <Section title="Data that was read" some={diff.inputs.length > 0} empty={diff.in_part ? 'No dataset that you see.' : 'Neither has read a dataset.'}>
        <Datasets host={host} label="Datasets that were read" list={diff.inputs} />
      </Section>
      <Section title="Data that was written" some={diff.outputs.length > 0} empty={diff.in_part ? 'No dataset that you see.' : 'Neither has written a dataset.'}>
        <Datasets host={host} label="Datasets that were written" list={diff.outputs} />
      </Section>
      {!diff.in_part && (
        <>
          <Section title="Metrics" some={diff.metrics.length > 0} empty="The same, or none.">
            <Values label="Metrics that differ" list={diff.metrics} />
          </Section>
          <Section title="Code" some={diff.code.length > 0} empty={diff.code_kept ? 'The same.' : 'The files of one of the runs are no longer kept.'}>
            {diff.code.map(file => (
              <details key={file.path} className="wb-compared-step" open>
                <summary>
                  {file.path} <span className="wb-hint">{file.change}</span>
                </summary>
                <Hunks hunks={hunksOf(file.lines)} />
              </details>
            ))}
          </Section>
        </>
      )}
    </>
  );
}
