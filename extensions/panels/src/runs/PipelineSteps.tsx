import { type Host } from '../host.js';
import { type Pipeline, type Step } from '../records.js';

/** What a step makes, and when it begins. */
const factsOf = ({ output, mode, needs }: Step): string =>
  [output && `${mode === 'overwrite' ? 'makes' : 'adds to'} ${output}`, needs.length > 0 && `after ${needs.join(', ')}`].filter(Boolean).join(', ');

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
            {file(step.sql ?? step.notebook ?? '', step.name)}
            <span className="wb-row-note">{[step.sql ? 'SQL' : 'notebook', factsOf(step)].filter(Boolean).join(', ')}</span>
          </li>
        ))}
      </ol>
      {file('pipeline.yaml', 'pipeline.yaml')}
    </>
  );
}
