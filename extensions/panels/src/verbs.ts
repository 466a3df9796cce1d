import {
  type AccessReport,
  type ApprovalRequest,
  type Assessment,
  type AuditCheck,
  type AuditEntry,
  type Change,
  type Backfill,
  type BackfillPreview,
  type BackfillRange,
  type ColumnChange,
  type ChannelTest,
  type Companion,
  type Completion,
  type Connection,
  type ConnectionTest,
  type Corrected,
  type Correction,
  type DatabaseKind,
  type Dataset,
  type DatasetFiles,
  type DatasetSummary,
  type Direction,
  type DroppedTable,
  type Edit,
  type Estimate,
  type Expectation,
  type Explanation,
  type ExportFormat,
  type Finding,
  type FindingState,
  type Id64,
  type Impact,
  type IngestReport,
  type InheritedTag,
  type Insight,
  type IssuedToken,
  type LineageGraph,
  type LoadOptions,
  type Misfit,
  type PastStatement,
  type NotificationChannel,
  type NotificationSettings,
  type PersonalNotification,
  type Pipeline,
  type PipelineDraft,
  type PipelineRun,
  type PipelineVersion,
  type PolicyVersion,
  type Popular,
  type Preview,
  type Principal,
  type Profile,
  type QueueEntry,
  type Recipe,
  type RecipePreview,
  type RecipeReport,
  type Ref,
  type RoleSummary,
  type Remediation,
  type RowSource,
  type Run,
  type RepairPreview,
  type RunDiff,
  type RunEvent,
  type RunStatus,
  type Scan,
  type Schedule,
  type ScheduleDate,
  type ScheduleFacts,
  type SchedulePreview,
  type SchemaComparison,
  type SchemaVersion,
  type SearchHit,
  type Snapshot,
  type StatementDiff,
  type StatementProfile,
  type Status,
  type StepMode,
  type StepPreview,
  type Subscription,
  type StorageListing,
  type TableData,
  type TableFound,
  type TagUse,
  type Template,
  type TemplateName,
  type Term,
  type TimePoint,
  type Token,
  type TokenFacts,
  type Tree,
  type User,
  type UserFacts,
  type Validation,
  type ViewPage,
  type Watch,
  type Whom,
  type WorkerEntry,
  type Writable
} from './records.js';

type Nothing = Record<string, never>;
interface Named {
  name: string;
}
/** A step of SQL for a pipeline; without `needs` a preview proposes them. */
export interface RepairArgs {
  run_id: string;
  params?: Record<string, unknown>;
  steps?: string[];
  source?: 'pinned' | 'current';
  dependents?: boolean;
}

export interface StepArgs extends Named {
  step: string;
  sql: string;
  output?: string;
  mode?: StepMode;
  keys?: string[];
  needs?: string[];
  description?: string;
  params?: Record<string, unknown>;
  replace?: boolean;
}
export interface Asked {
  sql: string;
  params?: Record<string, unknown>;
}

