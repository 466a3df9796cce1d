import { useState } from 'react';
import { plural } from '../format.js';
import { type Host } from '../host.js';
import { quotedName } from '../sql/saving.js';
import { Button } from '../ui/Button.js';
import { Changing, useMayChange } from '../ui/Changing.js';
import { Notice, useNotice } from '../ui/Notice.js';
import { PageHead } from '../ui/PageHead.js';
import { Panel } from '../ui/Panel.js';
import { query } from '../ui/query.js';
import { Empty, Problem, Skeleton } from '../ui/States.js';
import { useAction } from '../ui/useAction.js';
import { useEvents } from '../ui/useEvents.js';
import { useKept, useResource } from '../ui/useResource.js';
import { When } from '../ui/When.js';
import { concernsView } from './concerns.js';
import { Description, isTold, Unreadable, ViewAbout, ViewColumns, ViewText } from './ViewFacts.js';

/** Everything about one view. It can be dropped here, and brought back as long as the page is open. */
export function ViewPage({ host, name, onBack }: { host: Host; name: string; onBack?: () => void }) {
  const [notice, say] = useNotice();
  const [undo, setUndo] = useState<string | null>(null);
  const [gone, setGone] = useState(false);
  const resource = useKept(
    useResource(gone ? null : name, signal => host.call('catalog.view', { name }, signal)),
    name
  );
  const { reload } = resource;
  useEvents(host, concernsView, () => !gone && reload());

  const drop = useAction(async () => {
    const done = await host.call('query.run', { sql: `DROP VIEW ${quotedName(name)}` });
    const at = done.columns.findIndex(([column]) => column === 'undo');
    setUndo((done.rows[0]?.[at] as string | null | undefined) ?? null);
    setGone(true);
  });
  const restore = useAction(async () => {
    await host.call('query.run', { sql: undo! });
    setGone(false);
    setUndo(null);
    say(`${name} is back.`);
  });
  const view = gone ? undefined : resource.data;
  const content = () => {
    if (gone) {
      return (
        <>
          {restore.error && <Problem title={`${name} was not brought back.`} error={restore.error} />}
          <Empty
            action={
              undo !== null && (
                <Button primary disabled={restore.busy} onClick={() => void restore.run()}>
                  Undo
                </Button>
              )
            }
          >
            {name} was dropped.
          </Empty>
        </>
      );
    }
    if (!view) {
      return resource.error ? (
        <Problem title={`${name} could not be read.`} error={resource.error} onRetry={reload} />
      ) : (
        <Skeleton label={`Reading ${name}`} rows={10} />
      );
    }
    const props = { host, view, onChanged: reload };
    return (
      <div className="wb-scroll wb-overview wb-view">
        <div className="wb-overview-main">
          {drop.error && <Problem title={`${name} was not dropped.`} error={drop.error} />}
          {!view.readable && <Unreadable view={view} />}
          {isTold(view) && <Description {...props} />}
          {view.readable && <ViewColumns view={view} />}
          {(view.readable || view.sql !== null) && <ViewText view={view} />}
        </div>
        {isTold(view) && <ViewAbout {...props} />}
      </div>
    );
  };

  return (
    <Changing host={host} name={name}>
      <Panel host={host} label={`Page of ${name}`} className="wb-page">
        <PageHead
          name={name}
          zone={view?.zone}
          facts={
            view && (
              <span className="wb-facts">
                view{view.readable && ` · ${plural(view.columns.length, 'column')}`}
                {view.at !== null && (
                  <>
                    {' '}
                    · written <When at={view.at} />
                  </>
                )}
              </span>
            )
          }
          busy={resource.loading}
          onReload={reload}
          onBack={onBack}
        >
          {view && (
            <>
              <Button disabled={!view.readable} onClick={() => query(host, name, say)} title="A statement that reads it">
                Query
              </Button>
              <DropView busy={drop.busy} onDrop={() => void drop.run()} />
            </>
          )}
        </PageHead>
        {content()}
        <Notice text={notice} />
      </Panel>
    </Changing>
  );
}

const DropView = ({ busy, onDrop }: { busy: boolean; onDrop: () => void }) =>
  useMayChange() ? (
    <Button disabled={busy} onClick={onDrop} title="It can be brought back">
      Drop view
    </Button>
  ) : null;
