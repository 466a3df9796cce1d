import { type FormEvent, useEffect, useRef, useState } from 'react';
import { type Host } from '../host.js';
import { brokenOf } from '../pipelines/history.js';
import { type Misfire, type Overlap, type Pipeline, type Schedule, type SchedulePreview } from '../records.js';
import { Button } from '../ui/Button.js';
import { Problem, Skeleton } from '../ui/States.js';
import { Switch } from '../ui/Switch.js';
import { useAction } from '../ui/useAction.js';
import { useResource } from '../ui/useResource.js';
import { draftOf, factsOf, freeName, isNotebook, newDraft, type ScheduleDraft } from './draft.js';
import { EventFields } from './EventFields.js';
import { ScheduledParams } from './ScheduledParams.js';
import { WhenFields } from './WhenFields.js';

const MISFIRES: [Misfire, string][] = [
  ['once', 'the newest is run'],
  ['all', 'each is run'],
  ['skip', 'none is run']
];
const OVERLAPS: [Overlap, string][] = [
  ['skip', 'it is passed over'],
  ['queue', 'it waits'],
  ['allow', 'both run'],
  ['cancel', 'the run before is cancelled']
];

interface Props {
  host: Host;
  /** One to be changed; else one is made. */
  schedule?: Schedule;
  /** What a new one runs: a pipeline's name, or a notebook's path; none: it is chosen here. */
  pipeline?: string;
  onDone: (schedule: Schedule) => void;
  onClose: () => void;
}

/** Making a schedule, or changing one. */
export function ScheduleForm(props: Props) {
  const { host } = props;
  const presets = useResource('presets', signal => host.call('schedules.presets', {}, signal));
  const pipelines = useResource('pipelines', signal => host.call('pipelines.list', {}, signal));
  // Names are of all pipelines.
  const known = useResource('all schedules', signal => host.call('schedules.list', {}, signal));
  const failed = [presets, pipelines, known].find(each => each.error);
  if (failed) {
    return <Problem title="A schedule cannot be made now." error={failed.error!} onRetry={failed.reload} />;
  }
  return presets.data && pipelines.data && known.data ? (
    <Fields {...props} presets={presets.data} pipelines={pipelines.data.filter(each => !brokenOf(each))} taken={known.data.map(each => each.name)} />
  ) : (
    <Skeleton label="Reading what can be scheduled" rows={3} />
  );
}

function Fields(props: Props & { presets: SchedulePreview[]; pipelines: Pipeline[]; taken: readonly string[] }) {
  const { host, schedule, presets, pipelines, taken } = props;
  const [draft, setDraft] = useState<ScheduleDraft>(() => {
    const pipeline = props.pipeline ?? pipelines[0]?.name ?? '';
    return schedule ? draftOf(schedule) : { ...newDraft(pipeline, presets[0]?.timezone ?? 'UTC'), name: freeName(pipeline, taken) };
  });
  const [read, setRead] = useState(false);
  const change = (part: Partial<ScheduleDraft>) => setDraft(old => ({ ...old, ...part }));
  const notebook = isNotebook(draft.pipeline);
  const parameters = notebook ? null : (pipelines.find(each => each.name === draft.pipeline)?.parameters ?? []);
  const box = useRef<HTMLFormElement>(null);
  useEffect(() => box.current?.querySelector<HTMLElement>('input, select')?.focus(), []);
  const save = useAction(async () => {
    const facts = factsOf(draft, parameters);
    props.onDone(await host.call('schedules.add', schedule ? { ...facts, paused: schedule.paused, replace: true } : facts));
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void save.run();
  };
  const ready = draft.by === 'time' ? read : draft.about.trim() !== '';
  return (
    <form
      ref={box}
      className="wb-schedule-form"
      aria-label={schedule ? `Change ${schedule.name}` : 'New schedule'}
      data-lm-suppress-shortcuts="true"
      onSubmit={submit}
      onKeyDown={event => event.key === 'Escape' && props.onClose()}
    >
      <div className="wb-schedule-line">
        <label>
          <span>Name</span>
          <input className="wb-input" required spellCheck={false} readOnly={schedule !== undefined} value={draft.name} onChange={event => change({ name: event.target.value })} />
        </label>
        {schedule || props.pipeline !== undefined ? (
          <div className="wb-schedule-field">
            <span>{notebook ? 'Notebook' : 'Pipeline'}</span>
            <strong className="wb-break">{draft.pipeline}</strong>
          </div>
        ) : (
          <label>
            <span>Pipeline</span>
            <select className="wb-select" value={draft.pipeline} onChange={event => change({ pipeline: event.target.value, name: freeName(event.target.value, taken), params: {} })}>
              {pipelines.map(each => (
                <option key={each.name}>{each.name}</option>
              ))}
            </select>
          </label>
        )}
        <div className="wb-schedule-field">
          <span aria-hidden="true">It runs</span>
          <Switch
            label="It runs"
            choices={[
              ['time', 'at times'],
              ['event', 'on an event']
            ]}
            value={draft.by}
            onChange={by => change({ by })}
          />
        </div>
      </div>
      {draft.by === 'time' ? (
        <WhenFields host={host} presets={presets} draft={draft} onChange={change} onRead={setRead} />
      ) : (
        <EventFields host={host} pipelines={pipelines} draft={draft} onChange={change} />
      )}
      {(parameters === null || parameters.length > 0) && (
        <fieldset>
          <legend>Parameters</legend>
          <ScheduledParams key={draft.pipeline} parameters={parameters} draft={draft} onChange={change} />
        </fieldset>
      )}
      <fieldset>
        <legend>When something is in the way</legend>
        <div className="wb-schedule-line">
          <label>
            <span>Of dates that no worker was there for</span>
            <select className="wb-select" value={draft.misfire} onChange={event => change({ misfire: event.target.value as Misfire })}>
              {MISFIRES.map(([value, words]) => (
                <option key={value} value={value}>
                  {words}
                </option>
              ))}
            </select>
          </label>
          {draft.misfire !== 'skip' && (
            <label>
              <span>If they are not older than</span>
              <input className="wb-input" spellCheck={false} placeholder="any age" title="Such as 30m, 6h, 2d" value={draft.misfireAge} onChange={event => change({ misfireAge: event.target.value })} />
            </label>
          )}
          <label>
            <span>A date while the run before goes on</span>
            <select
              className="wb-select"
              value={draft.overlap || (draft.by === 'time' ? 'skip' : 'queue')}
              onChange={event => change({ overlap: event.target.value as Overlap })}
            >
              {OVERLAPS.map(([value, words]) => (
                <option key={value} value={value}>
                  {words}
                </option>
              ))}
            </select>
          </label>
        </div>
      </fieldset>
      <p className="wb-hint">
        {notebook
          ? 'It runs the notebook as it is now, with the modules beside it. Save the schedule again to have it run what you have edited since.'
          : 'It runs the published version with your rights. Where nothing is published yet, the files as they are now are.'}
      </p>
      {save.error && <Problem title={schedule ? 'The schedule was not changed.' : 'The schedule was not made.'} error={save.error} />}
      <div className="wb-edit-actions wb-start">
        <Button submit primary disabled={save.busy || !ready}>
          {schedule ? 'Save' : 'Make the schedule'}
        </Button>
        <Button onClick={props.onClose}>Cancel</Button>
      </div>
    </form>
  );
}
