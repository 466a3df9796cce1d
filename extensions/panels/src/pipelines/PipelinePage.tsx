import { lazy, Suspense, useEffect, useMemo, useState } from 'react';
import { duration, moment } from '../format.js';
import { type Host, WorkbenchError } from '../host.js';
import { type PipelineRun } from '../records.js';
import { isOver, took } from '../runs/params.js';
import { Schedules } from '../schedules/Schedules.js';
import { Button } from '../ui/Button.js';
import { copyText } from '../ui/copyText.js';
import { Notice, useNotice } from '../ui/Notice.js';
import { PageHead } from '../ui/PageHead.js';
import { Panel } from '../ui/Panel.js';
import { Params } from '../ui/Params.js';
import { Empty, Problem, Skeleton } from '../ui/States.js';
import { Status } from '../ui/Status.js';
import { Tabs } from '../ui/Tabs.js';
import { changesRuns, useEvents } from '../ui/useEvents.js';
import { useKept, useResource } from '../ui/useResource.js';
import { When } from '../ui/When.js';
import { Words } from '../ui/Words.js';
import { Again } from './Again.js';
import { CompareRuns } from './CompareRuns.js';
import { stepOf } from './history.js';
import { PlannedLine } from './PlannedLine.js';
import { type Wanted } from './RepairForm.js';
import { RepairHistory } from './RepairHistory.js';
import { RunButton, RunForm, useStart } from './RunForm.js';
import { RunLog } from './RunLog.js';
import { RunSquares } from './RunSquares.js';
import { StepSide } from './StepSide.js';
import { Timeline } from './Timeline.js';

const StepGraph = lazy(() => import('./StepGraph.js'));

const SHOWN = 20;
const TABS = [
  ['graph', 'Graph'],
  ['timeline', 'Timeline'],
  ['log', 'Log'],
  ['compare', 'Compare'],
  ['schedules', 'Schedules']
] as const;
/** What a page to look at has: schedules are for who works on the pipeline. */
const SHARED_TABS = TABS.filter(([key]) => key !== 'schedules');
type Tab = (typeof TABS)[number][0];

export interface PipelinePageProps {
  host: Host;
  name: string;
  /** A run that is to be shown; the number makes every request new. `shared`: by a link, to be looked at only. */
  request?: { run?: string; shared?: boolean; round: number };
}

