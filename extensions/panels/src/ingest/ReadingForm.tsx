import { type ReactNode, useEffect, useId, useState } from 'react';
import { type Preview, type Reading } from '../records.js';
import { type Draft, withReading } from './draft.js';

export const FORMATS: [string, string][] = [
  ['csv', 'Delimited text'],
  ['json', 'JSON'],
  ['ndjson', 'JSON, one a line'],
  ['parquet', 'Parquet'],
  ['excel', 'Workbook'],
  ['arrow', 'Arrow']
];
const DELIMITERS: [string, string][] = [
  [',', 'comma ,'],
  [';', 'semicolon ;'],
  ['\t', 'tab'],
  ['|', 'bar |'],
  [':', 'colon :'],
  [' ', 'space']
];
const ENCODINGS = ['utf-8', 'utf-16', 'cp1252', 'iso-8859-1', 'iso-8859-15', 'cp1250', 'cp1251', 'mac-roman', 'shift_jis', 'gb18030', 'big5'];
const DATES: [string, string][] = [
  ['dmy', 'day.month.year'],
  ['mdy', 'month/day/year'],
  ['ymd', 'year-month-day']
];

type Part = keyof Omit<Reading, 'columns'>;

const Field = ({ label, said, children }: { label: string; said: boolean; children: ReactNode }) => (
  <label className="wb-field" data-said={said || undefined} title={said ? 'You said so' : undefined}>
    <span>{label}</span>
    {children}
  </label>
);

/** How the file is read: what was found, to be said otherwise. */
export function ReadingForm({ preview, draft, onChange }: { preview: Preview; draft: Draft; onChange: (draft: Draft) => void }) {
  const id = useId();
  const { reading } = preview;
  const said = draft.reading;
  const format = said.format ?? reading.format;
  // What is not said yet is most often text.
  const text = format === 'csv' || format == null;
  const sheet = format === 'excel';
  const json = format === 'json' || format === 'ndjson';
  const set = (part: Omit<Reading, 'columns'>) => onChange(withReading(draft, part));
  const chosen = (part: Part): string => String(said[part] ?? reading[part] ?? '');
  const select = (part: Part, label: string, options: [string, string][]) => {
    const value = chosen(part);
    const all = value === '' || options.some(([key]) => key === value) ? options : [...options, [value, value] as [string, string]];
    return (
      <Field label={label} said={said[part] !== undefined}>
        <select className="wb-select" value={value} onChange={event => set({ [part]: event.target.value || null })}>
          {value === '' && <option value="">as it is found</option>}
          {all.map(([key, words]) => (
            <option key={key} value={key}>
              {words}
            </option>
          ))}
        </select>
      </Field>
    );
  };
  return (
    <fieldset>
      <legend>How it is read</legend>
      {select('format', 'Format', FORMATS)}
      {sheet &&
        preview.sheets.length > 0 &&
        select(
          'sheet',
          'Sheet',
          preview.sheets.map(name => [name, name])
        )}
      {text && (
        <>
          <Field label="Encoding" said={said.encoding !== undefined}>
            <Typed value={chosen('encoding')} list={id} onSet={encoding => set({ encoding: encoding || null })} />
            <datalist id={id}>
              {ENCODINGS.map(each => (
                <option key={each} value={each} />
              ))}
            </datalist>
          </Field>
          {select('delimiter', 'Delimiter', DELIMITERS)}
          {select('quote', 'Quotes', [
            ['"', 'double "'],
            ["'", "single '"]
          ])}
        </>
      )}
      {(text || sheet) && (
        <>
          <Field label="First row" said={said.header !== undefined}>
            <select
              className="wb-select"
              value={String(said.header ?? reading.header ?? true)}
              onChange={event => set({ header: event.target.value === 'true' })}
            >
              <option value="true">has the names</option>
              <option value="false">is data</option>
            </select>
          </Field>
          <Field label={sheet ? 'Skip rows' : 'Skip lines'} said={said.skip !== undefined}>
            <Typed value={chosen('skip') || '0'} number onSet={text => set({ skip: Math.max(0, Math.min(100_000, Number(text) || 0)) })} />
          </Field>
          <Field label="At the end" said={said.footer !== undefined}>
            <Typed value={chosen('footer') || '0'} number onSet={text => set({ footer: Math.max(0, Math.min(1_000, Number(text) || 0)) })} />
          </Field>
        </>
      )}
      {(text || sheet) &&
        select('decimal', 'Decimals after', [
          ['.', 'point .'],
          [',', 'comma ,']
        ])}
      {(text || sheet || json) && select('dates', 'Dates', DATES)}
      {format === 'json' && (
        <Field label="Rows are in" said={said.rows !== undefined}>
          <Typed value={chosen('rows')} onSet={rows => set({ rows: rows || null })} />
        </Field>
      )}
      {json && (
        <label className="wb-check">
          <input type="checkbox" checked={said.flatten ?? reading.flatten ?? false} onChange={event => set({ flatten: event.target.checked })} />
          <span>Nested values become columns of their own</span>
        </label>
      )}
      {!(format === 'parquet' || format === 'arrow') && (
        <Field label="Rows that do not fit" said={said.misfits !== undefined}>
          <select
            className="wb-select"
            value={said.misfits ?? reading.misfits ?? 'quarantine'}
            onChange={event => set({ misfits: event.target.value as 'quarantine' | 'fail' })}
          >
            <option value="quarantine">are set aside</option>
            <option value="fail">refuse the file</option>
          </select>
        </Field>
      )}
    </fieldset>
  );
}

/** A field whose value counts when it is left, or with Enter: half a word is no encoding. */
function Typed(props: { value: string; list?: string; number?: boolean; onSet: (text: string) => void }) {
  const [text, setText] = useState(props.value);
  useEffect(() => setText(props.value), [props.value]);
  const done = () => text !== props.value && props.onSet(text.trim());
  return (
    <input
      className="wb-input"
      list={props.list}
      type={props.number ? 'number' : 'text'}
      min={props.number ? 0 : undefined}
      spellCheck={false}
      value={text}
      onChange={event => setText(event.target.value)}
      onBlur={done}
      onKeyDown={event => event.key === 'Enter' && done()}
    />
  );
}
