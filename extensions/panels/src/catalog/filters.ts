/** What narrows a search down. It stands in the search's own text, so that it can be typed, is kept with it, and is seen. */
export interface Filters {
  zone?: string;
  tag?: string;
  owner?: string;
  kind?: string;
}
export const FILTERS = ['zone', 'tag', 'owner', 'kind'] as const;
/** What there is of each. */
export const KINDS = ['dataset', 'view'] as const;
export type Filter = (typeof FILTERS)[number];

const TOKEN = /(?:^|\s)(zone|tag|owner|kind):(?:"([^"]*)"|(\S+))/gi;

/** `tailnum zone:silver owner:"ann b"` taken apart; of two filters of a kind the last counts. */
export function parseQuery(query: string): { text: string; filters: Filters } {
  const filters: Filters = {};
  for (const [, kind, quoted, plain] of query.matchAll(TOKEN)) {
    const value = (quoted ?? plain ?? '').trim();
    if (value) {
      filters[kind!.toLowerCase() as Filter] = value;
    }
  }
  return { text: query.replace(TOKEN, ' ').replace(/\s+/g, ' ').trim(), filters };
}

/** `query` with one filter set, or taken away where `value` is undefined. */
export function withFilter(query: string, kind: Filter, value: string | undefined): string {
  const { text, filters } = parseQuery(query);
  const next: Filters = { ...filters, [kind]: value };
  const words = FILTERS.flatMap(each => {
    const given = next[each];
    return given === undefined ? [] : [`${each}:${/\s/.test(given) ? `"${given}"` : given}`];
  });
  return [text, ...words].filter(Boolean).join(' ');
}

/**
 * What is asked of the search: it needs a word, and a tag or an owner is one; views alone are found without. Null: a zone alone, which the
 * tree shows by itself.
 */
export function searchArguments(
  query: string
): { query: string; zone?: string; tag?: string; owner?: string; kind?: 'dataset' | 'view' } | null {
  const { text, filters } = parseQuery(query);
  const { kind: written, ...others } = filters;
  const kind = KINDS.find(each => each === written?.toLowerCase());
  const word = text || filters.tag || filters.owner;
  return word || kind === 'view' ? { query: word ?? '', ...others, ...(kind ? { kind } : {}) } : null;
}
