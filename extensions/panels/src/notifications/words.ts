import { type NotificationDelivery, type NotificationEvent, type Subscription } from '../records.js';

/** What may happen, in the order in which it is offered. */
export const EVENTS: Record<NotificationEvent, string> = {
  failed: 'failed',
  recovered: 'works again',
  succeeded: 'succeeded',
  cancelled: 'was cancelled',
  held_back: 'was held back by a gate',
  approval: 'waits for my approval',
  missed: 'a date was missed',
  stale: 'is not fresh'
};

const BY: Record<NotificationDelivery['channel'], string> = { app: 'in this list', email: 'e-mail', webhook: 'webhook', slack: 'Slack' };

export const channelName = (channel: NotificationDelivery['channel']): string => BY[channel];

export function sentInWords(deliveries: NotificationDelivery[]): string {
  return deliveries.map(each => `${BY[each.channel]} ${each.state}${each.reason && each.state !== 'sent' ? ` (${each.reason})` : ''}`).join(', ');
}

/** What one is told of, as a sentence. */
export function subscriptionInWords({ events, about, channels }: Subscription): string {
  const of = about.map(each => (each === 'mine' ? 'my own' : each === 'owned' ? 'pipelines I own' : each.replace(':', ' ')));
  return `${events.map(event => EVENTS[event]).join(', ')} (${of.join(', ')}): ${channels.map(channelName).join(', ')}`;
}
