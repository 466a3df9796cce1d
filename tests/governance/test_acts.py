"""What changes something, and its entry in the audit log, are there together or not at all: every verb, and every statement that writes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa
import pytest
from sqlalchemy import select

from workbench.app.local import LocalWorkspace
from workbench.app.protocol import NAMESPACES
from workbench.app.verbs import verbs_of
from workbench.core.clock import now
from workbench.core.config import create_workspace_file, load_settings
from workbench.core.ids import new_id
from workbench.governance.audit import AuditLog
from workbench.governance.governed import LOOKS
from workbench.ingest.recipes.records import Case, Recipe
from workbench.ingest.records import Correction, LoadOptions
from workbench.lake.records import ColumnChange
from workbench.notifications.records import Happened
from workbench.quality.records import Expectation
from workbench.store.tables import metadata

ROWS = pa.table({"id": [1, 2], "mail": ["ada@example.org", "bob@example.org"], "region": ["north", "south"]})
POLICY = "version: 1\nrows: [{name: own, what: [silver.people], where: region IN principal.regions}]\n"
# What is noted of what goes on, and follows from the log or the data: no act of anybody's.
NOTED = frozenset(
    {
        "audit_log", "run_events", "runs", "run_datasets", "statements", "projection_offsets", "lineage_runs", "lineage_nodes",
        "lineage_reads", "lineage_edges", "lineage_edge_runs", "dataset_facts", "dataset_figures", "leases", "workers", "sign_ins",
        "quality_profiles", "quality_assessments", "processes",
    }
)  # fmt: skip
# They change nothing that a store holds: rows are looked at, files are brought or written (of a pipeline's below), others are asked.
NO_ACTS = frozenset(
    {
        "query.profile", "query.stop", "query.export", "ingest.stage", "pipelines.add_step", "pipelines.new", "sources.look",
        "compliance.rows", "compliance.scan", "notifications.test",
    }
)  # fmt: skip
# Carried out by the same code as another one that is here; the archive tells of itself where it moves entries.
AS_OTHERS = frozenset(
    {
        "query.arrow",
        "query.ingest",
        "pipelines.run",
        "pipelines.repair",
        "pipelines.rerun",
        "pipelines.replay",
        "pipelines.debug",
        "pipelines.run_notebook",
        "recipes.promote",
        "compliance.archive_audit",
    }
)


# They change runs alone; a decision is taken once, so that the second try says that the first left nothing.
IN_THE_LOG = ("query.share", "pipelines.approve", "pipelines.reject")


@pytest.fixture(scope="module")
def ws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalWorkspace]:
    root = tmp_path_factory.mktemp("acts")
    create_workspace_file(root, "acts")
    (root / "in").mkdir()
    (root / "days.csv").write_text("id,day\n1,2024-01-01\n2,2024-01-02\n3,oh\n4,2024-01-04\n", "utf-8")
    with LocalWorkspace(load_settings(root, {"WORKBENCH_RETENTION_REPLAY_DAYS": "0", "WORKBENCH_RETENTION_MIN_SNAPSHOTS": "1"})) as made:
        made.datasets.write("silver.people", ROWS)
        yield made


def pipeline(ws: LocalWorkspace) -> str:
    folder = ws.settings.root / "notebooks/pipelines/nightly"
    folder.mkdir(parents=True)
    (folder / "pipeline.yaml").write_text("steps: [{name: only, sql: only.sql}]\n")
    (folder / "only.sql").write_text("delete from bronze.raw where false\n")
    return "nightly"


def last(ws: LocalWorkspace, name: str) -> int:
    return ws.datasets.snapshots(name)[-1].id


def finding(ws: LocalWorkspace) -> str:
    return ws.compliance.scan("bronze.raw").proposed[0].id


def misfit(ws: LocalWorkspace, name: str) -> str:
    return ws.ingest.misfits(name)[0].id


def corrected(ws: LocalWorkspace) -> Correction:
    return Correction(id=misfit(ws, "bronze.days"), row={"id": "3", "day": "2024-01-03"})


def asking(ws: LocalWorkspace) -> str:
    """A pipeline's run with a step that waits for a person."""
    log, run_id = ws.services.log, ws.services.log.queue("pipeline", "small", "ada")
    asked = {"step": "ask", "approve": {"by": ["viewer"], "message": ""}, "asked_at": "2026-01-31T12:00:00Z"}
    with ws.services.store.write() as conn:
        log.append(conn, new_id(), "run.started", kind="step", job="small.ask", principal="ada", parent_id=run_id, attributes=asked)
    return run_id


