import { useId, useState } from 'react';
import { type Parameter } from '../records.js';
import { isFilledIn, linesOfParams, paramsOfLines, type ScheduleDraft } from './draft.js';
import { TOLD } from './EventFields.js';

const DUE = '{{ schedule.date }}';
const BEFORE = '{{ schedule.date - 1d }}';

/** What a parameter is without being given. */
const unsaid = (p: Parameter): string => (p.required ? 'required' : p.default === null || p.default === undefined ? 'none' : `default: ${String(p.default)}`);

interface FieldProps {
  parameter: Parameter;
  value: string;
  offered: string[];
  onChange: (value: string) => void;
}

/** A day: the one that a run is due on, the day before, or always the same. */
function DayField({ parameter: p, value, onChange }: FieldProps) {
  const known = ['', DUE, BEFORE].includes(value);
  const [fixed, setFixed] = useState(!known);
  return (
    <>
      <select
        className="wb-select"
        aria-label={p.name}
        required={p.required}
        value={fixed ? 'fixed' : value}
        onChange={event => {
          setFixed(event.target.value === 'fixed');
          onChange(event.target.value === 'fixed' ? '' : event.target.value);
        }}
      >
        <option value="">{unsaid(p)}</option>
        <option value={DUE}>the day it is due</option>
        <option value={BEFORE}>the day before</option>
        <option value="fixed">a fixed day</option>
      </select>
      {fixed && (
        <input className="wb-input" aria-label={`${p.name}: day`} type={isFilledIn(value) ? 'text' : 'date'} value={value} onChange={event => onChange(event.target.value)} />
      )}
    </>
  );
}

function ValueField(props: FieldProps) {
  const { parameter: p, value, onChange } = props;
  const id = useId();
  const choices = p.type === 'bool' ? ['true', 'false'] : p.choices.map(String);
  if (p.type === 'date' && choices.length === 0) {
    return <DayField {...props} />;
  }
  if (choices.length > 0 && !isFilledIn(value)) {
    return (
      <select className="wb-select" aria-label={p.name} required={p.required} value={value} onChange={event => onChange(event.target.value)}>
        <option value="">{unsaid(p)}</option>
        {choices.map(choice => (
          <option key={choice}>{choice}</option>
        ))}
      </select>
    );
  }
  const numeric = (p.type === 'int' || p.type === 'float') && !isFilledIn(value);
  return (
    <>
      <input
        className="wb-input"
        aria-label={p.name}
        type={numeric ? 'number' : 'text'}
        step={p.type === 'float' ? 'any' : undefined}
        min={numeric ? (p.minimum ?? undefined) : undefined}
        max={numeric ? (p.maximum ?? undefined) : undefined}
        required={p.required}
        placeholder={unsaid(p)}
        list={p.type === 'str' ? id : undefined}
        value={value}
        onChange={event => onChange(event.target.value)}
      />
      {p.type === 'str' && (
        <datalist id={id}>
          {props.offered.map(each => (
            <option key={each} value={each} />
          ))}
        </datalist>
      )}
    </>
  );
}

/** What the runs of a schedule are given: the pipeline's parameters by their types, or a notebook's by name. */
export function ScheduledParams(props: { parameters: Parameter[] | null; draft: ScheduleDraft; onChange: (change: Partial<ScheduleDraft>) => void }) {
  const { parameters, draft, onChange } = props;
  const [lines, setLines] = useState(() => linesOfParams(draft.params));
  if (parameters === null) {
    return (
      <label className="wb-schedule-field">
        <span>Parameters, one a line</span>
        <textarea
          className="wb-input wb-mono"
          rows={2}
          spellCheck={false}
          placeholder={'n = 5\nday = {{ schedule.date }}'}
          value={lines}
          onChange={event => {
            setLines(event.target.value);
            onChange({ params: paramsOfLines(event.target.value) });
          }}
        />
      </label>
    );
  }
  const offered = draft.by === 'event' ? TOLD[draft.event] : [DUE, BEFORE, '{{ schedule.time }}'];
  return (
    <div className="wb-schedule-params">
      {parameters.map(p => (
        <div key={p.name} className="wb-schedule-param">
          <span title={p.description || undefined}>
            {p.name} <span className="wb-hint">{p.type}</span>
          </span>
          <span className="wb-inline">
            <ValueField parameter={p} offered={offered} value={draft.params[p.name] ?? ''} onChange={value => onChange({ params: { ...draft.params, [p.name]: value } })} />
          </span>
          {p.description && <span className="wb-hint">{p.description}</span>}
        </div>
      ))}
    </div>
  );
}
