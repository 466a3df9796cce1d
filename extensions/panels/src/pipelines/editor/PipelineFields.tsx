import { useState } from 'react';
import { type Change, type PipelineDraft } from '../../records/drafts.js';
import { Button } from '../../ui/Button.js';
import { Disclosure } from '../../ui/Disclosure.js';
import { Words } from '../../ui/Words.js';
import { Choice, Field, Line } from './Field.js';
import { type Entry, names, number, OF_PARAMETER, OF_PIPELINE, problemsIn, setOrNot, shown, valueOf } from './fields.js';
import { Whole } from './StepFields.js';
import { Unknown } from './Unknown.js';

const QUEUES = [
  ['high', 'high'],
  ['normal', 'normal'],
  ['low', 'low']
] as const;
const WRITES = [
  ['together', 'published together at the end'],
  ['at_once', 'seen at once']
] as const;
const FOLDERS = [
  ['pipeline', 'the pipeline’s folder'],
  ['run', 'a copy of the run’s own']
] as const;
const TYPES = ['int', 'float', 'str', 'bool', 'date'].map(type => [type, type] as const);

interface Props {
  draft: PipelineDraft;
  readOnly: boolean;
  onChange: (changes: Change[]) => void;
}

/** The form of the pipeline itself. */
export function PipelineFields({ draft, readOnly, onChange }: Props) {
  const problems = problemsIn(draft.problems, '');
  const limits = (draft.said.limits ?? {}) as Entry;
  const set = (value: unknown, ...at: string[]) => onChange([setOrNot(at, value)]);
  const field = (key: string, label: string, more?: { placeholder?: string; title?: string; lines?: number; read?: (text: string) => unknown }) => (
    <Field
      label={label}
      value={shown(draft.said[key])}
      problem={problems.get(key)}
      disabled={readOnly}
      onChange={text => set((more?.read ?? (each => each))(text), key)}
      {...{ placeholder: more?.placeholder, title: more?.title, lines: more?.lines }}
    />
  );
  return (
    <div className="wb-draft-form" role="group" aria-label={`Pipeline ${draft.name}`}>
      <Whole problem={problems.get('')} />
      <Whole problem={problems.get('steps')} />
      {field('name', 'Name', { placeholder: draft.name })}
      {field('description', 'Description', { lines: 3 })}
      {field('owner', 'Owner', { placeholder: 'whom to ask' })}
      {field('tags', 'Tags', { placeholder: 'finance, daily', read: names })}
      {field('files', 'Files', { placeholder: 'shared/rates.csv, lib', read: names, title: 'Files and folders of the workspace that go with each run, beside those of this folder' })}
      {field('ignore', 'Leaves out', { placeholder: 'data, *.png', read: names, title: 'Files and folders of this folder that no step needs: they do not go with runs' })}
      <Choice label="Queue" value={shown(draft.said.queue) || 'normal'} options={QUEUES} problem={problems.get('queue')} disabled={readOnly} onChange={value => set(value === 'normal' ? '' : value, 'queue')} />
      {field('priority', 'Priority', { placeholder: '0', read: number, title: '0 to 100; more goes first in its queue' })}
      <Field
        label="Runs at once"
        title="How many runs of it there are at once"
        placeholder="no limit"
        value={shown(limits.runs)}
        problem={problems.get('limits.runs') ?? problems.get('limits')}
        disabled={readOnly}
        onChange={text => set(number(text), 'limits', 'runs')}
      />
      <Choice label="Writes" title="When others see what the steps write" value={shown(draft.said.writes) || 'together'} options={WRITES} problem={problems.get('writes')} disabled={readOnly} onChange={value => set(value === 'together' ? '' : value, 'writes')} />
      <Choice label="Works in" title="The steps' working folder" value={shown(draft.said.working_folder) || 'pipeline'} options={FOLDERS} problem={problems.get('working_folder')} disabled={readOnly} onChange={value => set(value === 'pipeline' ? '' : value, 'working_folder')} />
      <Unknown of={draft.said} known={OF_PIPELINE} problems={problems} disabled={readOnly} onRemove={key => onChange([{ do: 'unset', at: [key] }])} />
      <h3>Parameters</h3>
      <Whole problem={problems.get('parameters')} />
      {draft.parameters.length === 0 && <p className="wb-hint">Runs of it ask for nothing.</p>}
      {draft.parameters.map((entry, index) => (
        <ParameterFields key={shown(entry.name)} {...{ draft, readOnly, onChange, entry, index }} />
      ))}
      <div className="wb-edit-actions wb-start">
        <Button disabled={readOnly} onClick={() => onChange([{ do: 'add', at: ['parameters'], value: { type: 'str' } }])}>
          Add parameter
        </Button>
      </div>
    </div>
  );
}

