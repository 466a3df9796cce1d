import { type ReactNode } from 'react';
import { type Host } from '../host.js';
import { plural } from '../format.js';
import { type ViewPage } from '../records.js';
import { FAMILY_WORD, family } from '../types.js';
import { Editable } from '../ui/Editable.js';
import { Icon, TypeIcon } from '../ui/Icon.js';
import { Markdown } from '../ui/Markdown.js';
import { When } from '../ui/When.js';
import { Zone } from '../ui/Zone.js';

export interface ViewProps {
  host: Host;
  view: ViewPage;
  onChanged: () => void;
}

const Fact = ({ term, children }: { term: string; children: ReactNode }) => (
  <>
    <dt>{term}</dt>
    <dd>{children}</dd>
  </>
);

/** Whether more than its name is told. */
export const isTold = (view: ViewPage): boolean => view.readable || view.problem !== null || view.description !== '' || view.owner !== '';

/** What people say of it. */
export const Description = ({ host, view, onChanged }: ViewProps) => (
  <Editable
    key={view.name}
    host={host}
    slot={`draft:${view.name}`}
    label={`Description of ${view.name}`}
    text={view.description}
    add="Add a description"
    rows={4}
    hint="Markdown. Control Enter saves."
    onSave={description => host.call('catalog.describe_view', { name: view.name, description }).then(onChanged)}
  >
    <Markdown text={view.description} />
  </Editable>
);

/** What it gives its reader; columns that are made of something masked say so. */
export function ViewColumns({ view }: { view: ViewPage }) {
  return (
    <section aria-label={`Columns of ${view.name}`}>
      <h3 className="wb-view-head">{plural(view.columns.length, 'column')}</h3>
      <table className="wb-table">
        <thead>
          <tr>
            <th>Column</th>
            <th>Type</th>
            <th>
              <span className="wb-unseen">What is masked</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {view.columns.map((column, i) => (
            <tr key={i}>
              <td className="wb-rest" title={column.name}>
                {column.name}
              </td>
              <td title={FAMILY_WORD[family(column.type)]}>
                <span className="wb-view-type">
                  <TypeIcon family={family(column.type)} /> {column.type}
                </span>
              </td>
              <td>
                {column.masked && (
                  <span className="wb-view-masked" title={column.made_of.map(one => `${one.dataset}.${one.column}: ${one.mask}`).join('\n')}>
                    <Icon name="mask" /> masked
                  </span>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** Its text, for who may see it. */
export const ViewText = ({ view }: { view: ViewPage }) => (
  <section aria-label={`Query of ${view.name}`}>
    <h3 className="wb-view-head">Query</h3>
    {view.sql === null ? (
      <p className="wb-hint">It is shown to who sees all that it reads as it is, or may write to it.</p>
    ) : (
      <pre className="wb-view-text" tabIndex={0}>
        {view.sql}
      </pre>
    )}
  </section>
);

/** Whose it is, what it reads, who wrote it and when. */
export function ViewAbout({ host, view, onChanged }: ViewProps) {
  return (
    <dl className="wb-overview-facts">
      <Fact term="Zone">
        <Zone zone={view.zone} />
      </Fact>
      <Fact term="Owner">
        <Editable
          key={view.name}
          host={host}
          slot={`owner:${view.name}`}
          label="Owner"
          text={view.owner}
          add="Name an owner"
          onSave={owner => host.call('catalog.describe_view', { name: view.name, owner }).then(onChanged)}
        >
          {view.owner}
        </Editable>
      </Fact>
      {(view.readable || view.reads.length > 0) && (
        <Fact term="Reads">
          {view.reads.length === 0
            ? 'no dataset'
            : view.reads.map(each => (
                <div key={each.name}>
                  <button
                    type="button"
                    className="wb-link"
                    onClick={() => void host.open({ kind: 'dataset', name: each.name, tab: each.kind === 'view' ? 'view' : undefined })}
                  >
                    {each.name}
                  </button>
                  {each.kind === 'view' && ' (view)'}
                </div>
              ))}
        </Fact>
      )}
      {view.at !== null && (
        <Fact term="Written">
          <When at={view.at} /> by {view.by}
          {view.version !== null && view.version > 1 && `, version ${view.version}`}
        </Fact>
      )}
    </dl>
  );
}

/** What is said where it cannot be read. */
export const Unreadable = ({ view }: { view: ViewPage }) => (
  <p className="wb-view-problem" role="status">
    <Icon name="warning" /> {view.problem === null ? 'It reads what is gone, or is not granted to you.' : `It cannot be read: ${view.problem}`}
  </p>
);
