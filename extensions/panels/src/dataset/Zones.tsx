import { useState } from 'react';
import { exact, plural } from '../format.js';
import { type Host } from '../host.js';
import { type Recipe, type RecipeStep, type StepEffect } from '../records.js';
import { Button } from '../ui/Button.js';
import { Changing, useMayChange } from '../ui/Changing.js';
import { Confirm } from '../ui/Confirm.js';
import { Loaded } from '../ui/Loaded.js';
import { Problem } from '../ui/States.js';
import { useAction } from '../ui/useAction.js';
import { useResource } from '../ui/useResource.js';
import { When } from '../ui/When.js';
import { type TabProps } from './DatasetPage.js';

const LIMIT = 20;

/** What its zone is by: the way from bronze to silver as named steps, and from silver to gold by a person's word. */
export function Zones(props: TabProps) {
  const { zone, name } = props.dataset;
  if (zone === 'bronze') {
    return (
      <Changing host={props.host} name={sameIn('silver', name)}>
        <ToSilver {...props} />
      </Changing>
    );
  }
  return zone === 'silver' || zone === 'gold' ? <Refined {...props} /> : null;
}

/** The dataset of that name in another zone. */
const sameIn = (zone: string, name: string): string => `${zone}.${name.slice(name.indexOf('.') + 1)}`;

const KINDS: Record<RecipeStep['kind'], string> = {
  trim: 'Trim texts',
  missing: 'Words that mean missing',
  map: 'One spelling',
  case: 'One case',
  cast: 'Give it a type',
  parse_date: 'Read dates',
  round: 'Round',
  fill: 'Fill what is missing',
  rename: 'Rename',
  drop: 'Leave columns out',
  deduplicate: 'Each row once',
  filter: 'Take rows out'
};

const stepWords = (step: RecipeStep): string => step.name || KINDS[step.kind];

function ToSilver({ host, dataset, version, say }: TabProps) {
  const { name } = dataset;
  const [wanted, setWanted] = useState(false);
  const [left, setLeft] = useState<readonly number[]>([]);
  const may = useMayChange();
  const proposal = useResource(wanted ? version : null, signal => host.call('recipes.propose', { name }, signal));
  const steps = proposal.data?.steps.filter((_, i) => !left.includes(i)) ?? [];
  const recipe: Recipe = { steps };
  const tried = useResource(proposal.data ? `${version} ${left.join()}` : null, signal =>
    host.call('recipes.preview', { name, recipe, limit: LIMIT }, signal)
  );
  const apply = useAction(async () => {
    const done = await host.call('recipes.apply', { name, recipe });
    say(`${plural(done.rows, 'row')} in ${done.target}.`);
    await host.open({ kind: 'dataset', name: done.target });
  });
  return (
    <section aria-label="Refine it">
      <h3>
        Refine it
        {!wanted && may && (
          <button type="button" className="wb-link" onClick={() => setWanted(true)}>
            Propose the steps to silver
          </button>
        )}
      </h3>
      {!wanted && (
        <p className="wb-hint">It stays as it came; silver is a dataset of its own, made by steps that can be taken back. A person makes gold of that.{!may && ' You may not write to silver here.'}</p>
      )}
      {wanted && (
        <Loaded of={proposal} label="Looking at the values" failed="No steps could be proposed." rows={3}>
          {found => (
            <>
              {found.steps.length === 0 && <p className="wb-hint">Nothing needs to be done: silver would be the same rows.</p>}
              <ul className="wb-recipe">
                {found.steps.map((step, i) => (
                  <li key={i}>
                    <label>
                      <input type="checkbox" checked={!left.includes(i)} onChange={() => setLeft(old => (old.includes(i) ? old.filter(each => each !== i) : [...old, i]))} />
                      <span>
                        {stepWords(step)} {step.evidence && <span className="wb-hint">{step.evidence}</span>}
                      </span>
                    </label>
                    <Effect effect={effectOf(tried.data?.effects, i, left)} />
                  </li>
                ))}
              </ul>
              {tried.error && <Problem title="It could not be tried." error={tried.error} onRetry={tried.reload} />}
              {tried.data && (
                <p role="status">
                  {plural(tried.data.rows_in, 'row')} in, {exact(tried.data.rows_out)} out, {exact(tried.data.removed)} removed
                  {tried.data.sampled !== null && ` (of ${exact(tried.data.sampled)} looked at)`}
                </p>
              )}
              {apply.error && <Problem title="It was not applied." error={apply.error} />}
              <div className="wb-edit-actions wb-start wb-above">
                <Button primary disabled={apply.busy || !tried.data} onClick={() => void apply.run()}>
                  {apply.busy ? 'Making it…' : `Make ${tried.data?.target ?? 'silver'}`}
                </Button>
                <Button onClick={() => setWanted(false)}>Not now</Button>
              </div>
            </>
          )}
        </Loaded>
      )}
    </section>
  );
}

