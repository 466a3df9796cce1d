const ENGINEERS = '  - {to: engineer, what: "*.*", may: [read, write]}';

/** Tags that are about people more likely than others. */
const PERSONAL = /pii|person|contact|mail|phone|birth|address|health|secret|confiden/i;

/** What the built-in policy grants, too. */
const GRANTED: Readonly<Record<string, string>> = { gold: 'viewer', silver: 'analyst' };

/** A policy to begin with: it grants what the built-in one does, names the zones that there are, and shows where masks and row filters go. */
export function template(zones: readonly string[], tags: readonly string[]): string {
  const others = zones.filter(zone => !(zone in GRANTED));
  const personal = tags.filter(tag => PERSONAL.test(tag)).map(tag => JSON.stringify(tag));
  const mask = ['masks:', `  - {name: personal data, tags: [${personal.join(', ') || 'personal'}], unless: [engineer], mask: {kind: hash}}`];
  const lines = [
    'version: 1',
    '',
    '# What is not granted is not there. Admins see everything.',
    'grants:',
    ...Object.entries(GRANTED).map(([zone, role]) => `  - {to: ${role}, what: ${zone}.*}`),
    ENGINEERS,
    ...others.map(zone => `  # - {to: analyst, what: ${zone}.*}`),
    '',
    '# Columns by their tags, or by name: what: [silver.people.born].',
    '# Kinds: null, constant, hash, partial, round, expression.',
    // A rule about tags that nobody has given would look as if something were masked.
    ...(personal.length > 0 ? mask : mask.map(line => `# ${line}`)),
    '',
    '# Only rows for which it is true are seen; principal is who asks.',
    '# rows:',
    '#   - {name: own region, what: [silver.people], where: region IN principal.regions}'
  ];
  return `${lines.join('\n')}\n`;
}
