import { Fragment, useMemo, useState } from 'react';
import { cell, exact, percent } from '../format.js';
import { type Host } from '../host.js';
import { type Column, type ColumnProfile } from '../records.js';
import { FAMILY_WORD, family } from '../types.js';
import { Bar } from '../ui/Bar.js';
import { Chips } from '../ui/Chips.js';
import { Disclosure } from '../ui/Disclosure.js';
import { TypeIcon } from '../ui/Icon.js';
import { SearchField } from '../ui/SearchField.js';
import { Empty, Unread } from '../ui/States.js';
import { useAction } from '../ui/useAction.js';
import { useKept, useResource } from '../ui/useResource.js';
import { useStored } from '../ui/useStored.js';
import { ColumnAbout } from './ColumnAbout.js';
import { ColumnDetails } from './ColumnDetails.js';
import { type TabProps } from './DatasetPage.js';
import { distinctWords, nullShare, rangeWords, semanticWords } from './figures.js';
import { Histogram } from './Histogram.js';

/** Beyond so many, a filter is needed to see the others: a table of ten thousand lines helps nobody. */
const MOST = 400;

/** What is being written of columns, by field id. */
type Drafts = Record<string, string | null>;

/** The columns: what they hold, what they mean, and how their values are spread. */
export function Columns({ host, dataset, version, onChanged }: TabProps) {
  const { name } = dataset;
  const profile = useKept(
    useResource(version, signal => host.call('quality.profile', { name }, signal)),
    name
  );
  const tags = useResource('tags', signal => host.call('catalog.tags', {}, signal));
  const [filter, setFilter] = useState('');
  const [open, setOpen] = useState<number | null>(null);
  const [drafts, write] = useStored<Drafts>(host, `columns:${name}`, {});
  const figures = useMemo(() => new Map(profile.data?.columns.map(column => [column.field_id, column])), [profile.data]);
  const wanted = filter.trim().toLowerCase();
  const found = dataset.columns.filter(column =>
    [column.name, column.description || column.doc, ...column.labels].some(text => text.toLowerCase().includes(wanted))
  );
  if (dataset.columns.length === 0) {
    return <Empty>{name} has no columns yet.</Empty>;
  }
  return (
    <div className="wb-scroll">
      <div className="wb-bar-line">
        <SearchField label="Filter columns" placeholder={`Filter ${exact(dataset.columns.length)} columns`} value={filter} onChange={setFilter} />
        <span className="wb-hint" role="status">
          {profile.loading && !profile.data && 'Looking at the values…'}
          {profile.data?.sampled != null && `What is not exact comes from ${exact(profile.data.sampled)} rows.`}
          {found.length > MOST && ` The first ${MOST} of ${exact(found.length)}.`}
        </span>
      </div>
      {profile.error && <Unread title="The values could not be looked at." error={profile.error} onRetry={profile.reload} />}
      {found.length === 0 ? (
        <Empty>No column has “{filter}” in its name, description or tags.</Empty>
      ) : (
        <table className="wb-table wb-columns" aria-label={`Columns of ${name}`}>
          <thead>
            <tr>
              <th>Column</th>
              <th>Type</th>
              <th>Tags</th>
              <th>Without a value</th>
              <th className="wb-number">Different</th>
              <th>Range</th>
              <th>Values</th>
              <th>Looks like</th>
            </tr>
          </thead>
          <tbody>
            {found.slice(0, MOST).map(column => (
              <Line
                key={column.field_id}
                host={host}
                name={name}
                column={column}
                profile={figures.get(column.field_id)}
                known={tags.data?.map(use => use.tag)}
                open={open === column.field_id}
                onToggle={() => setOpen(open === column.field_id ? null : column.field_id)}
                draft={drafts[column.field_id] ?? null}
                onDraft={text => write({ [column.field_id]: text })}
                onChanged={onChanged}
              />
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}

function Line(props: {
  host: Host;
  name: string;
  column: Column;
  profile: ColumnProfile | undefined;
  known: string[] | undefined;
  open: boolean;
  onToggle: () => void;
  draft: string | null;
  onDraft: (text: string | null) => void;
  onChanged: () => void;
}) {
  const { host, name, column, profile, open } = props;
  const say = useAction(async (work: () => Promise<unknown>) => {
    await work();
    props.onChanged();
  });
  const share = profile ? nullShare(profile) : 0;
  return (
    <Fragment>
      <tr aria-selected={open}>
        <td>
          <Disclosure open={open} title={column.name} disabled={!profile} onToggle={props.onToggle}>
            <TypeIcon family={family(column.type)} />
            <span>{column.name}</span>
          </Disclosure>
          <ColumnAbout host={host} name={name} column={column} draft={props.draft} onDraft={props.onDraft} onChanged={props.onChanged} />
        </td>
        <td className="wb-ellipsis" title={`${column.type} (${FAMILY_WORD[family(column.type)]})${column.required ? ', never empty' : ''}`}>
          {column.type}
        </td>
        <td>
          <Chips
            label={`Tags of ${column.name}`}
            noun="tag"
            values={column.labels}
            known={props.known}
            error={say.error}
            onAdd={tag => void say.run(() => host.call('catalog.tag', { name, tag, column: column.name }))}
            onRemove={tag => void say.run(() => host.call('catalog.untag', { name, tag, column: column.name }))}
          />
        </td>
        <td title={profile && `${exact(profile.nulls)} of ${exact(profile.rows)} rows have no value`}>
          {profile && (
            <span className="wb-share">
              <Bar share={share} label={`${percent(share)} without a value`} tone={share > 0 ? 'fair' : 'plain'} />
              <span className="wb-number">{percent(share)}</span>
            </span>
          )}
        </td>
        <td className="wb-number" title={profile && !profile.distinct_exact ? 'Estimated' : undefined}>
          {profile && distinctWords(profile)}
        </td>
        <td className="wb-ellipsis wb-range" title={profile && `${cell(profile.min)} to ${cell(profile.max)}`}>
          {profile && rangeWords(profile)}
        </td>
        <td>
          {profile && profile.histogram.length > 0 && (
            <button type="button" className="wb-plain-button" title="Show the figures" onClick={props.onToggle}>
              <Histogram bins={profile.histogram} label={`How ${column.name} is spread; its row opens to the figures`} />
            </button>
          )}
        </td>
        <td>{profile && semanticWords(profile)}</td>
      </tr>
      {open && profile && (
        <tr className="wb-opened">
          <td colSpan={8}>
            <ColumnDetails profile={profile} />
          </td>
        </tr>
      )}
    </Fragment>
  );
}
