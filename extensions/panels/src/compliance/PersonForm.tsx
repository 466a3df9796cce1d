import { useState } from 'react';
import { type Host, WorkbenchError } from '../host.js';
import { type AttributeValue, type RoleSummary, type User } from '../records.js';
import { Button } from '../ui/Button.js';
import { Chips } from '../ui/Chips.js';
import { LineForm } from '../ui/LineForm.js';
import { Problem } from '../ui/States.js';
import { useAction } from '../ui/useAction.js';
import { attributesOf, attributesText } from './words.js';

const HINT = 'Row filters compare with them. A line each, regions: north, east; commas make a list, also of one: regions: north,';

/** The attributes of a form, or what is wrong with them as an error like any other. */
function readAttributes(text: string): Record<string, AttributeValue> {
  try {
    return attributesOf(text);
  } catch (error) {
    throw new WorkbenchError((error as Error).message, 'invalid_input');
  }
}

function AttributesField({ text, onChange }: { text: string; onChange: (text: string) => void }) {
  return (
    <label className="wb-person-attributes">
      <span>Attributes</span>
      <textarea className="wb-input" rows={3} spellCheck={false} title={HINT} placeholder="regions: north, east" value={text} onChange={event => onChange(event.target.value)} />
    </label>
  );
}

function RolesField({ roles, values, onChange }: { roles: RoleSummary[]; values: string[]; onChange: (values: string[]) => void }) {
  return (
    <div className="wb-person-roles">
      <span>Roles</span>
      <Chips
        label="Roles"
        noun="role"
        closed
        known={roles.map(role => role.name)}
        values={values}
        onAdd={role => onChange([...values, role])}
        onRemove={role => onChange(values.filter(each => each !== role))}
      />
    </div>
  );
}

/** One more user. */
export function NewPerson(props: { host: Host; roles: RoleSummary[]; onDone: (user: User) => void; onCancel: () => void }) {
  const [name, setName] = useState('');
  const [called, setCalled] = useState('');
  const [kind, setKind] = useState<User['kind']>('user');
  const [roles, setRoles] = useState<string[]>([]);
  const [attributes, setAttributes] = useState('');
  const add = useAction(async () => {
    const facts = { name: name.trim(), roles, attributes: readAttributes(attributes), display_name: called.trim(), kind };
    props.onDone(await props.host.call('users.add', facts));
  });
  return (
    <LineForm label="New user" autoComplete="off" onSubmit={() => void add.run()} onCancel={props.onCancel}>
      <label>
        <span>Name</span>
        <input className="wb-input" autoFocus spellCheck={false} placeholder="alice" value={name} onChange={event => setName(event.target.value)} />
      </label>
      <label>
        <span>Full name</span>
        <input className="wb-input" placeholder="Alice Adams" value={called} onChange={event => setCalled(event.target.value)} />
      </label>
      <label>
        <span>Kind</span>
        <select className="wb-select" value={kind} onChange={event => setKind(event.target.value as User['kind'])}>
          <option value="user">person</option>
          <option value="service">program</option>
        </select>
      </label>
      <RolesField roles={props.roles} values={roles} onChange={setRoles} />
      <AttributesField text={attributes} onChange={setAttributes} />
      <Button primary submit disabled={add.busy || !name.trim()}>
        Add
      </Button>
      <Button onClick={props.onCancel}>Cancel</Button>
      {add.error && <Problem title="Nobody was added." error={add.error} />}
    </LineForm>
  );
}

/** What is said of a user, to be changed; saved by its button. */
export function PersonForm(props: { host: Host; user: User; roles: RoleSummary[]; onDone: (user: User) => void }) {
  const { host, user } = props;
  const [called, setCalled] = useState(user.display_name);
  const [roles, setRoles] = useState(user.roles);
  const [attributes, setAttributes] = useState(attributesText(user.attributes));
  const changed = called !== user.display_name || roles.join('\n') !== user.roles.join('\n') || attributes !== attributesText(user.attributes);
  const save = useAction(async () => {
    const made = await host.call('users.change', { name: user.name, roles, attributes: readAttributes(attributes), display_name: called.trim() });
    setCalled(made.display_name);
    setRoles(made.roles);
    setAttributes(attributesText(made.attributes));
    props.onDone(made);
  });
  return (
    <form
      className="wb-person-form"
      aria-label={`What is said of ${user.name}`}
      data-lm-suppress-shortcuts="true"
      onSubmit={event => {
        event.preventDefault();
        void save.run();
      }}
    >
      <label>
        <span>Full name</span>
        <input className="wb-input" value={called} onChange={event => setCalled(event.target.value)} />
      </label>
      <RolesField roles={props.roles} values={roles} onChange={setRoles} />
      <AttributesField text={attributes} onChange={setAttributes} />
      <p className="wb-hint">{HINT}</p>
      <div className="wb-inline">
        <Button primary submit disabled={save.busy || !changed}>
          Save
        </Button>
        <span className="wb-hint">It holds from the next request on.</span>
      </div>
      {save.error && <Problem title="It was not saved." error={save.error} />}
    </form>
  );
}
