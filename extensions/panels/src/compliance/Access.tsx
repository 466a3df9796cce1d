import { type AccessReport, type AttributeValue, type ColumnAccess } from '../records.js';
import { family } from '../types.js';
import { Icon, TypeIcon } from '../ui/Icon.js';
import { type IconName } from '../ui/icons.js';
import { filterFor, maskInWords } from './words.js';

const STATES: Record<ColumnAccess['state'], [icon: IconName, word: string]> = {
  seen: ['check', 'shown'],
  masked: ['mask', 'masked'],
  hidden: ['hidden', 'hidden']
};

/** What is seen, column by column with the rules beside, and which rows. `attributes`: of the user it is about; null where it is a role. */
export function Access(props: { report: AccessReport; attributes: Record<string, AttributeValue> | null; types: Map<string, string> }) {
  const { report } = props;
  return (
    <>
      {report.allowed && (
        <section aria-label="Rows that are seen">
          <h3>Rows</h3>
          {report.filters.length === 0 ? (
            <p>All of them: no row filter holds here.</p>
          ) : (
            <ul className="wb-advice">
              {report.filters.map(filter => (
                <li key={`${filter.rule} ${filter.where}`}>
                  {filter.lost ? 'None' : 'Only where '}
                  {!filter.lost && <code className="wb-break">{filter.where}</code>}
                  {filter.source && `, for they were made of ${filter.source}’s`} <span className="wb-tag">{filter.rule}</span>
                  <Compared where={filter.where} who={report.who} attributes={props.attributes} />
                </li>
              ))}
            </ul>
          )}
        </section>
      )}
      <section aria-label="Columns that are seen">
        <h3>Columns</h3>
        <div className="wb-sideways wb-try-columns" tabIndex={0}>
          <table className="wb-table" aria-label="Columns as they are seen">
            <thead>
              <tr>
                <th>Column</th>
                <th>State</th>
                <th>What is seen</th>
                <th>By the rule</th>
              </tr>
            </thead>
            <tbody>
              {report.columns.map(column => (
                <tr key={column.name} data-state={column.state}>
                  <td title={props.types.get(column.name)}>
                    <span className="wb-inline">
                      <TypeIcon family={family(props.types.get(column.name) ?? '')} />
                      {column.name}
                    </span>
                  </td>
                  <td>
                    <span className={`wb-state wb-state-${column.state}`}>
                      <Icon name={STATES[column.state][0]} />
                      {STATES[column.state][1]}
                    </span>
                  </td>
                  <td className="wb-ellipsis">{column.mask ? maskInWords(column.mask) : column.state === 'seen' ? 'the value' : 'not even the name'}</td>
                  <td>{column.rules.length > 0 ? <Rules names={column.rules} source={column.source} /> : <span className="wb-hint">{column.state === 'hidden' ? 'not granted' : 'granted'}</span>}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
        <ul className="wb-advice wb-hint wb-above" aria-label="Why">
          {report.reasons.slice(0, 1).map(reason => (
            <li key={reason}>{reason}</li>
          ))}
        </ul>
      </section>
    </>
  );
}

/** The one that holds first; the others hold as well, and show more. */
const Rules = ({ names, source }: { names: string[]; source?: string | null }) => (
  <>
    {names[0]}
    {source && <span className="wb-hint"> for it was made of {source}</span>}
    {names.length > 1 && <span className="wb-hint"> (and {names.slice(1).join(', ')})</span>}
  </>
);

function Compared(props: { where: string; who: string; attributes: Record<string, AttributeValue> | null }) {
  const about = filterFor(props.where, props.attributes ?? {});
  if (about.length === 0) {
    return null;
  }
  if (props.attributes === null) {
    return <p className="wb-hint">It depends on {about.map(each => each.name).join(', ')} of each person: of a role alone no row is seen.</p>;
  }
  return (
    <>
      {about.map(({ name, value }) => (
        <p key={name} className={value === null ? 'wb-bad' : 'wb-hint'}>
          {value === null ? `${props.who} has no attribute ${name}, and so sees no row.` : `${name} of ${props.who}: ${value}`}
        </p>
      ))}
    </>
  );
}
