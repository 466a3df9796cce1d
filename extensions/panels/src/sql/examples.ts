import { type Host } from '../host.js';
import { type Completion } from '../records.js';
import { family } from '../types.js';

const READ = 'select * from ';

/** Statements over what there is, for who has not written any: of the first dataset that the person sees. */
export async function examples(host: Host, signal?: AbortSignal): Promise<string[]> {
  const words = (sql: string, position: number) => host.call('query.complete', { sql, position }, signal);
  const tables = (await words(READ, READ.length)).filter(each => each.kind === 'table').map(each => each.text);
  const name = tables.find(each => !each.includes('quarantine')) ?? tables[0];
  if (!name) {
    return [];
  }
  const columns = (await words(`select  from ${name}`, 7)).filter(each => each.kind === 'column');
  const of = (kind: 'text' | 'number'): Completion | undefined => columns.find(each => family(each.detail) === kind);
  const [text, number] = [of('text'), of('number')];
  const found = [`select *\nfrom ${name}\nlimit 100`, `summarize ${name}`];
  if (text) {
    const average = number ? `, avg(${number.text}) as mean` : '';
    found.push(`select ${text.text}, count(*) as n${average}\nfrom ${name}\ngroup by all\norder by n desc`);
  }
  return found;
}
