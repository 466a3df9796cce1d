import { type Host } from '../host.js';
import { type Completion } from '../records.js';
import { family } from '../types.js';
import { firstNames } from '../ui/useSuggestions.js';
import { compareZones } from '../zones.js';
import { isMeasure } from './chart.js';
import { quotedName } from './saving.js';

const READ = 'select * from ';

/** What is refined most comes first. */
const refined = (a: string, b: string): number => compareZones(b, a);

/** The dataset that says most, as a statement names it: of the most refined zone, the one with the most rows; a view where there is none. */
async function telling(host: Host, signal?: AbortSignal): Promise<string | undefined> {
  const zones = (await host.call('catalog.tree', {}, signal)).nodes.filter(node => node.datasets > 0).map(node => node.name);
  for (const zone of zones.sort(refined)) {
    const { nodes } = await host.call('catalog.tree', { zone }, signal);
    const [first] = nodes.filter(node => node.kind === 'dataset').sort((a, b) => (b.dataset?.rows ?? 0) - (a.dataset?.rows ?? 0));
    const name = first ? `${zone}.${first.name}` : (await firstNames(host, 1, zone, refined, signal))[0];
    if (name) {
      return quotedName(name);
    }
  }
  const words = await host.call('query.complete', { sql: READ, position: READ.length }, signal);
  return words.find(each => each.kind === 'table')?.text;
}

/** Statements over what there is, for who has not written any. */
export async function examples(host: Host, signal?: AbortSignal): Promise<string[]> {
  const name = await telling(host, signal);
  if (!name) {
    return [];
  }
  const words: Completion[] = await host.call('query.complete', { sql: `select  from ${name}`, position: 7 }, signal);
  const columns = words.filter(each => each.kind === 'column');
  const text = columns.find(each => family(each.detail) === 'text');
  const number = columns.filter(each => family(each.detail) === 'number' && isMeasure(each.text.replaceAll('"', ''))).at(-1);
  const average = number ? `, avg(${number.text}) as mean` : '';
  const grouped = text ? [`select ${text.text}, count(*) as n${average}\nfrom ${name}\ngroup by all\norder by n desc`] : [];
  return [`select *\nfrom ${name}\nlimit 100`, ...grouped, `summarize ${name}`];
}
