import { type Writable } from '../records.js';
import { parametersOf } from './statements.js';

/** What a statement can be kept as. */
export const KINDS = [
  ['view', 'View'],
  ['table', 'Table'],
  ['step', 'Pipeline step']
] as const;
export type Kind = (typeof KINDS)[number][0];

const PLAIN = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** A dataset's name as a statement says it. */
export const quotedName = (name: string): string =>
  name
    .split('.')
    .map(part => (PLAIN.test(part) ? part : `"${part.replaceAll('"', '""')}"`))
    .join('.');

/** The statement that keeps what another one gives. */
export const saving = (kind: Exclude<Kind, 'step'>, name: string, sql: string): string => `create ${kind} ${quotedName(name)} as\n${sql}`;

/** Where one may write, in words: `You may write to silver.* and gold.*.` */
export function writableInWords({ zones, others }: Writable): string {
  const names = [...zones.map(zone => `${zone}.*`), ...others];
  const listed = names.length > 1 ? `${names.slice(0, -1).join(', ')} and ${names.at(-1)!}` : names.join('');
  return listed && `You may write to ${listed}.`;
}

/** Why a statement cannot be a view; empty: it can. */
export function unfitForView(sql: string): string {
  const [name] = parametersOf(sql);
  return name === undefined ? '' : `A view takes no values, and the statement has $${name}. Save it as a table or a pipeline step, or write the value into it.`;
}
