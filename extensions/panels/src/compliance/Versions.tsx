import { Fragment, useState } from 'react';
import { type Host } from '../host.js';
import { type PolicyVersion } from '../records.js';
import { Button } from '../ui/Button.js';
import { Confirm } from '../ui/Confirm.js';
import { Disclosure } from '../ui/Disclosure.js';
import { Loaded } from '../ui/Loaded.js';
import { Empty } from '../ui/States.js';
import { useResource } from '../ui/useResource.js';
import { When } from '../ui/When.js';
import { Difference } from '../ui/Difference.js';

const STEP = 100;

/** All versions that were in force, with what each changed; an older one is brought back as a new one. */
export function Versions(props: {
  host: Host;
  current: PolicyVersion;
  /** There are changes that are not in force, which a restored text takes the place of. */
  unsaved: boolean;
  onRestore: (version: PolicyVersion) => void;
}) {
  const { host, current, unsaved, onRestore } = props;
  const [asked, setAsked] = useState<PolicyVersion | null>(null);
  const versions = useResource(`versions ${current.version}`, signal => host.call('compliance.policies', {}, signal));
  const [open, setOpen] = useState<number | null>(null);
  const [shown, setShown] = useState(STEP);
  return (
    <div className="wb-scroll wb-sections">
      {asked && (
        <Confirm label={`Restore version ${asked.version}`} action="Restore" busy={false} onDo={() => onRestore(asked)} onLeave={() => setAsked(null)}>
          You have changes that are not in force; the text of version {asked.version} takes their place.
        </Confirm>
      )}
      <Loaded of={versions} label="Reading the versions" failed="The versions could not be read.">
        {found =>
          found.length === 0 ? (
            <Empty>No policy has been in force yet. Each one that is applied is kept here.</Empty>
          ) : (
            <div className="wb-sideways">
              <table className="wb-table" aria-label="Versions">
                <thead>
                  <tr>
                    <th>Version</th>
                    <th>When</th>
                    <th>By</th>
                    <th>Note</th>
                    <th>
                      <span className="wb-unseen">Actions</span>
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {found.slice(0, shown).map((version, i) => (
                    <Fragment key={version.version}>
                      <tr aria-selected={open === version.version}>
                        <td>
                          <Disclosure open={open === version.version} onToggle={() => setOpen(open === version.version ? null : version.version)}>
                            {version.version}
                          </Disclosure>
                          {version.version === current.version && <span className="wb-tag">in force</span>}
                        </td>
                        <td>
                          <When at={version.at} />
                        </td>
                        <td>{version.by}</td>
                        <td className="wb-ellipsis" title={version.note || undefined}>
                          {version.note}
                        </td>
                        <td>
                          {version.version !== current.version && (
                            <Button title="Looked at as a change first" onClick={() => (unsaved ? setAsked(version) : onRestore(version))}>
                              Restore
                            </Button>
                          )}
                        </td>
                      </tr>
                      {open === version.version && (
                        <tr className="wb-opened">
                          <td colSpan={5}>
                            <Difference label={`What version ${version.version} changed`} old={found[i + 1]?.text ?? ''} next={version.text} />
                          </td>
                        </tr>
                      )}
                    </Fragment>
                  ))}
                </tbody>
              </table>
              {found.length > shown && <Button onClick={() => setShown(shown + STEP)}>Show older ones</Button>}
            </div>
          )
        }
      </Loaded>
    </div>
  );
}