/** What the step at `index` of the proposal did: the preview counts only those that were tried. */
function effectOf(effects: StepEffect[] | undefined, index: number, left: readonly number[]): StepEffect | undefined {
  const before = left.filter(each => each < index).length;
  return left.includes(index) ? undefined : effects?.find(effect => effect.step === index - before + 1);
}

const Effect = ({ effect }: { effect: StepEffect | undefined }) => {
  const parts = effect
    ? [
        effect.changed > 0 && `${exact(effect.changed)} changed`,
        effect.nulled > 0 && `${exact(effect.nulled)} become missing`,
        effect.removed > 0 && `${plural(effect.removed, 'row')} taken out`
      ].filter(Boolean)
    : [];
  return <span className="wb-hint">{parts.join(', ')}</span>;
};

function Refined({ host, dataset, version, say, onChanged }: TabProps) {
  const { name, zone } = dataset;
  const recipe = useResource(version, signal => host.call('recipes.get', { name }, signal));
  const [asked, setAsked] = useState<'promote' | 'undo' | null>(null);
  const may = useMayChange();
  const work = useAction(async (what: 'promote' | 'undo') => {
    const done = await (what === 'promote' ? host.call('recipes.promote', { name }) : host.call('recipes.undo', { name }));
    setAsked(null);
    say(what === 'promote' ? `${done.target} is made of it.` : 'Taken back.');
    onChanged();
    if (what === 'promote') {
      await host.open({ kind: 'dataset', name: done.target });
    }
  });
  const found = recipe.data;
  return (
    <section aria-label="Recipe">
      <h3>How it is made</h3>
      {recipe.error && recipe.error.code !== 'not_found' && <Problem title="Its recipe could not be read." error={recipe.error} onRetry={recipe.reload} />}
      {recipe.error?.code === 'not_found' && <p className="wb-hint">By no recipe: it was written by something else, as its lineage says.</p>}
      {found && (
        <>
          <p className="wb-hint">
            From {found.source}, version {found.version}
            {found.by && ` by ${found.by}`} <When at={found.at ?? null} />
          </p>
          <ol className="wb-recipe">
            {found.steps.map((step, i) => (
              <li key={i}>
                {stepWords(step)} {step.evidence && <span className="wb-hint">{step.evidence}</span>}
              </li>
            ))}
          </ol>
        </>
      )}
      {work.error && <Problem title="It was not done." error={work.error} />}
      {asked ? (
        <Asked what={asked} host={host} name={name} busy={work.busy} onDo={() => void work.run(asked)} onLeave={() => setAsked(null)} />
      ) : (
        <div className="wb-edit-actions wb-start wb-above">
          {zone === 'silver' && (
            <Changing host={host} name={sameIn('gold', name)}>
              <ToGold onAsk={() => setAsked('promote')} />
            </Changing>
          )}
          {found && may && <Button onClick={() => setAsked('undo')}>Take the last application back</Button>}
        </div>
      )}
    </section>
  );
}

const ToGold = ({ onAsk }: { onAsk: () => void }) => (useMayChange() ? <Button onClick={onAsk}>Make it gold</Button> : null);

const ASKED = { promote: { label: 'Make it gold', action: 'Make it gold' }, undo: { label: 'Take it back', action: 'Take it back' } } as const;

const Asked = (props: { what: 'promote' | 'undo'; host: Host; name: string; busy: boolean; onDo: () => void; onLeave: () => void }) => (
  <Confirm {...ASKED[props.what]} busy={props.busy} onDo={props.onDo} onLeave={props.onLeave}>
    <p>
      {props.what === 'promote'
        ? `You give your word that ${props.name} can be relied on. It is refused where a gate or the score does not hold.`
        : `${props.name} gets the rows, columns and recipe back that it had before the last application.`}
    </p>
  </Confirm>
);
