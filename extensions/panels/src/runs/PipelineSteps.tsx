import { duration } from '../format.js';
import { type Host } from '../host.js';
import { fileOf, kindOf } from '../pipelines/history.js';
import { type Pipeline, type Step } from '../records.js';

const beginsOf = ({ needs, when }: Step): string =>
  ({
    all_succeeded: `after ${needs.join(', ')}`,
    any_failed: `if ${needs.join(' or ')} failed`,
    all_ended: `once ${needs.join(', ')} have ended, failed or not`
  })[when];

/** What a step makes, when it begins, how often it is tried and for how long. */
export const factsOf = (step: Step): string =>
  [
    step.output && `${step.mode === 'overwrite' ? 'makes' : 'adds to'} ${step.output}`,
    step.needs.length > 0 && beginsOf(step),
    step.retries > 0 && `up to ${step.retries + 1} attempts`,
    step.timeout !== null && `at most ${duration(step.timeout)}`
  ]
    .filter(Boolean)
    .join(', ');

/** The steps of a pipeline as its folder has them, with what each runs. */
export function PipelineSteps({ host, pipeline }: { host: Host; pipeline: Pipeline }) {
  const file = (name: string, label: string) =>
    host.shows('notebook') ? (
      <button type="button" className="wb-link wb-row-name" title={`Open ${pipeline.folder}/${name}`} onClick={() => void host.open({ kind: 'notebook', path: `${pipeline.folder}/${name}` })}>
        {label}
      </button>
    ) : (
      <span className="wb-row-name">{label}</span>
    );
  return (
    <>
      <ol className="wb-pipeline-steps" aria-label={`What ${pipeline.name} does`}>
        {pipeline.steps.map(step => (
          <li key={step.name}>
            {file(fileOf(step), step.name)}
            <span className="wb-row-note">{[kindOf(step), factsOf(step)].filter(Boolean).join(', ')}</span>
          </li>
        ))}
      </ol>
      {file('pipeline.yaml', 'pipeline.yaml')}
    </>
  );
}