/** A pipeline: its steps, its last runs, and one of these as a graph, in time, and in words. */
export function PipelinePage({ host, name, request }: PipelinePageProps) {
  const pipeline = useResource(name, signal => host.call('pipelines.get', { name }, signal));
  const runs = useKept(
    useResource(`runs of ${name}`, signal => host.call('runs.list', { kind: 'pipeline', job: name, limit: SHOWN }, signal)),
    name
  );
  const [wanted, setWanted] = useState<string | null>(request?.run ?? null);
  useEffect(() => (request?.run ? setWanted(request.run) : undefined), [request]);
  const current = wanted ?? runs.data?.[0]?.id ?? null;
  const status = useKept(
    useResource(current, signal => host.call('pipelines.status', { name, run_id: current! }, signal)),
    current ?? ''
  );
  const [tab, setTab] = useState<Tab>('graph');
  const [step, setStep] = useState<string | null>(null);
  /** Which step was opened by the keyboard, which goes on there; the number makes every time new. */
  const [opened, setOpened] = useState({ step: '', round: 0 });
  const openStep = (name: string) => {
    setStep(name);
    setOpened(old => ({ step: name, round: old.round + 1 }));
  };
  /** What of the run is to be carried out again, while that is asked for. */
  const [again, setAgain] = useState<Wanted | 'new' | null>(null);
  useEffect(() => setAgain(null), [current]);
  const [round, setRound] = useState(0);
  /** Another number when a schedule was made or changed here. */
  const [planned, setPlanned] = useState(0);
  /** How often schedules were looked at: they stay, so that what is typed there is not lost. */
  const [looks, setLooks] = useState(0);
  useEffect(() => (tab === 'schedules' ? setLooks(n => n + 1) : undefined), [tab]);
  const [notice, say] = useNotice();
  const [failed, setFailed] = useState<WorkbenchError>();
  const reload = () => {
    runs.reload();
    status.reload();
    setRound(n => n + 1);
  };
  useEvents(host, changesRuns, reload);
  const data = status.data;
  const cancel = (found: PipelineRun) => void host.call('runs.cancel', { run_id: found.run.id }).then(reload, problem => setFailed(WorkbenchError.from(problem)));
  const share = async (found: PipelineRun) => {
    const link = found.page ?? host.link?.({ kind: 'pipeline', name, run: found.run.id });
    say(link && (await copyText(link)) ? 'The link is on the clipboard. Who opens it sees what they may see.' : 'The browser does not let the link be copied.');
  };
  const start = useStart(host, pipeline.data ?? { name, parameters: [] }, id => {
    setWanted(id);
    reload();
  });
  const byStep = useMemo(() => new Map((data?.steps ?? []).map(run => [stepOf(run), run])), [data]);
  const shared = request?.shared === true;

  const body = () => {
    if (!pipeline.data) {
      return pipeline.error ? (
        <Problem title={`${name} cannot be shown.`} error={pipeline.error} onRetry={pipeline.reload} />
      ) : (
        <Skeleton label="Reading the pipeline" />
      );
    }
    if (tab === 'compare') {
      return runs.data && current !== null ? <CompareRuns key={current} host={host} runs={runs.data} current={current} /> : <Empty>It has not run yet: start it with Run.</Empty>;
    }
    if (tab === 'graph') {
      return (
        <div className="wb-step-graph">
          <Suspense fallback={<Skeleton label="Drawing the graph" />}>
            <StepGraph steps={pipeline.data.steps} runs={byStep} selected={step} onSelect={setStep} onOpen={openStep} />
          </Suspense>
        </div>
      );
    }
    if (!data) {
      return status.error ? (
        <Problem title="The run could not be read." error={status.error} onRetry={status.reload} />
      ) : current === null ? (
        <Empty>It has not run yet: start it with Run.</Empty>
      ) : (
        <Skeleton label="Reading the run" />
      );
    }
    return tab === 'timeline' ? <Timeline run={data.run} steps={data.steps} selected={step} onSelect={setStep} onOpen={openStep} /> : <RunLog host={host} run={data.run} steps={data.steps} round={round} />;
  };

  return (
    <Panel host={host} label={`Pipeline ${name}`} className="wb-lineage wb-pipeline-page">
      <PageHead
        name={name}
        facts={<span className="wb-facts wb-pipeline-about">{pipeline.data?.description}</span>}
        busy={pipeline.loading || runs.loading}
        onReload={() => {
          pipeline.reload();
          reload();
        }}
      >
        {data && !isOver(data.run) && !shared && <Button onClick={() => cancel(data)}>Cancel run</Button>}
        {data && host.link && (
          <Button onClick={() => void share(data)} title="Copy a link to this run">
            Copy link
          </Button>
        )}
        {pipeline.data && host.shows('notebook') && !shared && (
          <Button onClick={() => void host.open({ kind: 'notebook', path: `${pipeline.data!.folder}/pipeline.yaml` })}>Edit</Button>
        )}
        {pipeline.data && !shared && <RunButton of={start} name={name} primary />}
      </PageHead>
      {pipeline.data && <PlannedLine key={planned} host={host} pipeline={pipeline.data} onShow={shared ? undefined : () => setTab('schedules')} />}
      {!shared && pipeline.data?.warnings?.map(warning => (
        <p key={warning} className="wb-warning wb-pipeline-warning" role="status">
          <Words text={warning} />
        </p>
      ))}
      {pipeline.data && (
        <div className="wb-pipeline-start">
          <RunForm of={start} pipeline={pipeline.data} />
        </div>
      )}
      {(runs.data?.length ?? 0) > 0 && (
        <div className="wb-pipeline-run">
          <RunSquares name={name} runs={[...runs.data!].reverse()} current={current} onOpen={run => setWanted(run.id)} />
          {data && (
            <>
              <Status status={data.run.status} />
              <span className="wb-row-note" title={moment(data.run.queued_at)}>
                <When at={data.run.queued_at} /> by {data.run.principal}
                {isOver(data.run) && took(data.run) !== null && `, took ${duration(took(data.run)!)}`}
              </span>
              <Params params={Object.entries(data.run.params)} />
            </>
          )}
        </div>
      )}
      {pipeline.data && pipeline.error && <Problem title={`${name} cannot be read as it is now; this is how it was.`} error={pipeline.error} onRetry={pipeline.reload} />}
      {runs.error && <Problem title="The runs could not be read." error={runs.error} onRetry={runs.reload} />}
      {status.error && !data && tab === 'graph' && <Problem title="The run could not be read." error={status.error} onRetry={status.reload} />}
      {failed && <Problem title="The run was not cancelled." error={failed} />}
      {data?.run.error && <Problem title={`${name} ${data.run.status === 'cancelled' ? 'was cancelled' : 'failed'}`} error={new WorkbenchError(data.run.error.message, data.run.error.code, data.run.error.fix)} />}
      {data && isOver(data.run) && !shared && (
        <Again
          key={data.run.id}
          host={host}
          run={data.run}
          pipeline={pipeline.data}
          wanted={again}
          onWanted={setAgain}
          onStarted={id => {
            setWanted(id);
            reload();
          }}
        />
      )}
      {data && <RepairHistory key={`repairs of ${data.run.id}`} run={data.run} />}
      <div className="wb-lineage-body">
        <div className="wb-lineage-main">
          <Tabs label={`What of ${name}`} tabs={shared ? SHARED_TABS : TABS} current={tab} onChange={setTab}>
            {tab !== 'schedules' && body()}
            {(tab === 'schedules' || looks > 0) && (
              <div hidden={tab !== 'schedules'}>
                <Schedules host={host} pipeline={name} looks={looks} onChanged={() => setPlanned(n => n + 1)} />
              </div>
            )}
          </Tabs>
        </div>
        {step !== null && tab !== 'schedules' && tab !== 'compare' && (
          <StepSide
            host={host}
            folder={pipeline.data?.folder ?? ''}
            name={step}
            step={pipeline.data?.steps.find(each => each.name === step)}
            run={byStep.get(step)}
            params={data?.run.params ?? {}}
            runId={shared ? null : current}
            onDecided={reload}
            onAgain={data && isOver(data.run) && !shared && byStep.has(step) ? () => setAgain({ step }) : undefined}
            round={opened.step === step ? opened.round : 0}
            onClose={() => setStep(null)}
          />
        )}
      </div>
      <Notice text={notice} />
    </Panel>
  );
}
