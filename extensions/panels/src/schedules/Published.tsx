import { type Host } from '../host.js';
import { type PipelineVersion } from '../records.js';
import { Button } from '../ui/Button.js';
import { Problem } from '../ui/States.js';
import { useAction } from '../ui/useAction.js';
import { useResource } from '../ui/useResource.js';

const NAMED = 4;

const differing = ({ differs }: PipelineVersion): string => `${differs.slice(0, NAMED).join(', ')}${differs.length > NAMED ? ` and ${differs.length - NAMED} more` : ''}`;

/** Which version the schedules of a pipeline run, and a way to have them run the files as they are now. */
export function Published(props: { host: Host; pipeline: string; mayPublish: boolean; onDone: (words: string) => void }) {
  const { host, pipeline: name } = props;
  const versions = useResource(name, signal => host.call('pipelines.versions', { name }, signal));
  const publish = useAction(async () => {
    const made = await host.call('pipelines.publish', { name });
    versions.reload();
    props.onDone(`Schedules of ${name} run version ${made.number} from now on.`);
  });
  const newest = versions.data?.[0];
  if (!newest) {
    return null;
  }
  return (
    <p className="wb-published wb-inline">
      <span>
        Schedules run version {newest.number} of {name}.
      </span>
      {newest.differs.length === 0 ? (
        <span className="wb-hint">It is as the files are now.</span>
      ) : (
        <>
          <span className="wb-warning">
            {differing(newest)} {newest.differs.length === 1 ? 'is' : 'are'} another now.
          </span>
          {props.mayPublish && (
            <Button disabled={publish.busy} onClick={() => void publish.run()} title="Have schedules run the files as they are now">
              Publish
            </Button>
          )}
        </>
      )}
      {publish.error && <Problem title="It was not published." error={publish.error} />}
    </p>
  );
}
