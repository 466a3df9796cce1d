import { useState } from 'react';
import { plural } from '../format.js';
import { type Remediation } from '../records.js';
import { Button, IconButton } from '../ui/Button.js';

/** Of each tag: the rules that mask it, or that none does, with one to begin with. `onRules` says whether they could be put into the policy's text. */
export function Covered(props: { covered: Remediation[]; onRules: (rules: string[]) => boolean; onClose: () => void }) {
  const [refused, setRefused] = useState(false);
  const rules = props.covered.flatMap(each => (each.rules.length === 0 && each.proposed !== null ? [each.proposed] : []));
  return (
    <div className="wb-covered" role="status" aria-label="What masks them">
      <ul className="wb-versions">
        {props.covered.map(each => (
          <li key={each.finding.tag} className="wb-inline">
            <span>
              <strong>{each.finding.tag}</strong>{' '}
              {each.rules.length > 0 ? `is masked by ${each.rules.join(', ')}.` : <span className="wb-bad">is masked by no rule of the policy.</span>}
            </span>
          </li>
        ))}
        {rules.length > 0 && !refused && (
          <li>
            <Button title={rules.join('')} onClick={() => setRefused(!props.onRules(rules))}>
              Add {plural(rules.length, 'rule')} to the policy
            </Button>
          </li>
        )}
        {refused && (
          <li>
            Put this into the policy&rsquo;s masks: <code className="wb-break">{rules.map(each => each.replace(/^masks:\s*/, '').trim()).join(' ')}</code>
          </li>
        )}
      </ul>
      <IconButton icon="close" label="Close" onClick={props.onClose} />
    </div>
  );
}
