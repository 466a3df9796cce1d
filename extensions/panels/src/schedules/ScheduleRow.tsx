import { useState } from 'react';
import { type Host } from '../host.js';
import { openRun } from '../pipelines/openRun.js';
import { type Schedule } from '../records.js';
import { Button } from '../ui/Button.js';
import { Confirm } from '../ui/Confirm.js';
import { Disclosure } from '../ui/Disclosure.js';
import { Problem } from '../ui/States.js';
import { useAction } from '../ui/useAction.js';
import { When } from '../ui/When.js';
import { Words } from '../ui/Words.js';
import { DateSquares } from './DateSquares.js';
import { inZone, isNotebook } from './draft.js';
import { ScheduleDetails } from './ScheduleDetails.js';

const COLUMNS = 7;

interface Props {
  host: Host;
  schedule: Schedule;
  /** Whether one may change it. */
  mine: boolean;
  /** Whether the list is of one pipeline, which need not be named. */
  ofOne: boolean;
  open: boolean;
  onToggle: () => void;
  onChange: () => void;
  /** What was done, in a sentence; the list is read again. */
  onDone: (words: string) => void;
}

/** A schedule in a line, and what there is to know below it. */
export function ScheduleRow(props: Props) {
  const { host, schedule, mine } = props;
  const { name } = schedule;
  const [asked, setAsked] = useState(false);
  const act = useAction(async (work: () => Promise<string>) => props.onDone(await work()));
  const show = (run: string) => void openRun(host, schedule.pipeline, run);
  const run = () =>
    act.run(async () => {
      await host.call('schedules.run', { name });
      return `${name} is on its way.`;
    });
  const turn = () =>
    act.run(async () => {
      await host.call(schedule.paused ? 'schedules.resume' : 'schedules.pause', { name });
      return schedule.paused ? `${name} runs again from now on.` : `${name} is paused.`;
    });
  const remove = () =>
    act.run(async () => {
      await host.call('schedules.remove', { name });
      return `${name} is deleted. Its runs stay.`;
    });
  const state = schedule.paused ? 'paused' : schedule.problem ? 'does not run' : 'active';
  return (
    <>
      <tr className="wb-schedule-row">
        <th scope="row">
          <Disclosure open={props.open} title={name} onToggle={props.onToggle}>
            <span className="wb-row-name">{name}</span>
          </Disclosure>
          {!props.ofOne && schedule.pipeline !== name && (
            <span className="wb-row-reason" title={schedule.pipeline}>
              {isNotebook(schedule.pipeline) ? schedule.pipeline : `runs ${schedule.pipeline}`}
            </span>
          )}
        </th>
        <td className="wb-schedule-words">{schedule.words}</td>
        <td title={schedule.next[0] && inZone(schedule.next[0], schedule.definition.timezone)}>{schedule.paused ? '' : schedule.next[0] ? <When at={schedule.next[0]} /> : <span className="wb-hint">on the event</span>}</td>
        <td>
          <DateSquares name={name} dates={schedule.recent} timezone={schedule.definition.timezone} onOpen={show} />
        </td>
        <td>{schedule.owner}</td>
        <td>
          <span className={schedule.problem && !schedule.paused ? 'wb-bad' : schedule.paused ? 'wb-hint' : 'wb-good'}>{state}</span>
        </td>
        <td className="wb-schedule-actions">
          <Button disabled={act.busy} onClick={() => void run()} title={`Run ${name} now, with your rights`}>
            Run now
          </Button>
          {mine && (
            <>
              <Button disabled={act.busy} onClick={() => void turn()}>
                {schedule.paused ? 'Resume' : 'Pause'}
              </Button>
              <Button onClick={props.onChange}>Change</Button>
              <Button onClick={() => setAsked(true)}>Delete</Button>
            </>
          )}
        </td>
      </tr>
      {(asked || act.error || props.open || schedule.problem) && (
        <tr className="wb-schedule-more">
          <td colSpan={COLUMNS}>
            {schedule.problem && (
              <p className="wb-warning">
                {schedule.definition.on ? 'It did not run' : 'Its last date did not run'}: <Words text={schedule.problem} />
              </p>
            )}
            {asked && (
              <Confirm label={`Delete ${name}`} action="Delete the schedule" busy={act.busy} onDo={() => void remove()} onLeave={() => setAsked(false)}>
                <p>
                  {name} runs no more, and what became of its dates is forgotten. The runs stay. Pause it to keep both.
                </p>
              </Confirm>
            )}
            {act.error && <Problem title="It was not done." error={act.error} />}
            {props.open && <ScheduleDetails host={host} schedule={schedule} mine={mine} onRun={show} />}
          </td>
        </tr>
      )}
    </>
  );
}
