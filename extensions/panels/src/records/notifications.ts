/** What one is told of, and how. */

export type NotificationEvent = 'failed' | 'recovered' | 'succeeded' | 'cancelled' | 'held_back' | 'approval' | 'missed' | 'stale';
export type NotificationChannel = 'app' | 'email' | 'webhook' | 'slack';

export interface Subscription {
  events: NotificationEvent[];
  /** `mine`, `owned`, `pipeline:NAME`, `freshness:DATASET:24h`. */
  about: string[];
  channels: NotificationChannel[];
}

export interface NotificationSettings {
  subscriptions: Subscription[];
  email: string | null;
  /** Of webhooks their servers. */
  webhook: string | null;
  slack: string | null;
  quiet: [string, string] | null;
  timezone: string;
  /** What webhooks are signed with; told by the call that makes it. */
  key: string | null;
}

export interface NotificationDelivery {
  channel: NotificationChannel;
  state: 'waiting' | 'sent' | 'failed' | 'withheld';
  tries: number;
  at: string;
  reason: string | null;
}

export interface PersonalNotification {
  id: string;
  event: NotificationEvent;
  at: string;
  title: string;
  text: string;
  error: string | null;
  next: string | null;
  link: string | null;
  facts: { pipeline?: string; run_id?: string; step?: string; schedule?: string; dataset?: string };
  read: boolean;
  deliveries: NotificationDelivery[];
}

export interface ChannelTest {
  ok: boolean;
  message: string;
  fix: string | null;
}
