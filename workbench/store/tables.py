"""All tables of the metadata store, the two of PyIceberg's catalog included.

Times are text as :func:`workbench.core.clock.iso` writes it (sorts in time order), JSON is text, so that both databases
hold the same bytes. Every change here needs a migration in ``store/migrations``.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Float, Index, Integer, MetaData, String, Table, Text

__all__ = [
    "audit_log",
    "catalog_edits",
    "catalog_tags",
    "cleared_masks",
    "cleared_tags",
    "column_meta",
    "column_origins",
    "commits",
    "connections",
    "dataset_facts",
    "dataset_figures",
    "dataset_meta",
    "dropped_datasets",
    "expectations",
    "fences",
    "former_names",
    "glossary_links",
    "glossary_terms",
    "iceberg_namespaces",
    "iceberg_tables",
    "job_requests",
    "leases",
    "lineage_edge_runs",
    "lineage_edges",
    "lineage_nodes",
    "lineage_reads",
    "lineage_runs",
    "metadata",
    "named_tags",
    "notification_cursors",
    "notification_deliveries",
    "notification_settings",
    "notifications",
    "personal_findings",
    "pipeline_versions",
    "policies",
    "processes",
    "projection_offsets",
    "quality_assessments",
    "quality_profiles",
    "recipes",
    "released_rows",
    "resource_holds",
    "row_origins",
    "run_datasets",
    "run_events",
    "runs",
    "schedule_backfills",
    "schedule_dates",
    "schedules",
    "sign_ins",
    "source_readings",
    "statements",
    "tokens",
    "users",
    "views",
    "watched_files",
    "watches",
    "workers",
    "working_branches",
]

metadata = MetaData()

_Id = String(64)
_Time = String(32)
# SQLite gives rowids only to a column declared exactly INTEGER.
_Sequence = BigInteger().with_variant(Integer(), "sqlite")

# The log: appended to, never changed.
run_events = Table(
    "run_events",
    metadata,
    Column("seq", _Sequence, primary_key=True, autoincrement=True),
    Column("id", _Id, nullable=False, unique=True),
    Column("run_id", _Id, nullable=False, index=True),
    Column("type", String(64), nullable=False),
    Column("at", _Time, nullable=False),
    Column("schema_version", Integer, nullable=False),
    Column("body", Text, nullable=False),
    sqlite_autoincrement=True,  # a number is never given twice, so a cursor never skips
)

# Texts that the log refers to by hash, because they may hold data values (a literal in a query): a row here can be erased,
# the log cannot.
statements = Table(
    "statements",
    metadata,
    Column("hash", String(80), primary_key=True),
    Column("text", Text, nullable=False),
    Column("first_at", _Time, nullable=False),
)

# Projections of the log: can be emptied and rebuilt at any time.
projection_offsets = Table(
    "projection_offsets",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("offset", BigInteger, nullable=False),
)

runs = Table(
    "runs",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("kind", String(64), nullable=False),
    Column("job", Text, nullable=False),
    Column("status", String(16), nullable=False),
    Column("principal", Text, nullable=False),
    Column("queued_at", _Time),
    Column("started_at", _Time),
    Column("ended_at", _Time),
    Column("params", Text, nullable=False),
    Column("metrics", Text, nullable=False),
    Column("attributes", Text, nullable=False),
    Column("error", Text),
    Column("parent_id", _Id, index=True),
    Index("ix_runs_kind", "kind", "id"),
    Index("ix_runs_status", "status", "id"),
    Index("ix_runs_job", "job", "id"),
    Index("ix_runs_principal", "principal", "id"),
)

run_datasets = Table(
    "run_datasets",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("run_id", _Id, nullable=False, index=True),
    Column("direction", String(8), nullable=False),
    Column("kind", String(8), nullable=False),
    Column("dataset_id", String(80), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("branch", Text, nullable=False),
    Column("snapshot_id", BigInteger),
    Column("columns", Text, nullable=False),
    Column("rows", BigInteger),
    Column("bytes", BigInteger),
    Column("operation", String(32)),
    Column("notebook", Text),
    Column("cell", Text),
)

lineage_runs = Table(
    "lineage_runs",
    metadata,
    Column("run_id", _Id, primary_key=True),
    Column("parent_id", _Id),
    Column("kind", String(64), nullable=False),
    Column("job", Text, nullable=False),
)

lineage_nodes = Table(
    "lineage_nodes",
    metadata,
    Column("id", String(80), primary_key=True),
    Column("kind", String(8), nullable=False),
    Column("name", Text, nullable=False, index=True),
)

lineage_reads = Table(
    "lineage_reads",
    metadata,
    Column("run_id", _Id, primary_key=True),
    Column("dataset_id", String(80), primary_key=True),
)

# One row for each pair of datasets: what joined them last, and how many runs did.
lineage_edges = Table(
    "lineage_edges",
    metadata,
    Column("source", String(80), primary_key=True),
    Column("target", String(80), primary_key=True),
    Column("runs", Integer, nullable=False),
    Column("run_id", _Id, nullable=False),
    Column("kind", String(64), nullable=False),
    Column("job", Text, nullable=False),
    Column("notebook", Text),
    Column("cell", Text),
    Column("at", _Time, nullable=False),
    Index("ix_lineage_edges_target", "target"),
)

lineage_edge_runs = Table(
    "lineage_edge_runs",
    metadata,
    Column("source", String(80), primary_key=True),
    Column("target", String(80), primary_key=True),
    Column("run_id", _Id, primary_key=True),
)

# The Iceberg catalog, as PyIceberg's SqlCatalog declares it (a test compares them), so that who only looks a name up need not
# import PyIceberg.
iceberg_tables = Table(
    "iceberg_tables",
    metadata,
    Column("catalog_name", String(255), primary_key=True),
    Column("table_namespace", String(255), primary_key=True),
    Column("table_name", String(255), primary_key=True),
    Column("metadata_location", String(1000)),
    Column("previous_metadata_location", String(1000)),
    Column("iceberg_type", String(5)),
)

iceberg_namespaces = Table(
    "iceberg_namespace_properties",
    metadata,
    Column("catalog_name", String(255), primary_key=True),
    Column("namespace", String(255), primary_key=True),
    Column("property_key", String(255), primary_key=True),
    Column("property_value", String(1000), nullable=False),
)

# What a table's metadata file says, written with the commit that made it. It counts only while the catalog points to that file.
dataset_facts = Table(
    "dataset_facts",
    metadata,
    Column("table_uuid", _Id, primary_key=True),
    Column("metadata_location", Text, nullable=False, index=True),
    Column("facts", Text, nullable=False),
)

# Each dataset in a few figures, for questions about all of them: a copy of what ``dataset_facts`` says of the tables that are there.
# ``shape`` is the same for tables of the same columns.
dataset_figures = Table(
    "dataset_figures",
    metadata,
    Column("zone", String(255), primary_key=True),
    Column("name", String(255), primary_key=True),
    Column("table_uuid", _Id, nullable=False, index=True),
    Column("metadata_location", Text, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("files", Integer, nullable=False),
    Column("columns", Integer, nullable=False),
    Column("shape", String(16), nullable=False, index=True),
    Column("created_at", _Time),
    Column("updated_at", _Time),
)

# What the lake needs to commit exactly once, to bring back what was dropped, and to know who reads.
commits = Table(
    "commits",
    metadata,
    Column("commit_key", String(512), primary_key=True),
    Column("run_id", _Id),
    Column("at", _Time, nullable=False),
    Column("result", Text, nullable=False),
)

fences = Table(
    "fences",
    metadata,
    Column("name", String(255), primary_key=True),
    Column("epoch", BigInteger, nullable=False),
)

dropped_datasets = Table(
    "dropped_datasets",
    metadata,
    Column("table_uuid", _Id, primary_key=True),
    Column("name", Text, nullable=False, index=True),
    Column("metadata_location", Text, nullable=False),
    Column("dropped_at", _Time, nullable=False),
    Column("dropped_by", Text, nullable=False),
    Column("purge_after", _Time, nullable=False, index=True),
)

leases = Table(
    "leases",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("table_uuid", _Id, nullable=False, index=True),
    Column("snapshot_id", BigInteger, nullable=False),
    Column("holder", Text, nullable=False),
    Column("expires_at", _Time, nullable=False, index=True),
)

# Until when a process that carries out runs counts as alive for machines that cannot see it (runs/pulse.py).
processes = Table(
    "processes",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("expires_at", _Time, nullable=False),
)

# What people say about datasets, and what has been taken in.
dataset_meta = Table(
    "dataset_meta",
    metadata,
    Column("table_uuid", _Id, primary_key=True),
    Column("name", Text, nullable=False),
    Column("description", Text, nullable=False, default=""),
    Column("owner", Text, nullable=False, default=""),
    Column("created_at", _Time),
    Column("created_by", Text),
)

# Who may act, and who works.
tokens = Table(
    "tokens",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("hash", String(128), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("principal", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("run_id", _Id, index=True),
    Column("created_at", _Time, nullable=False),
    Column("expires_at", _Time),
    Column("revoked_at", _Time),
    # A session is what signing in gave; ``limits`` (JSON) narrows what a token does.
    Column("kind", String(16), nullable=False, server_default="token"),
    Column("limits", Text),
    Column("used_at", _Time),
)

# Attempts to sign in that failed lately, by a hash of who and from where.
sign_ins = Table(
    "sign_ins",
    metadata,
    Column("key", _Id, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("at", _Time, nullable=False),
)

workers = Table(
    "workers",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("epoch", BigInteger, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("started_at", _Time, nullable=False),
    Column("heartbeat_at", _Time, nullable=False),
    Column("info", Text, nullable=False),
)

job_requests = Table(
    "job_requests",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("run_id", _Id, nullable=False, index=True),
    Column("action", String(32), nullable=False),
    Column("requested_at", _Time, nullable=False),
    Column("requested_by", Text, nullable=False),
    Column("handled_at", _Time, index=True),
    Column("queue", String(16), nullable=False, server_default="normal"),
    # By this they are ordered (jobs/queues.py); empty: asked for before there were queues.
    Column("due_at", _Time, nullable=False, server_default=""),
    # JSON of what must be so before it begins: how many runs of its kind and job at once, what its machine must have.
    Column("asks", Text),
)

# What runs hold of the workspace's own resources (jobs/holds.py).
resource_holds = Table(
    "resource_holds",
    metadata,
    Column("resource", String(128), primary_key=True),
    Column("run_id", _Id, primary_key=True),
    Column("worker", _Id, nullable=False),
    Column("amount", Float, nullable=False),
    Column("at", _Time, nullable=False),
)

# How good datasets are. Profiles and assessments hold values of people's data: rows here can be erased, the log has none of them.
quality_profiles = Table(
    "quality_profiles",
    metadata,
    Column("table_uuid", _Id, primary_key=True),
    Column("snapshot_id", BigInteger, primary_key=True, autoincrement=False),
    Column("at", _Time, nullable=False),
    Column("body", Text, nullable=False),
)

quality_assessments = Table(
    "quality_assessments",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("table_uuid", _Id, nullable=False),
    Column("snapshot_id", BigInteger),
    Column("at", _Time, nullable=False),
    Column("run_id", _Id),
    Column("rows", BigInteger, nullable=False),
    Column("score", Float),
    Column("body", Text, nullable=False),
    Column("figures", Text, nullable=False),
    Column("anomalies", Text, nullable=False),
    Index("ix_quality_assessments_table", "table_uuid", "at"),
)

expectations = Table(
    "expectations",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("table_uuid", _Id, nullable=False, index=True),
    Column("body", Text, nullable=False),
    Column("created_at", _Time, nullable=False),
    Column("created_by", Text, nullable=False),
)

# What people say beyond a description: of datasets (field 0) and of columns, by Iceberg's field id. ``folded`` tells apart what
# differs in more than case and accents.
catalog_tags = Table(
    "catalog_tags",
    metadata,
    Column("table_uuid", _Id, primary_key=True),
    Column("field_id", Integer, primary_key=True, autoincrement=False),
    Column("folded", String(128), primary_key=True),
    Column("tag", Text, nullable=False),
    Column("at", _Time, nullable=False),
    Column("by", Text, nullable=False),
)

# What people say a column holds, in the place of what its file says (Iceberg's doc).
column_meta = Table(
    "column_meta",
    metadata,
    Column("table_uuid", _Id, primary_key=True),
    Column("field_id", Integer, primary_key=True, autoincrement=False),
    Column("description", Text, nullable=False),
)

glossary_terms = Table(
    "glossary_terms",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("folded", String(256), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("definition", Text, nullable=False),
    Column("changed_at", _Time, nullable=False),
    Column("changed_by", Text, nullable=False),
)

glossary_links = Table(
    "glossary_links",
    metadata,
    Column("term_id", _Id, primary_key=True),
    Column("table_uuid", _Id, primary_key=True, index=True),
    Column("field_id", Integer, primary_key=True, autoincrement=False),
)

# Who said what when, and what stood there before: of a dataset (its table's UUID) or a term (its id).
catalog_edits = Table(
    "catalog_edits",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("at", _Time, nullable=False),
    Column("by", Text, nullable=False),
    Column("run_id", _Id, nullable=False),
    Column("subject", _Id, nullable=False),
    Column("what", String(32), nullable=False),
    Column("column", Text),
    Column("before", Text),
    Column("after", Text),
    Index("ix_catalog_edits_subject", "subject", "id"),
)

# Who was allowed what, and who was refused; ``digest`` is made of ``body`` and of the one before, so that no row can be changed unseen. The
# other columns are for looking.
audit_log = Table(
    "audit_log",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at", _Time, nullable=False, index=True),
    Column("who", Text, nullable=False),
    Column("verb", String(64), nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("body", Text, nullable=False),
    Column("digest", String(64), nullable=False),
    Index("ix_audit_log_who", "who", "seq"),
)

# Each policy that has been in force, the last one now; ``text`` is the YAML as it was given.
policies = Table(
    "policies",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("at", _Time, nullable=False),
    Column("by", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("text", Text, nullable=False),
)

# Who may sign in or have a token; ``roles`` and ``attributes`` are JSON, ``password`` is a scrypt hash.
users = Table(
    "users",
    metadata,
    Column("name", String(255), primary_key=True),
    Column("display_name", Text, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("roles", Text, nullable=False),
    Column("attributes", Text, nullable=False),
    Column("password", Text),
    Column("created_at", _Time, nullable=False),
    Column("disabled_at", _Time),
    # Whom an identity provider knows: "issuer subject". A name alone could be anybody's there.
    Column("identity", Text, unique=True, index=True),
    # When the provider said what is known of her: a token that it signed before does not bring back what was true then.
    Column("identity_at", _Time),
)

# Tags by name, beside those by id: they hold for what is made anew under a name, too. ``column`` is empty for the dataset's own.
named_tags = Table(
    "named_tags",
    metadata,
    Column("dataset", String(255), primary_key=True),
    Column("column", String(255), primary_key=True),
    Column("folded", String(128), primary_key=True),
)

# What a dataset was called before: rules about a name go with it.
former_names = Table(
    "former_names",
    metadata,
    Column("table_uuid", _Id, primary_key=True),
    Column("name", String(255), primary_key=True),
)

# Datasets that a run has written to on a branch of its own, until all of them are published together. ``created``: by the run;
# ``facts``: what the dataset is for the run, as in `dataset_facts`.
working_branches = Table(
    "working_branches",
    metadata,
    Column("branch", String(128), primary_key=True),
    Column("table_uuid", _Id, primary_key=True),
    Column("name", String(255), nullable=False),
    Column("created", Integer, nullable=False),
    Column("facts", Text, nullable=False),
)

# How sources of a kind are read: what a person has corrected once (``body`` is a Reading, and the header of the files it is for).
source_readings = Table(
    "source_readings",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("source", Text, nullable=False),
    Column("dataset", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("at", _Time, nullable=False),
    Column("by", Text, nullable=False),
)

# Databases that can be read from; ``secret`` is encrypted.
connections = Table(
    "connections",
    metadata,
    Column("name", String(128), primary_key=True),
    Column("kind", String(64), nullable=False),
    Column("options", Text, nullable=False),
    Column("secret", Text, nullable=True),
    Column("changed_at", _Time, nullable=False),
    Column("changed_by", Text, nullable=False),
)

# Folders whose new files are taken in as they come; ``options`` are LoadOptions, ``reach`` is how far who made it reaches.
watches = Table(
    "watches",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("source", Text, nullable=False),
    Column("options", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("made_at", _Time, nullable=False),
    Column("looked_at", _Time, nullable=True),
    Column("error", Text, nullable=True),
    Column("reach", String(16), nullable=False, server_default="workspace"),
)

# What is known of each file there: its size and times of change when it was last seen, and the load that took it as it is now.
watched_files = Table(
    "watched_files",
    metadata,
    Column("watch_id", _Id, primary_key=True),
    Column("path_hash", _Id, primary_key=True),
    Column("path", Text, nullable=False),
    Column("stamp", Text, nullable=False),
    Column("run_id", _Id, nullable=True),
)

# How one dataset is made of another, step by step; ``body`` is a Recipe. A changed recipe is a new version.
recipes = Table(
    "recipes",
    metadata,
    Column("target_uuid", _Id, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("source_uuid", _Id, nullable=False, index=True),
    Column("body", Text, nullable=False),
    Column("at", _Time, nullable=False),
    Column("by", Text, nullable=False),
)

# What detectors found in columns, and what a person said of it. No row holds a value.
personal_findings = Table(
    "personal_findings",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("table_uuid", _Id, nullable=False),
    Column("field_id", Integer, nullable=False),
    Column("dataset", String(255), nullable=False),
    Column("column", String(255), nullable=False),
    Column("type", Text, nullable=False),
    Column("tag", String(128), nullable=False),
    Column("confidence", Float, nullable=False),
    Column("matched", Integer, nullable=False),
    Column("checked", Integer, nullable=False),
    Column("why", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("found_at", _Time, nullable=False),
    Column("run_id", _Id, nullable=False),
    Column("decided_at", _Time),
    Column("decided_by", Text),
    Column("note", Text),
    Index("ix_personal_findings_column", "table_uuid", "field_id", "tag", unique=True),
)

# Which columns a dataset's columns were ever made of; field 0 is any of the dataset's columns.
column_origins = Table(
    "column_origins",
    metadata,
    Column("seq", _Sequence, primary_key=True, autoincrement=True),
    Column("target_uuid", _Id, nullable=False),
    Column("target_field", Integer, nullable=False),
    Column("source_uuid", _Id, nullable=False, index=True),
    Column("source_field", Integer, nullable=False),
    Column("source_name", String(255), nullable=False),
    Column("source_column", String(255), nullable=False),
    Index("ix_column_origins_target", "target_uuid", "target_field", "source_uuid", "source_field", "source_column", unique=True),
    sqlite_autoincrement=True,  # who keeps what it has read looks whether the highest number has grown
)

# Inherited tags that a person has taken from a column, with the reason: today's, and those of the same tag that would come.
cleared_tags = Table(
    "cleared_tags",
    metadata,
    Column("table_uuid", _Id, primary_key=True),
    Column("field_id", Integer, primary_key=True, autoincrement=False),
    Column("folded", String(128), primary_key=True),
    Column("reason", Text, nullable=False),
    Column("at", _Time, nullable=False),
    Column("by", Text, nullable=False),
)

# The same of masks whose rules name what the column was made of, by the rule's name.
cleared_masks = Table(
    "cleared_masks",
    metadata,
    Column("table_uuid", _Id, primary_key=True),
    Column("field_id", Integer, primary_key=True, autoincrement=False),
    Column("rule", Text, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("at", _Time, nullable=False),
    Column("by", Text, nullable=False),
)

# Of which datasets' rows a dataset's rows have ever been made. ``kept`` are columns that came over as they were, row by row, in every
# write: [source's field id, its name then, target's field id, its name then] each. ``view``: every write saw the source through these
# filters (a digest); empty where one saw it through none, or through others. ``copied``: the same as ``kept`` of columns that hold nothing
# but values of the source's as they were, whichever rows these stood in.
row_origins = Table(
    "row_origins",
    metadata,
    Column("seq", _Sequence, primary_key=True, autoincrement=True),
    Column("target_uuid", _Id, nullable=False),
    Column("source_uuid", _Id, nullable=False, index=True),
    Column("source_name", String(255), nullable=False),
    Column("kept", Text, nullable=False),
    Column("view", String(64), nullable=False),
    Column("copied", Text, nullable=False, server_default="[]"),
    Index("ix_row_origins_target", "target_uuid", "source_uuid", unique=True),
    sqlite_autoincrement=True,  # as column_origins: an entry that changes gets a new number
)

# Row filters of a source that a person has lifted from what was made of it, with the reason.
released_rows = Table(
    "released_rows",
    metadata,
    Column("table_uuid", _Id, primary_key=True),
    Column("source_uuid", _Id, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("at", _Time, nullable=False),
    Column("by", Text, nullable=False),
)

# Queries under a name, each version; of one that was dropped the last version has no query.
views = Table(
    "views",
    metadata,
    Column("name", String(255), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("sql", Text),
    Column("by", Text, nullable=False),
    Column("at", _Time, nullable=False),
    # JSON of what its text says (catalog/views.py); NULL where nobody has looked yet.
    Column("facts", Text),
)

# Pipelines as they were published; ``files`` has the SHA-256 of each file by its path, ``folder`` is where they came from.
pipeline_versions = Table(
    "pipeline_versions",
    metadata,
    Column("pipeline", String(128), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", _Time, nullable=False),
    Column("by", Text, nullable=False),
    Column("folder", Text, nullable=False),
    Column("files", Text, nullable=False),
)

# When pipelines run by themselves. ``body`` is a Definition, ``owner`` the principal it runs as, ``next_at`` its next date (of one on
# events none), ``cursor`` up to where the log was read for events.
schedules = Table(
    "schedules",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("name", String(128), nullable=False, unique=True),
    Column("pipeline", String(128), nullable=False, index=True),
    Column("body", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("made_at", _Time, nullable=False),
    Column("changed_at", _Time, nullable=False),
    Column("paused_at", _Time, nullable=True),
    Column("next_at", _Time, nullable=True, index=True),
    Column("cursor", BigInteger, nullable=False, server_default="0"),
)

# What became of each date of a schedule: one line a date, event or backfilled date, so that it makes one run. ``series`` is empty, or the
# backfill's id; ``facts`` is what the date was about (file, dataset, run).
schedule_dates = Table(
    "schedule_dates",
    metadata,
    Column("schedule_id", _Id, primary_key=True),
    Column("series", String(64), primary_key=True),
    Column("key", String(128), primary_key=True),
    Column("due", _Time, nullable=False),
    Column("state", String(16), nullable=False),
    Column("is_open", Integer, nullable=False, index=True),
    Column("run_id", _Id, nullable=True, index=True),
    Column("note", Text, nullable=True),
    Column("facts", Text, nullable=False),
    Column("at", _Time, nullable=False),
)

# Ranges of a schedule's dates that are run later; ``position`` is the last date that was dealt with.
schedule_backfills = Table(
    "schedule_backfills",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("schedule_id", _Id, nullable=False, index=True),
    Column("start", _Time, nullable=False),
    Column("end", _Time, nullable=False),
    Column("at_once", Integer, nullable=False),
    Column("again", Integer, nullable=False),
    Column("total", Integer, nullable=False),
    Column("owner", Text, nullable=False),
    Column("made_at", _Time, nullable=False),
    Column("state", String(16), nullable=False, index=True),
    Column("position", _Time, nullable=True),
    Column("note", Text, nullable=True),
)

# What each person is told of, and how. ``who`` is the principal who said so, ``body`` NotificationSettings, ``secrets`` (encrypted) where
# messages go to and what they are signed with. The line of the empty name is the workspace's: the mail server's password.
notification_settings = Table(
    "notification_settings",
    metadata,
    Column("principal", String(255), primary_key=True),
    Column("who", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("secrets", Text, nullable=True),
    Column("changed_at", _Time, nullable=False),
    Column("tested_at", _Time, nullable=True),
)

# What people are told of: references only (``facts``), for what they may see of it is asked when it is shown or sent. ``listed``: in the
# app, too.
notifications = Table(
    "notifications",
    metadata,
    Column("principal", String(255), primary_key=True),
    Column("key", String(128), primary_key=True),
    Column("id", _Id, nullable=False, unique=True),
    Column("event", String(16), nullable=False),
    Column("facts", Text, nullable=False),
    Column("at", _Time, nullable=False, index=True),
    Column("listed", Integer, nullable=False),
    Column("read_at", _Time, nullable=True),
)

# Messages on their way, one line a channel; who sends one moves ``due_at`` first, so that nobody else does.
notification_deliveries = Table(
    "notification_deliveries",
    metadata,
    Column("notification_id", _Id, primary_key=True),
    Column("channel", String(16), primary_key=True),
    Column("principal", String(255), nullable=False),
    Column("state", String(16), nullable=False),
    Column("tries", Integer, nullable=False),
    Column("due_at", _Time, nullable=False),
    Column("at", _Time, nullable=False),
    Column("reason", Text, nullable=True),
    Index("ix_notification_deliveries_due", "state", "due_at"),
)

# Up to where the run log was read for it.
notification_cursors = Table(
    "notification_cursors",
    metadata,
    Column("name", String(16), primary_key=True),
    Column("seq", BigInteger, nullable=False),
)
