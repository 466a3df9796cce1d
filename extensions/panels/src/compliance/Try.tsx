import { type Host } from '../host.js';
import { type RoleSummary, type TableData, type User, type Whom } from '../records.js';
import { Grid } from '../sample/Grid.js';
import { DatasetPicker } from '../ui/DatasetPicker.js';
import { Loaded } from '../ui/Loaded.js';
import { Empty } from '../ui/States.js';
import { useResource } from '../ui/useResource.js';
import { Access } from './Access.js';
import { RowSources } from './RowSources.js';
import { seenInWords } from './words.js';

export interface Tried {
  name: string | null;
  /** `user:alice` or `role:viewer`. */
  as: string | null;
  byDraft: boolean;
}

const ROWS = 50;

/** A dataset as somebody sees it, beside as it is. */
export function Try(props: {
  host: Host;
  tried: Tried;
  onTry: (tried: Partial<Tried>) => void;
  /** A text that could be the policy, not in force. */
  draft: string | null;
  /** The version in force; another one is another view. */
  version: number;
  fresh: number;
}) {
  const { host, tried, onTry, draft, version, fresh } = props;
  const key = `${version} ${fresh}`;
  const users = useResource(key, signal => host.call('users.list', {}, signal));
  const roles = useResource(key, signal => host.call('compliance.roles', {}, signal));
  const byDraft = tried.byDraft && draft !== null;
  const { name } = tried;
  return (
    <div className="wb-scroll wb-sections wb-try">
      <div className="wb-inline">
        <DatasetPicker host={host} label="Dataset" none="Choose a dataset" value={name} onChange={chosen => onTry({ name: chosen })} />
        <AsWhom users={users.data ?? []} roles={roles.data ?? []} value={tried.as} onChange={as => onTry({ as })} />
        {draft !== null && (
          <label className="wb-check">
            <input type="checkbox" checked={byDraft} onChange={event => onTry({ byDraft: event.target.checked })} /> by my draft, not in force yet
          </label>
        )}
      </div>
      {name && tried.as ? (
        <Seen host={host} name={name} whom={{ ...whomOf(tried.as), draft: byDraft ? draft : undefined }} user={users.data?.find(user => `user:${user.name}` === tried.as)} version={key} />
      ) : (
        <Empty>
          Choose a dataset and somebody, a user or anybody with a role: here is what she sees of it, with the rule beside each column, and her rows
          beside yours.
        </Empty>
      )}
    </div>
  );
}

const whomOf = (as: string): Whom => (as.startsWith('role:') ? { role: as.slice(5) } : { user: as.slice(5) });

function AsWhom(props: { users: User[]; roles: RoleSummary[]; value: string | null; onChange: (as: string | null) => void }) {
  const { users, roles, value } = props;
  const known = [...users.map(user => `user:${user.name}`), ...roles.map(role => `role:${role.name}`)];
  return (
    <label className="wb-inline">
      <span>as</span>
      <select className="wb-select" aria-label="As whom" value={value && known.includes(value) ? value : ''} onChange={event => props.onChange(event.target.value || null)}>
        <option value="">…</option>
        {users.length > 0 && (
          <optgroup label="Users">
            {users.map(user => (
              <option key={user.name} value={`user:${user.name}`}>
                {user.display_name ? `${user.display_name} (${user.name})` : user.name}
                {user.disabled_at ? ', disabled' : ''}
              </option>
            ))}
          </optgroup>
        )}
        <optgroup label="Anybody with the role">
          {roles.map(role => (
            <option key={role.name} value={`role:${role.name}`} title={role.description}>
              {role.name}
            </option>
          ))}
        </optgroup>
      </select>
    </label>
  );
}

function Seen(props: { host: Host; name: string; whom: Whom; user: User | undefined; version: string }) {
  const { host, name, whom, user } = props;
  const key = JSON.stringify([props.version, name, whom]);
  const report = useResource(key, signal => host.call('compliance.access', { name, ...whom }, signal));
  const theirs = useResource(key, signal => host.call('compliance.rows', { name, ...whom, limit: ROWS }, signal));
  const own = useResource(`${props.version} ${name}`, signal => host.call('datasets.sample', { name, limit: ROWS }, signal));
  const who = whom.user ?? `anybody with the role ${whom.role}`;
  return (
    <Loaded of={report} label={`Looking at ${name} as ${who}`} failed={`What ${who} sees of ${name} could not be told.`}>
      {found => (
        <>
          <p className="wb-try-words" role="status">
            {seenInWords(found)} {user?.disabled_at && `${user.name} is disabled, and may do nothing at all.`}
          </p>
          <Access report={found} attributes={whom.user ? (user?.attributes ?? {}) : null} types={new Map(own.data?.columns)} />
          <RowSources
            host={host}
            name={name}
            version={key}
            onReleased={() => {
              report.reload();
              theirs.reload();
            }}
          />
          <div className="wb-try-rows">
            <section aria-label={`Rows as ${who} sees them`}>
              <h3>As {who}</h3>
              <Loaded of={theirs} label="Reading the rows" failed="The rows could not be read.">
                {data => <Rows data={data} label={`Rows as ${who} sees them`} />}
              </Loaded>
            </section>
            <section aria-label="Rows as you see them">
              <h3>As you</h3>
              <Loaded of={own} label="Reading the rows" failed="The rows could not be read.">
                {data => <Rows data={data} label="Rows as you see them" />}
              </Loaded>
            </section>
          </div>
        </>
      )}
    </Loaded>
  );
}

function Rows({ data, label }: { data: TableData; label: string }) {
  if (data.columns.length === 0) {
    return <Empty>Nothing of it is there.</Empty>;
  }
  if (data.rows.length === 0) {
    return <Empty>No row is seen.</Empty>;
  }
  return (
    <>
      <div className="wb-try-grid">
        <Grid data={data} label={label} />
      </div>
      {data.cut_at !== null && <p className="wb-hint">The first {ROWS} rows.</p>}
    </>
  );
}