/** The verbs that panels use, with their arguments and results; routes are in `verbs.json`. */
export interface Verbs {
  'catalog.search': [args: { query: string; limit?: number; zone?: string; owner?: string; tag?: string; kind?: 'dataset' | 'view' }, result: SearchHit[]];
  'catalog.get': [args: Named, result: Dataset];
  'catalog.view': [args: Named, result: ViewPage];
  'catalog.describe_view': [args: Named & { description?: string; owner?: string }, result: ViewPage];
  'catalog.describe': [args: Named & { description?: string; owner?: string; column?: string }, result: Dataset];
  'catalog.tag': [args: Named & { tag: string; column?: string }, result: Dataset];
  'catalog.untag': [args: Named & { tag: string; column?: string }, result: Dataset];
  'catalog.tags': [args: Nothing, result: TagUse[]];
  'catalog.terms': [args: Nothing, result: Term[]];
  'catalog.define_term': [args: { term: string; definition: string }, result: Term];
  'catalog.link_term': [args: Named & { term: string; column?: string }, result: Term];
  'catalog.unlink_term': [args: Named & { term: string; column?: string }, result: Term];
  'catalog.tree': [args: { zone?: string; prefix?: string; after?: string; limit?: number }, result: Tree];
  'catalog.storage': [args: { path?: string; after?: string; limit?: number }, result: StorageListing];
  'catalog.files': [args: Named & { after?: string; limit?: number }, result: DatasetFiles];
  'catalog.edits': [args: { name?: string; limit?: number }, result: Edit[]];
  'catalog.popular': [args: { days?: number; limit?: number }, result: Popular[]];
  'catalog.often_used_with': [args: Named & { limit?: number }, result: Companion[]];
  'catalog.recommendations': [args: Named, result: Insight[]];
  'catalog.schema_history': [args: Named, result: SchemaVersion[]];
  'catalog.schema_compare': [args: Named & { a: string; b?: string }, result: SchemaComparison];
  'catalog.schema_impact': [args: Named & { changes: ColumnChange[] }, result: Impact];
  'datasets.sample': [args: Named & { limit?: number }, result: TableData];
  'datasets.snapshots': [args: Named, result: Snapshot[]];
  'datasets.refs': [args: Named, result: Ref[]];
  'datasets.create_branch': [args: Named & { branch: string; snapshot_id?: Id64 }, result: Ref];
  'datasets.create_tag': [args: Named & { tag: string; snapshot_id?: Id64 }, result: Ref];
  'datasets.delete_ref': [args: Named & { ref: string }, result: Ref[]];
  'datasets.rollback': [args: Named & { snapshot_id: Id64 }, result: Snapshot];
  'datasets.compact': [args: Named, result: { files_before: number; files_after: number }];
  'datasets.drop': [args: Named, result: DatasetSummary];
  'datasets.dropped': [args: Nothing, result: DroppedTable[]];
  'datasets.undrop': [args: Named, result: Dataset];
  'quality.profile': [args: Named, result: Profile];
  'quality.current': [args: Named, result: Assessment];
  'quality.history': [args: Named & { limit?: number }, result: TimePoint[]];
  'quality.failing': [args: Named & { check: string; limit?: number }, result: TableData];
  'quality.expectations': [args: Named, result: Expectation[]];
  'quality.expect': [args: Named & { expectation: Partial<Expectation> & Pick<Expectation, 'kind'> }, result: Expectation];
  'quality.remove': [args: Named & { expectation_id: string }, result: Expectation[]];
  'quality.propose': [args: Named, result: Expectation[]];
  'ingest.preview': [args: { source: string; options?: LoadOptions | null }, result: Preview];
  'ingest.start': [args: { source: string; options?: LoadOptions | null }, result: Run];
  'ingest.load': [args: { source: string; options?: LoadOptions | null }, result: IngestReport];
  'ingest.report': [args: { run_id: string }, result: IngestReport];
  'ingest.misfits': [args: Named & { limit?: number; after?: string }, result: Misfit[]];
  'ingest.correct': [args: Named & { corrections: Correction[]; force?: boolean }, result: Corrected];
  'ingest.discard': [args: Named & { ids: string[] }, result: Corrected];
  'ingest.readings': [args: Nothing, result: unknown[]];
  'sources.connections': [args: Nothing, result: Connection[]];
  'sources.tables': [args: Named, result: TableFound[]];
  'sources.connect': [args: Named & { kind: string; options: Record<string, unknown>; secret?: string }, result: Connection];
  'sources.test': [args: Named, result: ConnectionTest];
  'sources.kinds': [args: Nothing, result: DatabaseKind[]];
  'sources.disconnect': [args: Named, result: Connection[]];
  'sources.watches': [args: Nothing, result: Watch[]];
  'sources.watch': [args: { source: string; options?: LoadOptions | null }, result: Watch];
  'sources.look': [args: { id: string }, result: Watch];
  'sources.unwatch': [args: { id: string }, result: Watch[]];
  'recipes.propose': [args: Named, result: Recipe];
  'recipes.preview': [args: Named & { recipe: Recipe; target?: string; limit?: number }, result: RecipePreview];
  'recipes.apply': [args: Named & { recipe: Recipe; target?: string; force?: boolean }, result: RecipeReport];
  'recipes.get': [args: Named, result: Recipe];
  'recipes.undo': [args: Named, result: RecipeReport];
  'recipes.promote': [args: Named & { target?: string; force?: boolean }, result: RecipeReport];
  'query.run': [args: Asked & { limit?: number; ticket?: string; confirm?: boolean }, result: TableData];
  'query.stop': [args: { ticket: string }, result: boolean];
  'query.complete': [args: { sql: string; position: number }, result: Completion[]];
  'query.explain': [args: Asked, result: Explanation];
  'query.estimate': [args: Asked, result: Estimate];
  'query.profile': [args: Asked & { confirm?: boolean }, result: StatementProfile];
  'query.validate': [args: { sql: string }, result: Validation];
  'query.writable': [args: { name?: string }, result: Writable];
  'query.history': [args: { search?: string; limit?: number }, result: PastStatement[]];
  'query.statement': [args: { run_id: string }, result: PastStatement];
  'query.share': [args: { run_id: string; shared?: boolean }, result: PastStatement];
  'query.diff': [args: { first: string; second: string }, result: StatementDiff];
  'runs.list': [args: { kind?: string; status?: RunStatus; job?: string; limit?: number }, result: Run[]];
  'runs.get': [args: { run_id: string }, result: Run];
  'runs.events': [args: { run_id: string }, result: RunEvent[]];
  'runs.notebook': [args: { run_id: string }, result: Record<string, unknown>];
  'runs.cancel': [args: { run_id: string }, result: Run];
  'lineage.graph': [args: Named & { direction?: Direction; depth?: number }, result: LineageGraph];
  'pipelines.list': [args: Nothing, result: Pipeline[]];
  'pipelines.get': [args: Named, result: Pipeline];
  'pipelines.new': [args: Named & { template?: TemplateName }, result: Pipeline];
  'pipelines.templates': [args: Nothing, result: Template[]];
  'pipelines.run': [args: Named & { params?: Record<string, unknown>; wait?: boolean }, result: PipelineRun];
  'pipelines.add_step': [args: StepArgs, result: Pipeline];
  'pipelines.draft': [args: { path: string; text?: string; changes?: Change[] }, result: PipelineDraft];
  'pipelines.preview_step': [args: StepArgs, result: StepPreview];
  'pipelines.run_notebook': [args: { path: string; params?: Record<string, unknown>; wait?: boolean }, result: PipelineRun];
  'pipelines.repair': [args: RepairArgs, result: PipelineRun];
  'pipelines.preview_repair': [args: RepairArgs, result: RepairPreview];
  'pipelines.rerun': [args: { run_id: string; source?: 'pinned' | 'current'; params?: Record<string, unknown> }, result: PipelineRun];
  'pipelines.approve': [args: { run_id: string; step?: string; comment?: string }, result: unknown];
  'pipelines.reject': [args: { run_id: string; step?: string; comment?: string }, result: unknown];
  'pipelines.approvals': [args: Nothing, result: ApprovalRequest[]];
  'pipelines.diff': [args: { first: string; second: string }, result: RunDiff];
  'pipelines.versions': [args: Named, result: PipelineVersion[]];
  'pipelines.publish': [args: Named, result: PipelineVersion];
  'schedules.list': [args: { pipeline?: string }, result: Schedule[]];
  'schedules.add': [args: ScheduleFacts, result: Schedule];
  'schedules.preview': [args: { cron: string; timezone?: string; count?: number }, result: SchedulePreview];
  'schedules.presets': [args: Nothing, result: SchedulePreview[]];
  'schedules.dates': [args: Named & { limit?: number }, result: ScheduleDate[]];
  'schedules.pause': [args: Named, result: Schedule];
  'schedules.resume': [args: Named, result: Schedule];
  'schedules.run': [args: Named, result: Run];
  'schedules.remove': [args: Named, result: Schedule[]];
  'schedules.backfill': [args: Named & BackfillRange & { at_once?: number }, result: Backfill];
  'schedules.preview_backfill': [args: Named & BackfillRange, result: BackfillPreview];
  'schedules.backfills': [args: Named, result: Backfill[]];
  'schedules.cancel_backfill': [args: { id: string }, result: Backfill];
  'pipelines.debug': [args: { run_id: string; step?: string }, result: Run];
  'notifications.list': [args: { unread?: boolean; limit?: number }, result: PersonalNotification[]];
  'notifications.read': [args: { ids: string[] }, result: PersonalNotification[]];
  'notifications.settings': [args: Nothing, result: NotificationSettings];
  'notifications.subscribe': [args: Subscription, result: NotificationSettings];
  'notifications.unsubscribe': [args: { number: number }, result: NotificationSettings];
  'notifications.connect': [args: { channel: NotificationChannel; address?: string; secret?: string }, result: NotificationSettings];
  'notifications.disconnect': [args: { channel: NotificationChannel }, result: NotificationSettings];
  'notifications.quiet': [args: { start?: string; end?: string; timezone?: string }, result: NotificationSettings];
  'notifications.test': [args: { channel: NotificationChannel }, result: ChannelTest];
  'jobs.queue': [args: { limit?: number }, result: QueueEntry[]];
  'jobs.workers': [args: Nothing, result: WorkerEntry[]];
  'pipelines.status': [args: Named & { run_id: string }, result: PipelineRun];
  'users.me': [args: Nothing, result: Principal];
  'users.list': [args: Nothing, result: User[]];
  'users.add': [args: Named & Partial<UserFacts> & { password?: string }, result: User];
  'users.change': [args: Named & Partial<UserFacts>, result: User];
  'users.disable': [args: Named, result: User];
  'users.enable': [args: Named, result: User];
  'users.tokens': [args: { user?: string }, result: Token[]];
  'users.set_password': [args: Named & { password: string }, result: User];
  'users.issue_token': [args: Named & TokenFacts, result: IssuedToken];
  'users.my_tokens': [args: Nothing, result: Token[]];
  'users.new_token': [args: TokenFacts, result: IssuedToken];
  'users.rotate_token': [args: { token_id: string }, result: IssuedToken];
  'users.revoke_token': [args: { token_id: string }, result: Token];
  'compliance.policy': [args: { version?: number }, result: PolicyVersion];
  'compliance.policies': [args: Nothing, result: PolicyVersion[]];
  'compliance.check': [args: { text: string }, result: PolicyVersion];
  'compliance.apply': [args: { text: string; note?: string; base?: number }, result: PolicyVersion];
  'compliance.roles': [args: Nothing, result: RoleSummary[]];
  'compliance.access': [args: Named & Whom, result: AccessReport];
  'compliance.rows': [args: Named & Whom & { limit?: number }, result: TableData];
  'compliance.scan': [args: { what?: string }, result: Scan];
  'compliance.findings': [args: { what?: string; state?: FindingState }, result: Finding[]];
  'compliance.confirm': [args: { ids: string[] }, result: Finding[]];
  'compliance.reject': [args: { ids: string[]; note?: string }, result: Finding[]];
  'compliance.remediate': [args: { id: string }, result: Remediation];
  'compliance.inherited': [args: Named, result: InheritedTag[]];
  'compliance.row_sources': [args: Named, result: RowSource[]];
  'compliance.release': [args: Named & { source: string; reason: string }, result: RowSource[]];
  'compliance.withdraw': [args: Named & { source: string }, result: RowSource[]];
  'compliance.clear': [args: Named & { column: string; tag?: string; rule?: string; reason: string }, result: InheritedTag[]];
  'compliance.audit_log': [args: { user?: string; dataset?: string; since?: string; refused?: boolean; before?: number; limit?: number }, result: AuditEntry[]];
  'compliance.verify_audit': [args: { expected?: string }, result: AuditCheck];
  'system.status': [args: Nothing, result: Status];
}
/** The verbs that answer a file, with their arguments. */
export interface FileVerbs {
  'query.export': Asked & { format?: ExportFormat; ticket?: string; confirm?: boolean };
}
export type FileVerbName = keyof FileVerbs;
export type FileVerbArgs<V extends FileVerbName> = FileVerbs[V];

export type VerbName = keyof Verbs;
export type VerbArgs<V extends VerbName> = Verbs[V][0];
export type VerbResult<V extends VerbName> = Verbs[V][1];
