import { type KeyboardEvent, lazy, Suspense, useEffect, useMemo, useRef, useState } from 'react';
import { type Host } from '../../host.js';
import { Button, IconButton } from '../../ui/Button.js';
import { Notice, useNotice } from '../../ui/Notice.js';
import { Panel } from '../../ui/Panel.js';
import { Problem, Skeleton } from '../../ui/States.js';
import { RunButton, RunForm, useStart } from '../RunForm.js';
import { drawn, KINDS, needing, problemsIn, reaches, stepFor } from './fields.js';
import { PipelineFields } from './PipelineFields.js';
import { type PipelineSource } from './source.js';
import { StepFields } from './StepFields.js';
import { type Changes, useDraft } from './useDraft.js';

const StepGraph = lazy(() => import('../StepGraph.js'));

const NO_RUNS = new Map<string, never>();
const LISTED = /^notebooks\/pipelines\/[^/]+\/pipeline\.yaml$/;

export interface PipelineEditorProps {
  host: Host;
  source: PipelineSource;
}

/** A `pipeline.yaml` as a graph, with a form for each step and one for the pipeline. What is changed here is changed in the text. */
export function PipelineEditor({ host, source }: PipelineEditorProps) {
  const { draft, error, refused, change, read } = useDraft(host, source);
  const [selected, setSelected] = useState<string | null>(null);
  const [notice, say] = useNotice();
  const side = useRef<HTMLElement>(null);
  /** How often one went on in the form of a step: Enter was pressed on one that is chosen, or it was added. */
  const [opened, setOpened] = useState(0);
  useEffect(() => (opened > 0 ? side.current?.focus() : undefined), [opened]);
  const folder = source.path.replace(/\/?[^/]*$/, '');
  const readOnly = source.readOnly || error !== undefined;
  const step = draft?.steps.find(each => each.name === selected);
  const pipeline = draft?.pipeline ?? null;
  const start = useStart(host, pipeline ?? { name: draft?.name ?? '', parameters: [] }, run => void host.open({ kind: 'pipeline', name: draft!.name, run }));

  /** Make changes; a step that comes with them is shown. */
  const apply = async (changes: Changes) => {
    const before = new Set(draft?.steps.map(each => each.name));
    const found = await change(changes);
    const made = found?.steps.find(each => !before.has(each.name));
    if (made) {
      setSelected(made.name);
      setOpened(n => n + 1);
    }
  };
  const remove = (name: string) => {
    setSelected(null);
    void apply([{ do: 'remove', at: ['steps', name] }]);
    say(`Step ${name} is removed. Undo brings it back.`);
  };
  const connect = (from: string, to: string) => {
    if (reaches(draft!.steps, from, to)) {
      say(`${from} begins after ${to} already: they cannot need each other.`);
    } else {
      void apply(latest => needing(latest, to, from, true));
    }
  };
  const disconnect = (from: string, to: string) => void apply(latest => needing(latest, to, from, false));
  const add = (file?: string) => {
    const after = step ? [step.name] : [];
    const unused = draft?.files.find(each => /\.(ipynb|sql)$/.test(each) && !draft.steps.some(known => known.file === each));
    void apply([stepFor(file ?? unused ?? 'step.ipynb', after)]);
  };
  useEffect(() =>
    source.onDropped(files => {
      if (!readOnly) {
        files.forEach(add);
      }
    })
  );
  const problems = useMemo(() => new Map(draft?.steps.map((each, index) => [each.name, problemsIn(draft.problems, `steps[${index}]`).size] as const)), [draft]);
  const steps = useMemo(() => (draft ? drawn(draft) : []), [draft]);
  const onKeyDown = (event: KeyboardEvent) => {
    const undo = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'z';
    if (undo && !(event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement)) {
      event.preventDefault();
      event.stopPropagation();
      (event.shiftKey ? source.redo : source.undo)();
    }
  };
  const run = () => void source.save().then(start.ask);
  const wrong = draft?.problems.length ?? 0;
  const listed = draft !== undefined && LISTED.test(source.path);

  return (
    <Panel host={host} label={`Pipeline ${draft?.name ?? source.path}`} className="wb-lineage wb-pipeline-page wb-pipeline-editor">
      <div className="wb-draft" onKeyDown={onKeyDown}>
        <header className="wb-toolbar">
          <h2 title={source.path}>{draft?.name ?? source.path}</h2>
          {wrong > 0 && !error && (
            <span className="wb-bad" role="status">
              {wrong === 1 ? 'One thing is wrong' : `${wrong} things are wrong`}
            </span>
          )}
          {wrong === 0 && !error && (draft?.warnings.length ?? 0) > 0 && (
            <span className="wb-draft-untaken" role="status" title={draft!.warnings.map(each => each.message).join(' ')}>
              {draft!.warnings.length === 1 ? 'One warning' : `${draft!.warnings.length} warnings`}
            </span>
          )}
          <span className="wb-gap" />
          <Button disabled={readOnly || !draft} onClick={() => add()} title="Add a step; a file of the file browser can be dropped here, too">
            Add step
          </Button>
          <IconButton icon="undo" label="Undo" disabled={source.readOnly} onClick={source.undo} />
          <Button onClick={source.openText}>Open as text</Button>
          {listed && <Button onClick={() => void host.open({ kind: 'pipeline', name: draft.name })}>Open in Pipelines</Button>}
          {source.schedule && listed && <Button onClick={source.schedule}>Schedule</Button>}
          {listed && <RunButton of={{ ...start, ask: start.draft ? start.ask : run, busy: start.busy || !pipeline }} name={draft.name} primary />}
        </header>
        {error && (
          <div className="wb-draft-error">
            <Problem title={draft ? 'The text cannot be shown as a graph; what is here is what it said before.' : 'This file cannot be shown as a graph.'} error={error} onRetry={() => void read()} />
            <Button primary onClick={source.openText}>
              Open as text
            </Button>
          </div>
        )}
        {draft && !listed && <p className="wb-hint wb-draft-note">It is not in a folder below notebooks/pipelines: nothing runs it there.</p>}
        {refused && <Problem title="This was not changed." error={refused} />}
        {pipeline && (
          <div className="wb-pipeline-start">
            <RunForm of={start} pipeline={pipeline} />
          </div>
        )}
        {!draft && !error && <Skeleton label="Reading the pipeline" />}
        {draft && (
          <div className="wb-lineage-body">
            <div className="wb-lineage-main">
              <div className="wb-step-graph">
                <Suspense fallback={<Skeleton label="Drawing the graph" />}>
                  <StepGraph steps={steps} runs={NO_RUNS} selected={step?.name ?? null} onSelect={setSelected} onOpen={(_, again) => again && setOpened(n => n + 1)} edit={readOnly ? undefined : { connect, disconnect, remove }} problems={problems} />
                </Suspense>
              </div>
            </div>
            <aside ref={side} tabIndex={-1} className="wb-side wb-step-side" aria-label={step ? `Step ${step.name}` : 'The pipeline'}>
              <header className="wb-toolbar">
                <h2>{step ? step.name : 'Pipeline'}</h2>
                {step && <span className="wb-row-note">{KINDS.find(([kind]) => kind === step.kind)?.[1]}</span>}
                <span className="wb-gap" />
                {step && (
                  <>
                    <Button disabled={readOnly} onClick={() => remove(step.name)}>
                      Remove step
                    </Button>
                    <IconButton icon="close" label="Show the pipeline" onClick={() => setSelected(null)} />
                  </>
                )}
              </header>
              <div className="wb-scroll wb-step-body">
                {step ? (
                  <StepFields
                    key={step.name}
                    {...{ draft, step, readOnly }}
                    onChange={changes => void apply(changes)}
                    onRename={name => void apply([{ do: 'rename', at: ['steps', step.name], value: name.trim() }])}
                    onOpenFile={file => source.openFile(`${folder}/${file}`)}
                  />
                ) : (
                  <PipelineFields {...{ draft, readOnly }} onChange={changes => void apply(changes)} />
                )}
              </div>
            </aside>
          </div>
        )}
        <Notice text={notice} />
      </div>
    </Panel>
  );
}
