import { cell, count, exact, percent } from '../format.js';
import { type ColumnProfile } from '../records.js';

const QUANTILES: Record<string, string> = { '0.25': 'First quarter', '0.5': 'Median', '0.75': 'Third quarter' };

/** `0.05` as `5 % are below`. */
const quantileWords = (key: string): string => QUANTILES[key] ?? `${Number(key) * 100} % are below`;

function facts(profile: ColumnProfile): [term: string, value: string][] {
  const all: [string, string | null][] = [
    ['Rows', exact(profile.rows)],
    ['Without a value', exact(profile.nulls)],
    ['Smallest', profile.min === null ? null : cell(profile.min)],
    ['Largest', profile.max === null ? null : cell(profile.max)],
    ['Mean', profile.mean === null ? null : cell(profile.mean)],
    ['Standard deviation', profile.stddev === null ? null : cell(profile.stddev)],
    ['Not a number', profile.nan ? exact(profile.nan) : null],
    ['Infinite', profile.infinite ? exact(profile.infinite) : null],
    ['Blank texts', profile.blank ? exact(profile.blank) : null],
    ['Length', profile.min_length === null ? null : `${profile.min_length} to ${profile.max_length}`],
    ['Far outside', profile.outliers ? `${exact(profile.outliers.count)} below ${cell(profile.outliers.low)} or above ${cell(profile.outliers.high)}` : null],
    ...Object.entries(profile.quantiles).map(([key, value]): [string, string] => [quantileWords(key), cell(value)])
  ];
  return all.filter((each): each is [string, string] => each[1] !== null);
}

const Shares = ({ label, head, lines }: { label: string; head: [string, string]; lines: [string, string][] }) => (
  <table className="wb-table wb-small" aria-label={label}>
    <thead>
      <tr>
        <th>{head[0]}</th>
        <th className="wb-number">{head[1]}</th>
      </tr>
    </thead>
    <tbody>
      {lines.map(([what, figure], i) => (
        <tr key={i}>
          <td className="wb-ellipsis" title={what}>
            {what === '' ? <span className="wb-null">empty text</span> : what}
          </td>
          <td className="wb-number">{figure}</td>
        </tr>
      ))}
    </tbody>
  </table>
);

/** All figures of a column: the table behind its histogram, the most frequent values, the forms of its texts. */
export function ColumnDetails({ profile }: { profile: ColumnProfile }) {
  const part = profile.looked_at === null ? '' : ` (of ${count(profile.looked_at)} rows looked at)`;
  return (
    <div className="wb-column-details">
      <dl>
        {facts(profile).map(([term, value]) => (
          <div key={term}>
            <dt>{term}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {profile.histogram.length > 0 && (
        <Shares
          label={`How ${profile.name} is spread`}
          head={[`From … to below${part}`, 'Rows']}
          lines={profile.histogram.map(bin => [`${cell(bin.low)} … ${cell(bin.high)}`, exact(bin.count)])}
        />
      )}
      {profile.top.length > 0 && (
        <Shares
          label={`Most frequent values of ${profile.name}`}
          head={[`Most frequent${profile.top_exact ? '' : part}`, 'Rows']}
          lines={profile.top.slice(0, 12).map(([value, rows]) => [cell(value), exact(rows)])}
        />
      )}
      {profile.patterns.length > 0 && (
        <Shares label={`Forms of ${profile.name}`} head={['Form', 'Share']} lines={profile.patterns.map(([form, share]) => [form, percent(share)])} />
      )}
      {profile.variants.length > 0 && (
        <Shares label={`Spellings of ${profile.name}`} head={['Spelt differently', '']} lines={profile.variants.map(group => [group.join(' · '), ''])} />
      )}
    </div>
  );
}
