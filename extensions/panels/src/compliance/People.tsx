import { useMemo, useState } from 'react';
import { plural } from '../format.js';
import { type Host } from '../host.js';
import { type Principal, type RoleSummary, type Token, type User } from '../records.js';
import { Button } from '../ui/Button.js';
import { Loaded } from '../ui/Loaded.js';
import { SearchField } from '../ui/SearchField.js';
import { Empty } from '../ui/States.js';
import { useKept, useResource } from '../ui/useResource.js';
import { VirtualRows } from '../ui/VirtualRows.js';
import { When } from '../ui/When.js';
import { Person } from './Person.js';
import { NewPerson } from './PersonForm.js';
import { activeTokens, lastSeen, matching } from './people.js';
import { valueWords } from './words.js';

interface Props {
  host: Host;
  me: Principal;
  version: number;
  fresh: number;
  say: (words: string) => void;
}

/** Who may ask: people and programs with their roles, attributes and tokens. */
export function People({ host, me, version, fresh, say }: Props) {
  const users = useKept(useResource(`users ${fresh}`, signal => host.call('users.list', {}, signal)), 'users');
  const tokens = useKept(useResource(`tokens ${fresh}`, signal => host.call('users.tokens', {}, signal)), 'tokens');
  const roles = useKept(useResource(`roles ${version} ${fresh}`, signal => host.call('compliance.roles', {}, signal)), 'roles');
  const [filter, setFilter] = useState('');
  const [open, setOpen] = useState<string | null>(null);
  const [adding, setAdding] = useState(false);
  const found = useMemo(() => matching(users.data ?? [], filter), [users.data, filter]);
  const person = users.data?.find(user => user.name === open);
  const changed = (words: string) => {
    say(words);
    users.reload();
    tokens.reload();
  };
  return (
    <div className="wb-people" data-open={person !== undefined || undefined}>
      <div className="wb-people-list">
        <div className="wb-bar-line">
          <SearchField label="Filter people" placeholder="Filter by name, role or attribute" value={filter} onChange={setFilter} />
          <span className="wb-facts" role="status">
            {users.data && (filter ? `${found.length} of ${plural(users.data.length, 'user')}` : plural(users.data.length, 'user'))}
          </span>
          <span className="wb-gap" />
          <Button onClick={() => setAdding(true)}>Add a user</Button>
        </div>
        {adding && (
          <NewPerson
            host={host}
            roles={roles.data ?? []}
            onDone={user => {
              setAdding(false);
              setOpen(user.name);
              changed(`${user.name} is added.`);
            }}
            onCancel={() => setAdding(false)}
          />
        )}
        <Loaded of={users} label="Reading the users" failed="The users could not be read.">
          {all =>
            all.length === 0 ? (
              <Empty>Nobody else yet. Who is added here asks over HTTP with a token of her own, and sees what the policy grants her.</Empty>
            ) : found.length === 0 ? (
              <Empty>Nobody is called so, or has such a role or attribute.</Empty>
            ) : (
              <List users={found} tokens={tokens.data ?? []} open={open} onOpen={name => setOpen(name === open ? null : name)} />
            )
          }
        </Loaded>
      </div>
      {person && (
        <Person
          key={person.name}
          host={host}
          me={me}
          user={person}
          roles={roles.data ?? ([] as RoleSummary[])}
          tokens={(tokens.data ?? []).filter(token => token.principal.name === person.name)}
          onChanged={changed}
          onClose={() => setOpen(null)}
        />
      )}
    </div>
  );
}

function List(props: { users: User[]; tokens: Token[]; open: string | null; onOpen: (name: string) => void }) {
  const { users, tokens } = props;
  const seen = useMemo(() => lastSeen(tokens), [tokens]);
  const active = useMemo(() => activeTokens(tokens, Date.now()), [tokens]);
  return (
    <VirtualRows
      label="Users"
      className="wb-people-rows"
      head={['Name', 'Roles', 'Attributes', 'Tokens', 'Last seen']}
      rows={users}
      keyOf={user => user.name}
      selected={props.open}
      cells={user => [
        <button key="name" type="button" className="wb-column-name" aria-expanded={props.open === user.name} onClick={() => props.onOpen(user.name)}>
          <strong>{user.name}</strong>
          {user.display_name && <span className="wb-hint"> {user.display_name}</span>}
          {user.kind === 'service' && <span className="wb-tag">program</span>}
          {user.disabled_at && <span className="wb-tag">disabled</span>}
        </button>,
        user.roles.join(', ') || <span className="wb-hint">none</span>,
        Object.entries(user.attributes)
          .map(([name, value]) => `${name}: ${valueWords(value)}`)
          .join('; '),
        String(active.get(user.name) ?? 0),
        seen.has(user.name) ? <When key="seen" at={seen.get(user.name)!} /> : <span className="wb-hint">not known</span>
      ]}
    />
  );
}
