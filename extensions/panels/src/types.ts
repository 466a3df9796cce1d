export type Family = 'number' | 'text' | 'time' | 'boolean' | 'nested' | 'binary' | 'other';

const FAMILIES: [Family, RegExp][] = [
  ['nested', /^(struct|list|map|array|row|large_list)|\[\]$/],
  ['time', /^(date|time|interval|duration)/],
  ['boolean', /^bool/],
  ['number', /^(u?(tiny|small|big|huge)?int|long|float|double|decimal|numeric|real|half)/],
  ['text', /^(string|varchar|char|text|uuid|enum|large_string|utf8|json)/],
  ['binary', /^(binary|fixed|blob|bytes)/]
];

/** What kind of values a type holds; Iceberg's, Arrow's and DuckDB's names are understood. */
export function family(type: string): Family {
  const lower = type.toLowerCase();
  return FAMILIES.find(([, pattern]) => pattern.test(lower))?.[0] ?? 'other';
}

export const FAMILY_WORD: Record<Family, string> = {
  number: 'number',
  text: 'text',
  time: 'time',
  boolean: 'true or false',
  nested: 'nested values',
  binary: 'bytes',
  other: 'other'
};
