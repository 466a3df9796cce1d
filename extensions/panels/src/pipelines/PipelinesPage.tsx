import { useEffect, useState } from 'react';
import { type Host } from '../host.js';
import { Notifications } from '../notifications/Notifications.js';
import { QueueView } from '../queue/QueueView.js';
import { type ScheduleRequest, Schedules } from '../schedules/Schedules.js';
import { Panel } from '../ui/Panel.js';
import { Tabs } from '../ui/Tabs.js';

const TABS = [
  ['schedules', 'Schedules'],
  ['queue', 'Queue and workers'],
  ['notifications', 'Notifications']
] as const;
export type PipelinesTab = (typeof TABS)[number][0];

export interface PipelinesPageProps {
  host: Host;
  request?: ScheduleRequest & { tab?: PipelinesTab };
}

/** What is about all pipelines: when they run by themselves, what waits, and who works. */
export function PipelinesPage({ host, request }: PipelinesPageProps) {
  const [tab, setTab] = useState<PipelinesTab>(request?.tab ?? 'schedules');
  useEffect(() => (request?.tab ? setTab(request.tab) : undefined), [request]);
  return (
    <Panel host={host} label="Pipelines" className="wb-pipelines-page">
      <Tabs label="What of the pipelines" tabs={TABS} current={tab} onChange={setTab}>
        {/* It stays while one looks at the queue: what is typed there is not lost. */}
        <div hidden={tab !== 'schedules'}>
          <Schedules host={host} request={request} />
        </div>
        {tab === 'queue' && <QueueView host={host} />}
        {tab === 'notifications' && <Notifications host={host} />}
      </Tabs>
    </Panel>
  );
}