def told(ws: LocalWorkspace) -> str:
    """Something that the one who asks is told of."""
    what, shelf = Happened(key="run:1", event="cancelled", at=now(), who=ws.principal.name), ws.services.notifications.shelf
    with ws.services.store.write() as conn:
        shelf.put(conn, ws.principal.name, what, ("app",), None)
    return str(shelf.listed(ws.principal.name, False, 1)[0][0].id)


CSV = LoadOptions(name="days", reading={"columns": [{"place": 1, "type": "date"}]})
Act = tuple[str, Callable[[LocalWorkspace], dict[str, Any]]]
# Carried out in this order: each is tried with a log that cannot be written first.
ACTS: list[Act] = [
    ("datasets.write", lambda ws: {"name": "bronze.raw", "data": ROWS, "mode": "create"}),
    ("datasets.write", lambda ws: {"name": "bronze.raw", "data": ROWS}),
    ("datasets.create_branch", lambda ws: {"name": "bronze.raw", "branch": "try"}),
    ("datasets.write", lambda ws: {"name": "bronze.raw", "data": ROWS, "branch": "try"}),
    ("datasets.publish", lambda ws: {"names": ("bronze.raw",), "branch": "try"}),
    ("datasets.create_tag", lambda ws: {"name": "bronze.raw", "tag": "kept"}),
    ("datasets.delete_ref", lambda ws: {"name": "bronze.raw", "ref": "kept"}),
    ("datasets.rollback", lambda ws: {"name": "bronze.raw", "snapshot_id": last(ws, "bronze.raw")}),
    ("datasets.alter", lambda ws: {"name": "bronze.raw", "changes": (ColumnChange(action="add", column="n", type="long"),)}),
    ("datasets.write", lambda ws: {"name": "bronze.raw", "data": ROWS}),
    ("datasets.compact", lambda ws: {"name": "bronze.raw"}),
    ("datasets.expire", lambda ws: {"name": "bronze.raw", "older_than_days": 0.0}),
    ("datasets.rename", lambda ws: {"name": "bronze.raw", "new_name": "bronze.named"}),
    ("datasets.drop", lambda ws: {"name": "bronze.named"}),
    ("datasets.undrop", lambda ws: {"name": "bronze.named"}),
    ("datasets.rename", lambda ws: {"name": "bronze.named", "new_name": "bronze.raw"}),
    ("catalog.describe", lambda ws: {"name": "bronze.raw", "description": "raw", "owner": "ada"}),
    ("catalog.describe", lambda ws: {"name": "bronze.raw", "description": "a number", "column": "id"}),
    ("catalog.tag", lambda ws: {"name": "bronze.raw", "tag": "contact", "column": "mail"}),
    ("catalog.untag", lambda ws: {"name": "bronze.raw", "tag": "contact", "column": "mail"}),
    ("catalog.define_term", lambda ws: {"term": "mail", "definition": "an address"}),
    ("catalog.link_term", lambda ws: {"name": "bronze.raw", "term": "mail", "column": "mail"}),
    ("catalog.unlink_term", lambda ws: {"name": "bronze.raw", "term": "mail", "column": "mail"}),
    ("catalog.delete_term", lambda ws: {"term": "mail"}),
    ("query.run", lambda ws: {"sql": "CREATE TABLE gold.made AS SELECT count(*) AS n FROM silver.people"}),
    ("query.run", lambda ws: {"sql": "INSERT INTO gold.made VALUES (7)"}),
    ("query.run", lambda ws: {"sql": "UPDATE gold.made SET n = 8 WHERE n = 7"}),
    ("query.run", lambda ws: {"sql": "DELETE FROM gold.made WHERE n = 8"}),
    ("query.run", lambda ws: {"sql": "ALTER TABLE gold.made ADD COLUMN m BIGINT"}),
    ("query.run", lambda ws: {"sql": "COMMENT ON TABLE gold.made IS 'made'"}),
    ("query.run", lambda ws: {"sql": "COMMENT ON COLUMN gold.made.n IS 'how many'"}),
    ("query.run", lambda ws: {"sql": "CREATE VIEW gold.seen AS SELECT n FROM gold.made"}),
    ("query.run", lambda ws: {"sql": "COMMENT ON VIEW gold.seen IS 'seen'"}),
    ("catalog.describe_view", lambda ws: {"name": "gold.seen", "description": "looked at"}),
    ("query.run", lambda ws: {"sql": "DROP VIEW gold.seen"}),
    ("query.share", lambda ws: {"run_id": ws.query.history(limit=1)[0].id}),
    ("compliance.apply", lambda ws: {"text": POLICY}),
    ("compliance.release", lambda ws: {"name": "gold.made", "source": "silver.people", "reason": "totals"}),
    ("compliance.withdraw", lambda ws: {"name": "gold.made", "source": "silver.people"}),
    ("compliance.confirm", lambda ws: {"ids": (finding(ws),)}),
    ("query.run", lambda ws: {"sql": "CREATE TABLE gold.mails AS SELECT mail FROM bronze.raw"}),
    ("compliance.clear", lambda ws: {"name": "gold.mails", "column": "mail", "tag": "email", "reason": "none"}),
    ("catalog.untag", lambda ws: {"name": "bronze.raw", "tag": "email", "column": "mail"}),
    ("compliance.remediate", lambda ws: {"id": finding(ws)}),
    ("catalog.untag", lambda ws: {"name": "bronze.raw", "tag": "email", "column": "mail"}),
    ("compliance.reject", lambda ws: {"ids": (finding(ws),)}),
    ("quality.expect", lambda ws: {"name": "bronze.raw", "expectation": Expectation(kind="not_null", column="mail")}),
    ("quality.remove", lambda ws: {"name": "bronze.raw", "expectation_id": ws.quality.expectations("bronze.raw")[0].id}),
    ("ingest.load", lambda ws: {"source": str(ws.settings.root / "days.csv"), "options": CSV}),
    ("ingest.correct", lambda ws: {"name": "bronze.days", "corrections": (corrected(ws),)}),
    ("ingest.load", lambda ws: {"source": str(ws.settings.root / "days.csv"), "options": CSV.model_copy(update={"name": "more"})}),
    ("ingest.discard", lambda ws: {"name": "bronze.more", "ids": (misfit(ws, "bronze.more"),)}),
    ("ingest.forget", lambda ws: {"id": ws.ingest.readings()[0].id}),
    ("recipes.apply", lambda ws: {"name": "bronze.raw", "recipe": Recipe(steps=(Case(columns=("mail",), to="upper"),))}),
    ("recipes.apply", lambda ws: {"name": "bronze.raw", "recipe": Recipe(steps=(Case(columns=("mail",), to="lower"),))}),
    ("recipes.undo", lambda ws: {"name": "silver.raw"}),
    ("sources.connect", lambda ws: {"name": "shop", "kind": "sqlite", "options": {"path": str(ws.settings.root / "shop.db")}}),
    ("sources.disconnect", lambda ws: {"name": "shop"}),
    ("pipelines.publish", lambda ws: {"name": pipeline(ws)}),
    ("schedules.add", lambda ws: {"pipeline": "nightly", "cron": "daily"}),
    ("schedules.pause", lambda ws: {"name": "nightly"}),
    ("schedules.resume", lambda ws: {"name": "nightly"}),
    ("schedules.run", lambda ws: {"name": "nightly"}),
    ("schedules.backfill", lambda ws: {"name": "nightly", "start": "2026-01-01", "end": "2026-01-02"}),
    ("schedules.cancel_backfill", lambda ws: {"id": ws.schedules.backfills("nightly")[0].id}),
    ("schedules.remove", lambda ws: {"name": "nightly"}),
    ("sources.watch", lambda ws: {"source": str(ws.settings.root / "in")}),
    ("sources.unwatch", lambda ws: {"id": ws.sources.watches()[0].id}),
    ("users.add", lambda ws: {"name": "dora", "roles": ("analyst",)}),
    ("users.change", lambda ws: {"name": "dora", "roles": ("viewer",), "attributes": {"regions": ["north"]}}),
    ("users.set_password", lambda ws: {"name": "dora", "password": "a long password"}),
    ("users.issue_token", lambda ws: {"name": "dora"}),
    ("users.revoke_token", lambda ws: {"token_id": ws.users.tokens("dora")[0].id}),
    ("users.issue_token", lambda ws: {"name": "dora"}),
    ("users.disable", lambda ws: {"name": "dora"}),
    ("users.enable", lambda ws: {"name": "dora"}),
    ("users.new_token", lambda ws: {"label": "mine"}),
    ("users.rotate_token", lambda ws: {"token_id": ws.users.my_tokens()[0].id}),
    ("users.add", lambda ws: {"name": ws.principal.name, "roles": ("admin",), "password": "a long password"}),
    ("users.change_password", lambda ws: {"current": "a long password", "password": "another password"}),
    ("ingest.start", lambda ws: {"source": str(ws.settings.root / "days.csv"), "options": CSV}),
    ("pipelines.approve", lambda ws: {"run_id": asking(ws), "comment": "good"}),
    ("pipelines.reject", lambda ws: {"run_id": asking(ws), "step": "ask"}),
    ("notifications.subscribe", lambda ws: {"events": ("cancelled",)}),
    ("notifications.unsubscribe", lambda ws: {"number": 1}),
    ("notifications.connect", lambda ws: {"channel": "slack", "secret": "https://hooks.example.org/services/1"}),
    ("notifications.disconnect", lambda ws: {"channel": "slack"}),
    ("notifications.quiet", lambda ws: {"start": "22:00", "end": "07:00"}),
    ("notifications.mail_password", lambda ws: {"secret": "a long password"}),
    ("notifications.read", lambda ws: {"ids": (told(ws),)}),
    ("runs.cancel", lambda ws: {"run_id": ws.services.log.queue("pipeline", "small", "ada")}),
]  # fmt: skip