function ParameterFields({ draft, readOnly, onChange, entry, index }: Props & { entry: Entry; index: number }) {
  const problems = problemsIn(draft.problems, `parameters[${index}]`);
  const [open, setOpen] = useState<boolean>();
  const name = shown(entry.name);
  const type = typeof entry.type === 'string' ? entry.type : null;
  const set = (key: string, value: unknown) => onChange([setOrNot(['parameters', name, key], value)]);
  const bound = (word: 'minimum' | 'maximum', short: string, label: string) => {
    const key = short in entry ? short : word;
    return <Field label={label} value={shown(entry[key])} problem={problems.get(word) ?? problems.get(short)} disabled={readOnly} onChange={text => set(key, number(text))} />;
  };
  const fallback = shown(entry.default);
  const warning = draft.warnings.find(each => each.field.startsWith(`parameters[${index}].`));
  const shows = open ?? problems.size > 0;
  const fields = () => (
    <>
      <Whole problem={problems.get('')} />
      {warning && (
        <p className="wb-warning" role="status">
          <Words text={[warning.message, warning.fix].filter(Boolean).join(' ')} />
        </p>
      )}
      <Field label="Name" value={name} problem={problems.get('name')} disabled={readOnly} onChange={text => onChange([{ do: 'rename', at: ['parameters', name], value: text.trim() }])} />
      <Choice label="Type" value={type ?? ''} options={TYPES} problem={problems.get('type')} disabled={readOnly} onChange={value => set('type', value)} />
      <Field label="Default" value={shown(entry.default)} problem={problems.get('default')} disabled={readOnly} onChange={text => set('default', text === '' ? '' : valueOf(text, type))} />
      <Field label="Description" value={shown(entry.description)} problem={problems.get('description')} disabled={readOnly} onChange={text => set('description', text)} />
      {type !== 'bool' && (
        <Field
          label="Choices"
          placeholder="a, b, c"
          value={Array.isArray(entry.choices) ? entry.choices.map(shown).join(', ') : shown(entry.choices)}
          problem={problems.get('choices')}
          disabled={readOnly}
          onChange={text => set('choices', names(text).map(each => valueOf(each, type)))}
        />
      )}
      {(type === 'int' || type === 'float' || type === 'str') && (
        <>
          {bound('minimum', 'min', type === 'str' ? 'Shortest' : 'Least')}
          {bound('maximum', 'max', type === 'str' ? 'Longest' : 'Greatest')}
        </>
      )}
      <Line label="">
        <label className="wb-check">
          <input type="checkbox" checked={entry.required === true} disabled={readOnly} onChange={event => set('required', event.target.checked ? true : '')} /> A run must give it
        </label>
      </Line>
      <Unknown of={entry} known={OF_PARAMETER} problems={problems} disabled={readOnly} onRemove={key => onChange([{ do: 'unset', at: ['parameters', name, key] }])} />
      <Line label="">
        <Button disabled={readOnly} onClick={() => onChange([{ do: 'remove', at: ['parameters', name] }])}>
          Remove parameter
        </Button>
      </Line>
    </>
  );
  return (
    <div className="wb-draft-parameter" role="group" aria-label={`Parameter ${name}`}>
      <Disclosure open={shows} onToggle={() => setOpen(!shows)}>
        {name}
        {warning && <span className="wb-draft-untaken">no step takes it</span>}
        <span className="wb-row-note">{[type, fallback && `= ${fallback}`].filter(Boolean).join(' ')}</span>
      </Disclosure>
      {shows && fields()}
    </div>
  );
}
