import { type Connection, type DatabaseKind, type DatabaseOption } from '../records.js';

/** What a person has typed of a connection; the secret is kept apart and nowhere. */
export interface ConnectionDraft {
  name: string;
  kind: string;
  options: Readonly<Record<string, string>>;
}

export const EMPTY_CONNECTION: ConnectionDraft = { name: '', kind: 'postgresql', options: {} };

/** A saved connection to be changed. */
export function draftOf(connection: Connection): ConnectionDraft {
  const said = Object.entries(connection.options).filter(([, value]) => value !== null && value !== undefined);
  return { name: connection.name, kind: connection.kind, options: Object.fromEntries(said.map(([key, value]) => [key, String(value)])) };
}

/** Those that everybody is asked for, and those that few need. */
export function parted(kind: DatabaseKind): [asked: DatabaseOption[], more: DatabaseOption[]] {
  const asked = (option: DatabaseOption) => option.required || option.name === 'port';
  return [kind.options.filter(asked), kind.options.filter(option => !asked(option))];
}

/** What is saved: options that were said, in their types; what was left out is as the kind has it. */
export function optionsOf(draft: ConnectionDraft, kind: DatabaseKind): Record<string, unknown> {
  const given: Record<string, unknown> = {};
  for (const option of kind.options) {
    const text = (draft.options[option.name] ?? '').trim();
    if (text === '') {
      continue;
    }
    // What is no number is for the server to refuse, by name.
    given[option.name] = option.kind === 'number' && Number.isFinite(Number(text)) ? Number(text) : option.kind === 'yes or no' ? text === 'true' : text;
  }
  return given;
}

/** What is missing before it can be saved, in words; empty where nothing is. */
export function missing(draft: ConnectionDraft, kind: DatabaseKind): string {
  const names = kind.options.filter(option => option.required && !draft.options[option.name]?.trim()).map(option => labelOf(option.name).toLowerCase());
  return [...(draft.name.trim() ? [] : ['a name']), ...names].join(', ');
}

const LABELS: Record<string, string> = {
  path: 'File',
  schema_name: 'Schema',
  sslmode: 'Encryption',
  sslrootcert: 'Root certificate',
  ssl: 'Encryption',
  ssl_ca: 'Root certificate'
};
const HINTS: Record<string, string> = { host: 'db.example.org', path: 'data/shop.db', sslrootcert: 'certs/root.crt', ssl_ca: 'certs/root.crt' };

export const labelOf = (option: string): string => {
  const words = option.replaceAll('_', ' ');
  return LABELS[option] ?? words[0]!.toUpperCase() + words.slice(1);
};

export const hintOf = (option: DatabaseOption): string => (option.default !== null ? String(option.default) : (HINTS[option.name] ?? ''));

/** Where a connection leads, in a few words. */
export function whereOf(connection: Connection): string {
  const { host, port, database, path, user } = connection.options as Record<string, string | number | undefined>;
  if (host !== undefined) {
    return `${user === undefined ? '' : `${user} at `}${host}${port === undefined ? '' : `:${port}`}${database === undefined ? '' : `/${database}`}`;
  }
  return path === undefined ? Object.values(connection.options).filter(each => each !== null).join(' ') : String(path);
}