def stored(ws: LocalWorkspace) -> dict[str, list[tuple[Any, ...]]]:
    with ws.services.store.read() as conn:
        return {table.name: sorted(map(tuple, conn.execute(select(table)))) for table in metadata.sorted_tables if table.name not in NOTED}


def test_every_verb_that_changes_something_is_here() -> None:
    changing = {f"{noun}.{verb.name}" for noun, protocol in NAMESPACES.items() for verb in verbs_of(protocol) if verb.method != "GET"}
    assert changing - LOOKS - NO_ACTS - AS_OTHERS == {verb for verb, _ in ACTS}


def test_a_step_is_put_into_a_pipeline_after_its_entry(ws: LocalWorkspace) -> None:
    folder = ws.services.settings.root / "notebooks" / "pipelines" / "made"

    def files() -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in folder.glob("*")} | {".": b""} if folder.exists() else {}

    def broken(self: AuditLog, decided: Any, conn: Any = None) -> int:
        raise RuntimeError("the log cannot be written")

    for sql in ("select 1 as a", "select 2 as a"):  # a new pipeline, and another's place
        before, seq = files(), ws.services.audit.list(limit=1)[0].seq
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(AuditLog, "append", broken)
            with pytest.raises(RuntimeError, match="cannot be written"):
                ws.pipelines.add_step("made", "one", sql, "silver.one", replace=True)
        assert files() == before
        ws.pipelines.add_step("made", "one", sql, "silver.one", replace=True)
        assert sql in files()["one.sql"].decode() and len(files()) == 3
        assert [entry.verb for entry in ws.services.audit.list(limit=3) if entry.seq > seq] == ["pipelines.add_step"]


