import { useEffect, useId } from 'react';
import { type Host } from '../host.js';
import { type SchedulePreview } from '../records.js';
import { useDebounced, useKept, useResource } from '../ui/useResource.js';
import { Words } from '../ui/Words.js';
import { inZone, type ScheduleDraft } from './draft.js';

/** The zones that the browser knows; old ones know none by name. */
const ZONES = typeof Intl.supportedValuesOf === 'function' ? ['UTC', ...Intl.supportedValuesOf('timeZone')] : ['UTC'];

const FIELDS = 5;

/** Times: a preset or an expression in a zone, and at once what it means. `onRead` hears whether it can be read. */
export function WhenFields(props: { host: Host; presets: SchedulePreview[]; draft: ScheduleDraft; onChange: (change: Partial<ScheduleDraft>) => void; onRead: (ok: boolean) => void }) {
  const { host, presets, draft, onChange, onRead } = props;
  const id = useId();
  const cron = draft.cron.trim();
  const whole = cron.split(/\s+/).length === FIELDS || presets.some(each => each.preset === cron);
  const wanted = whole ? JSON.stringify({ cron, timezone: draft.timezone }) : null;
  const asked = useDebounced(wanted, 250);
  const found = useResource(asked, signal => host.call('schedules.preview', JSON.parse(asked!) as { cron: string; timezone: string }, signal));
  const kept = useKept(found, 'preview');
  const fits = wanted === asked && found.data !== undefined && !found.error;
  useEffect(() => onRead(fits), [fits, onRead]);
  const preset = presets.find(each => each.cron === cron || each.preset === cron)?.preset ?? '';
  return (
    <>
      <div className="wb-schedule-line">
        <label>
          <span>Preset</span>
          <select className="wb-select" value={preset} onChange={event => onChange({ cron: presets.find(each => each.preset === event.target.value)?.cron ?? draft.cron })}>
            <option value="">custom</option>
            {presets.map(each => (
              <option key={each.cron} value={each.preset ?? each.cron} title={each.words}>
                {each.preset}
              </option>
            ))}
          </select>
        </label>
        <label>
          <span>Cron expression</span>
          <input
            className="wb-input wb-mono"
            required
            spellCheck={false}
            autoComplete="off"
            aria-describedby={`${id}-how`}
            aria-invalid={found.error || !whole ? true : undefined}
            value={draft.cron}
            onChange={event => onChange({ cron: event.target.value })}
          />
        </label>
        <label>
          <span>Time zone</span>
          <input
            className="wb-input"
            required
            spellCheck={false}
            autoComplete="off"
            list={`${id}-zones`}
            value={draft.timezone}
            onChange={event => onChange({ timezone: event.target.value })}
          />
          <datalist id={`${id}-zones`}>
            {ZONES.map(zone => (
              <option key={zone} value={zone} />
            ))}
          </datalist>
        </label>
      </div>
      <p id={`${id}-how`} className="wb-hint">
        Minute, hour, day of month, month, day of week: <code>0 6 * * 1-5</code> is 06:00 on weekdays.
      </p>
      <div className="wb-schedule-said" role="status" aria-live="polite">
        {!whole ? (
          <p className="wb-hint">The expression has five fields.</p>
        ) : found.error ? (
          <p className="wb-bad">
            <Words text={[found.error.message, found.error.fix].filter(Boolean).join(' ')} />
          </p>
        ) : (
          kept.data && (
            <>
              <p>
                <strong>{kept.data.words}</strong>
              </p>
              <ol className="wb-schedule-dates" aria-label="Next dates">
                {kept.data.dates.map(date => (
                  <li key={date}>{inZone(date, kept.data!.timezone)}</li>
                ))}
              </ol>
              {kept.data.dates.length === 0 && <p className="wb-hint">It has no further date.</p>}
            </>
          )
        )}
      </div>
    </>
  );
}
