import { type Host } from '../host.js';
import { type Edit } from '../records.js';
import { Loaded } from '../ui/Loaded.js';
import { AdminsOnly } from '../ui/States.js';
import { useEvents } from '../ui/useEvents.js';
import { useAdmin } from '../ui/useMe.js';
import { useResource } from '../ui/useResource.js';
import { When } from '../ui/When.js';
import { concerns } from './concerns.js';

/** `description of seats`; what is not of a column is of the dataset itself. */
const subject = (edit: Edit): string => (edit.column ? `${edit.what} of ${edit.column}` : edit.what);

const Text = ({ text }: { text: string | null }) =>
  text ? (
    <span className="wb-ellipsis" title={text}>
      {text}
    </span>
  ) : (
    <span className="wb-null">nothing</span>
  );

/** What people have said of it, and what stood there before, newest first. */
export function Edits({ host, name, version }: { host: Host; name: string; version: string }) {
  const admin = useAdmin(host);
  const found = useResource(admin ? `${version} said` : null, signal => host.call('catalog.edits', { name }, signal));
  useEvents(host, event => concerns(event, name), found.reload);
  return (
    <section aria-label="What people said">
      <h3>What people said</h3>
      {admin === false ? (
        <AdminsOnly />
      ) : (
        <Loaded of={found} label="Reading what was said" failed="What was said could not be read." rows={2}>
          {edits =>
            edits.length === 0 ? (
              <p className="wb-hint">Nobody has described, tagged or owned it yet.</p>
            ) : (
              <div className="wb-sideways">
                <table className="wb-table" aria-label="What people said">
                  <thead>
                    <tr>
                      <th>When</th>
                      <th>By</th>
                      <th>What</th>
                      <th>Before</th>
                      <th>Since</th>
                    </tr>
                  </thead>
                  <tbody>
                    {edits.map((edit, i) => (
                      <tr key={`${edit.run_id} ${i}`}>
                        <td>
                          <When at={edit.at} />
                        </td>
                        <td>{edit.by}</td>
                        <td title={edit.of}>{subject(edit)}</td>
                        <td>
                          <Text text={edit.before} />
                        </td>
                        <td>
                          <Text text={edit.after} />
                        </td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
            )
          }
        </Loaded>
      )}
    </section>
  );
}