def test_a_pipeline_is_made_after_its_entry(ws: LocalWorkspace) -> None:
    folder, seq = ws.services.settings.root / "notebooks" / "pipelines" / "begun", ws.services.audit.list(limit=1)[0].seq

    def broken(self: AuditLog, decided: Any, conn: Any = None) -> int:
        raise RuntimeError("the log cannot be written")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(AuditLog, "append", broken)
        with pytest.raises(RuntimeError, match="cannot be written"):
            ws.pipelines.new("begun", "ingest")
    assert not folder.exists()
    ws.pipelines.new("begun", "ingest")
    assert folder.exists()
    assert [entry.verb for entry in ws.services.audit.list(limit=3) if entry.seq > seq] == ["pipelines.new"]


def test_what_is_changed_and_its_entry_are_there_together_or_not_at_all(ws: LocalWorkspace) -> None:
    def broken(self: AuditLog, decided: Any, conn: Any = None) -> int:
        raise RuntimeError("the log cannot be written")

    apart = []
    for verb, arguments in ACTS:
        noun, name = verb.split(".")
        given = arguments(ws)
        before = stored(ws)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(AuditLog, "append", broken)
            with pytest.raises(RuntimeError, match="cannot be written"):
                getattr(getattr(ws, noun), name)(**given)
        after = stored(ws)
        if after != before:
            apart.append((verb, given.get("sql"), [table for table in before if before[table] != after[table]]))
            continue
        seq = ws.services.audit.list(limit=1)[0].seq
        getattr(getattr(ws, noun), name)(**given)
        assert stored(ws) != before or verb in IN_THE_LOG, f"{verb} changes nothing: the test would not see it"
        entries = [entry for entry in ws.services.audit.list(limit=3) if entry.seq > seq]
        assert [(entry.verb, entry.outcome) for entry in entries] == [(verb, "allowed")]
    assert not apart
    assert ws.services.audit.verify().ok
