import { type Host } from '../host.js';
import { stepOf } from './history.js';

/** Show a run of a pipeline: its page, or of a notebook, which has none, the executed notebook. `job` may be the notebook's path. */
export async function openRun(host: Pick<Host, 'call' | 'open'>, job: string, run: string): Promise<void> {
  if (!job.endsWith('.ipynb')) {
    return host.open({ kind: 'pipeline', name: job, run });
  }
  const { steps } = await host.call('pipelines.status', { name: job.slice(job.lastIndexOf('/') + 1), run_id: run });
  const [step] = steps;
  return step ? host.open({ kind: 'executed', runId: step.id, step: stepOf(step) }) : host.open({ kind: 'runs' });
}
