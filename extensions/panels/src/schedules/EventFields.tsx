import { type Host } from '../host.js';
import { type Pipeline } from '../records.js';
import { DatasetPicker } from '../ui/DatasetPicker.js';
import { type Ending, type EventKind, type ScheduleDraft } from './draft.js';

const KINDS: [EventKind, string][] = [
  ['dataset', 'a dataset is written to'],
  ['file', 'a file arrives'],
  ['pipeline', 'another pipeline ends'],
  ['freshness', 'a dataset is no longer fresh']
];

/** What a step may be told of the event. */
export const TOLD: Record<EventKind, string[]> = {
  dataset: ['{{ schedule.dataset }}', '{{ schedule.run }}'],
  file: ['{{ schedule.file }}'],
  pipeline: ['{{ schedule.run }}'],
  freshness: ['{{ schedule.dataset }}']
};

/** An event, written as a sentence: when what happens to which. */
export function EventFields(props: { host: Host; pipelines: Pipeline[]; draft: ScheduleDraft; onChange: (change: Partial<ScheduleDraft>) => void }) {
  const { host, draft, onChange } = props;
  const isDataset = draft.event === 'dataset' || draft.event === 'freshness';
  return (
    <div className="wb-schedule-line">
      <label>
        <span>When</span>
        <select className="wb-select" value={draft.event} onChange={event => onChange({ event: event.target.value as EventKind, about: '' })}>
          {KINDS.map(([kind, words]) => (
            <option key={kind} value={kind}>
              {words}
            </option>
          ))}
        </select>
      </label>
      {isDataset && (
        <div className="wb-schedule-field">
          <span aria-hidden="true">Dataset</span>
          <DatasetPicker host={host} label="Dataset" none="Choose a dataset" value={draft.about || null} onChange={name => onChange({ about: name ?? '' })} />
        </div>
      )}
      {draft.event === 'file' && (
        <label>
          <span>Folder or pattern</span>
          <input className="wb-input" required spellCheck={false} placeholder="incoming/*.csv" value={draft.about} onChange={event => onChange({ about: event.target.value })} />
        </label>
      )}
      {draft.event === 'pipeline' && (
        <>
          <label>
            <span>Pipeline</span>
            <select className="wb-select" required aria-label="Pipeline that ends" value={draft.about} onChange={event => onChange({ about: event.target.value })}>
              <option value="">Choose a pipeline</option>
              {props.pipelines
                .filter(each => each.name !== draft.pipeline)
                .map(each => (
                  <option key={each.name}>{each.name}</option>
                ))}
            </select>
          </label>
          <label>
            <span>How it ends</span>
            <select className="wb-select" value={draft.ending} onChange={event => onChange({ ending: event.target.value as Ending })}>
              <option value="succeeded">it has succeeded</option>
              <option value="failed">it has failed</option>
              <option value="ended">it has ended, however</option>
            </select>
          </label>
        </>
      )}
      {draft.event === 'freshness' && (
        <label>
          <span>Not written to for</span>
          <input className="wb-input" required spellCheck={false} placeholder="24h" pattern="\s*\d+(\.\d+)?\s*[smhd]?\s*" title="Such as 30m, 24h, 2d" value={draft.age} onChange={event => onChange({ age: event.target.value })} />
        </label>
      )}
    </div>
  );
}
