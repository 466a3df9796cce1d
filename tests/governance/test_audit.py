"""The audit log: each decision is in it, and whatever is changed in it is found."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from sqlalchemy import text

from workbench.app.local import LocalWorkspace
from workbench.core.config import create_workspace_file, load_settings
from workbench.core.errors import Cancelled, Conflict, Forbidden, InvalidInput, NotFound, StorageUnavailable, TooLarge, WorkbenchError
from workbench.core.principals import Principal
from workbench.governance.audit import AuditLog, Decided
from workbench.governance.audit import log as audit_log_module
from workbench.governance.audit.acting import with_token
from workbench.governance.audit.log import audit_log_of
from workbench.query.audited import entry_of
from workbench.query.record import AskedFor
from workbench.store import SecretBox, Store

POLICY = """
version: 1
grants: [{to: analyst, what: silver.*}]
masks: [{name: pay, what: [silver.people.pay], mask: {kind: "null"}}]
rows: [{name: own region, what: [silver.people], where: region IN principal.regions}]
"""
ALICE = Principal(name="alice", roles=("analyst",), attributes={"regions": ("north",)})
SECRET = "a literal that is personal"


@pytest.fixture(scope="module")
def ws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalWorkspace]:
    root = tmp_path_factory.mktemp("audited")
    create_workspace_file(root, "audited")
    with LocalWorkspace(load_settings(root, {})) as made:
        made.datasets.write("silver.people", pa.table({"id": [1, 2], "pay": [5, 6], "region": ["north", "south"]}))
        made.compliance.apply(POLICY, note="first")
        yield made


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a log of eight entries."""
    folder = tmp_path_factory.mktemp("log")
    store = Store(f"sqlite:///{folder}/meta.db")
    store.migrate()
    made = AuditLog(store, lambda: b"k" * 32, folder / "audit", folder / "head")
    made.begin()
    for number in range(8):
        made.append(Decided(who="ada", verb="query.run", about=f"silver.t{number}"))
    assert made.verify().ok
    store.close()
    return folder


@pytest.fixture
def log(tmp_path: Path, written: Path) -> Iterator[AuditLog]:
    shutil.copytree(written, tmp_path, dirs_exist_ok=True)
    store = Store(f"sqlite:///{tmp_path}/meta.db")
    yield AuditLog(store, lambda: b"k" * 32, tmp_path / "audit", tmp_path / "head")
    store.close()


def test_a_statement_tells_what_it_read_and_by_which_rules(ws: LocalWorkspace) -> None:
    alice = ws.as_principal(ALICE)
    with with_token("t-1"):
        found = alice.query.run(f"select id, pay from silver.people where region <> '{SECRET}'")
    entry = ws.compliance.audit_log(limit=1)[0]
    assert (entry.who, entry.verb, entry.outcome, entry.token_id, entry.policy, entry.run_id) == (
        "alice", "query.run", "allowed", "t-1", 1, found.run_id,
    )  # fmt: skip
    (read,) = entry.datasets
    assert (read.name, read.rules, read.snapshot_id) == (
        "silver.people",
        ("pay", "own region"),
        ws.datasets.snapshots("silver.people")[0].id,
    )
    assert entry.digest == ws.services.audit.digest(f"select id, pay from silver.people where region <> '{SECRET}'")
    alice.datasets.read("people")
    assert [(read.verb, read.datasets[0].rules) for read in ws.compliance.audit_log(user="alice", limit=1)] == [
        ("datasets.read", ("pay", "own region"))
    ]


def test_what_is_refused_is_told(ws: LocalWorkspace) -> None:
    alice = ws.as_principal(ALICE)
    attempts: list[tuple[str, Callable[[], Any], type[WorkbenchError]]] = [
        ("query.run", lambda: alice.query.run("select * from read_csv('/etc/passwd')"), Forbidden),
        ("users.list", lambda: alice.users.list(), Forbidden),
        ("datasets.write", lambda: alice.datasets.write("silver.people", pa.table({"id": [1]})), Forbidden),
        ("catalog.get", lambda: alice.catalog.get("bronze.none"), NotFound),
    ]
    for verb, attempt, error in attempts:
        with pytest.raises(error):
            attempt()
        entry = ws.compliance.audit_log(limit=1)[0]
        assert (entry.who, entry.verb, entry.outcome) == ("alice", verb, "refused" if error is Forbidden else "failed")
    assert {entry.verb for entry in ws.compliance.audit_log(user="alice", refused=True)} == {"query.run", "users.list", "datasets.write"}


def test_what_is_refused_before_it_runs_is_told_once(ws: LocalWorkspace) -> None:
    alice = ws.as_principal(ALICE)
    attempts: list[tuple[str, Callable[[], Any]]] = [
        ("query.export", lambda: alice.query.export("CREATE TABLE gold.t AS SELECT 1 AS x")),
        ("query.run", lambda: alice.query.run("SELECT 1 -- " + "x" * 2_000_000)),
        ("query.run", lambda: alice.query.run("SELECT * FROM silver.none")),  # comes to a run, which tells of it
        ("compliance.archive_audit", lambda: alice.compliance.archive_audit(datetime(2999, 1, 1, tzinfo=UTC))),
    ]
    for verb, attempt in attempts:
        before = len(ws.compliance.audit_log(user="alice", limit=1000))
        with pytest.raises(WorkbenchError):
            attempt()
        entry = ws.compliance.audit_log(user="alice", limit=1)[0]
        assert (entry.verb, entry.outcome) == (verb, "refused" if verb == "compliance.archive_audit" else "failed")
        assert len(ws.compliance.audit_log(user="alice", limit=1000)) == before + 1


def test_acts_of_administrators_are_told_and_their_looks_are_not(ws: LocalWorkspace) -> None:
    ws.users.add("bob", roles=("analyst",))
    issued = ws.users.issue_token("bob")
    ws.catalog.tag("silver.people", "contact", "pay")
    before = len(ws.compliance.audit_log(limit=1000))
    ws.catalog.get("silver.people")
    ws.catalog.list()
    assert len(ws.compliance.audit_log(limit=1000)) == before
    told = [(entry.verb, entry.about) for entry in ws.compliance.audit_log(user=ws.principal.name, limit=4)]
    assert told[:3] == [("catalog.tag", "silver.people"), ("users.issue_token", "bob"), ("users.add", "bob")]
    assert [entry.verb for entry in ws.compliance.audit_log(verb="compliance.apply")] == ["compliance.apply"]
    assert {entry.verb for entry in ws.compliance.audit_log(dataset="silver.people", user=ws.principal.name)} == {
        "catalog.tag",
        "datasets.write",
    }
    assert issued.secret not in str([entry.model_dump() for entry in ws.compliance.audit_log(limit=1000)])


def test_a_statement_that_writes_says_what_to_and_one_that_failed_what_it_asked_for(ws: LocalWorkspace) -> None:
    for sql in (
        "create table silver.gone as select 1 as n",
        "alter table gone add column m int",
        "insert into silver.gone values (2, 3)",
        "create view silver.seen as from silver.gone",
        "drop view silver.seen",
        "drop table silver.gone",
    ):
        ws.query.run(sql)
    alice = ws.as_principal(ALICE)
    for sql in ("drop table silver.people", "select * from gold.hidden join \"some 'text'.csv\" using (id)", "delete from nowhere"):
        with pytest.raises(WorkbenchError):
            alice.query.run(sql)
    told = [(entry.outcome, entry.about) for entry in reversed(ws.compliance.audit_log(verb="query.run", limit=9))]
    assert told[:6] == [("allowed", f"silver.{name}") for name in ("gone", "gone", "gone", "seen", "seen", "gone")]
    assert [about for _, about in told[6:]] == ["silver.people", "gold.hidden", "nowhere"]
    assert len(ws.compliance.audit_log(dataset="silver.gone")) >= 4


def test_a_question_that_nobody_answered_is_no_failure(log: AuditLog) -> None:
    asked = AskedFor("select 1", None, ALICE)
    errors = (TooLarge("go on?", confirm=True), TooLarge("too much"), Forbidden("no"), Cancelled("stopped"), ValueError("a defect"), None)
    outcomes = [entry_of(log, asked, "run", (), error).outcome for error in errors]
    assert outcomes == ["asked", "failed", "refused", "allowed", "failed", "allowed"]


def test_what_is_asked_while_a_statement_is_written_is_not_told_and_a_profile_once(ws: LocalWorkspace) -> None:
    ws.datasets.write("silver.open", pa.table({"n": [1]}))
    alice, before = ws.as_principal(ALICE), len(ws.compliance.audit_log(limit=1000))
    alice.query.estimate("select n from silver.open")
    alice.query.validate("select n from silver.open")
    with pytest.raises(Forbidden):
        alice.query.estimate("select * from read_csv('/etc/passwd')")
    ws.compliance.access("silver.people", user=None, role="analyst")
    assert len(ws.compliance.audit_log(limit=1000)) == before
    found = alice.query.profile("select n from silver.open")
    entries = ws.compliance.audit_log(limit=1000)
    assert (len(entries), entries[0].run_id, entries[0].verb) == (before + 1, found.run_id, "query.run")
    with pytest.raises(Forbidden):
        alice.query.profile("select * from silver.people")  # of which she sees a part
    entry = ws.compliance.audit_log(limit=1000)[0]
    assert (entry.seq, entry.verb, entry.outcome) == (entries[0].seq + 1, "query.profile", "refused")


def test_no_value_is_in_it(ws: LocalWorkspace) -> None:
    with ws.services.store.read() as conn:
        bodies = " ".join(conn.execute(text("SELECT body FROM audit_log")).scalars())
    assert "silver.people" in bodies
    assert SECRET not in bodies
    assert "passwd" not in bodies


def test_the_whole_log_verifies_and_a_noted_head_is_in_it(ws: LocalWorkspace) -> None:
    check = ws.compliance.verify_audit()
    assert (check.ok, check.first, check.bad) == (True, 1, None)
    ws.as_principal(ALICE).query.run("select 1")
    assert ws.compliance.verify_audit(check.head).ok
    assert check.head is not None
    assert not ws.compliance.verify_audit(check.head[:-1] + ("0" if check.head[-1] != "0" else "1")).ok
    with pytest.raises(InvalidInput, match="is no head"):
        ws.compliance.verify_audit("yesterday")


# What somebody may do to the table, and the entry at which it is seen.
TAMPERED = {
    "the body altered": ("UPDATE audit_log SET body = replace(body, 'silver.t3', 'silver.t9') WHERE seq = 4", 4),
    "a column altered": ("UPDATE audit_log SET who = 'eve' WHERE seq = 4", 4),
    "the outcome altered in both": (
        'UPDATE audit_log SET outcome = \'refused\', body = replace(body, \'"who"\', \'"outcome": "refused", "who"\') WHERE seq = 4',
        4,
    ),
    "the digest altered": ("UPDATE audit_log SET digest = replace(digest, substr(digest, 1, 1), 'x') WHERE seq = 4", 4),
    "the digest no digest": ("UPDATE audit_log SET digest = 'ñ' WHERE seq = 4", 4),
    "one put in before the first": (
        "INSERT INTO audit_log SELECT -5, at, who, verb, outcome, replace(body, ': 3,', ': -5,'), digest FROM audit_log WHERE seq = 3",
        -5,
    ),
    "one removed": ("DELETE FROM audit_log WHERE seq = 4", 4),
    "the first removed": ("DELETE FROM audit_log WHERE seq = 1", 1),
    "the beginning removed": ("DELETE FROM audit_log WHERE seq < 5", 4),
    "the end removed": ("DELETE FROM audit_log WHERE seq > 5", 6),
    "all removed": ("DELETE FROM audit_log", 1),
    "one put in at the end": (
        "INSERT INTO audit_log SELECT 9, at, who, verb, outcome, replace(body, ': 8,', ': 9,'), digest FROM audit_log WHERE seq = 8",
        9,
    ),
    "two swapped": (
        "UPDATE audit_log SET seq = CASE seq WHEN 3 THEN -4 ELSE -3 END WHERE seq IN (3, 4); UPDATE audit_log SET seq = -seq WHERE seq < 0",
        3,
    ),
    "one removed and the rest moved up": ("DELETE FROM audit_log WHERE seq = 4; UPDATE audit_log SET seq = seq - 1 WHERE seq > 4", 4),
    "too deep": (f"UPDATE audit_log SET body = '{'[' * 100_000}' WHERE seq = 4", 4),
    "no JSON": ("UPDATE audit_log SET body = 'x' WHERE seq = 4", 4),
}


@pytest.mark.parametrize("how", sorted(TAMPERED))
def test_what_is_changed_is_found(log: AuditLog, how: str) -> None:
    statements, bad = TAMPERED[how]
    with log._store.write() as conn:
        for statement in statements.split("; "):
            conn.execute(text(statement))
    check = log.verify()
    assert (check.ok, check.bad) == (False, bad), check.problem
    assert check.problem is not None


def test_a_log_written_anew_without_the_key_is_found(log: AuditLog, tmp_path: Path) -> None:
    with log._store.write() as conn:
        conn.execute(text("DELETE FROM audit_log"))
    forged = AuditLog(log._store, lambda: b"x" * 32, tmp_path / "audit", tmp_path / "other")
    for number in range(9):
        forged.append(Decided(who="ada", verb="query.run", about=f"silver.t{number}"))
    assert log.verify().bad == 1


def test_entries_of_a_key_that_is_gone_are_told_from_those_that_are_as_they_were_written(log: AuditLog, tmp_path: Path) -> None:
    state = tmp_path / "state"
    (state / "run").mkdir(parents=True)
    shutil.copy(tmp_path / "head", state / "run" / "audit-head")
    anew = audit_log_of(log._store, state, box := SecretBox(state / "secrets"))
    assert (check := anew.verify()).bad == 1 and "those up to 8 were not made with the key that is there" in (check.problem or "")
    for number in range(2):
        anew.append(Decided(who="eve", verb="query.run", about=f"silver.e{number}"))
    assert (check := anew.verify()).bad == 1 and "those up to 8 were not" in (check.problem or "")
    assert "Those from 9 on are as they were written." in (check.problem or "")
    with log._store.write() as conn:
        conn.execute(text("UPDATE audit_log SET who = 'x', body = replace(body, 'eve', 'x') WHERE seq = 9"))
    assert "those up to 9 were not" in (anew.verify().problem or "")
    # There is a way on: they are put away, and the log names their last digest and that nothing proves them.
    by, early = Decided(who="root", verb="compliance.archive_audit"), datetime(2020, 1, 1, tzinfo=UTC)
    with pytest.raises(InvalidInput, match="those up to 9 were not") as stuck:
        anew.archive(early, by)
    assert "--unverified" in (stuck.value.fix or "")
    done = anew.archive(early, by, unverified=True)
    assert done is not None and (done.first, done.last, done.unproven) == (1, 9, 9)
    assert len(Path(done.path).read_text().splitlines()) == 9 and " unverified:9 digest:" in (anew.list()[0].about or "")
    anew._head_at = -10.0
    anew.append(Decided(who="eve", verb="query.run"))
    check = anew.verify()
    assert (check.ok, check.first, check.unproven) == (True, 9, 9), check.problem
    assert (head := anew._head.read()) is not None and head[0] == 12
    assert (later := anew.archive(datetime(2999, 1, 1, tzinfo=UTC), by)) is not None and later.unproven is None
    assert (anew.verify().ok, anew.verify().unproven) == (True, 9)
    with log._store.write() as conn:
        conn.execute(text("UPDATE audit_log SET digest = replace(digest, 'a', 'b') WHERE seq = 12"))
    assert not anew.verify().ok
    (state / "secrets" / "audit.key").write_bytes(b"short")
    with pytest.raises(StorageUnavailable, match="Nothing that the log has to tell of is carried out") as refused:
        audit_log_of(log._store, state, box).append(Decided(who="eve", verb="query.run"))
    assert "--with-secrets" in str(refused.value) and str(tmp_path) not in str(refused.value)
    assert len(audit_log_of(log._store, state, box).list()) == 2


def test_an_altered_log_is_not_put_away_as_one_of_a_lost_key(log: AuditLog) -> None:
    with log._store.write() as conn:
        conn.execute(text("UPDATE audit_log SET who = 'x', body = replace(body, 'ada', 'x') WHERE seq = 5"))
    with pytest.raises(InvalidInput, match="Entry 5 was altered"):
        log.archive(datetime(2999, 1, 1, tzinfo=UTC), Decided(who="ada", verb="compliance.archive_audit"), unverified=True)


def test_a_head_that_is_not_signed_is_not_believed(log: AuditLog, tmp_path: Path) -> None:
    head = json.loads((tmp_path / "head").read_text())
    (tmp_path / "head").write_text(json.dumps(head | {"seq": 2}))
    assert not log.verify().ok
    (tmp_path / "head").write_text("nonsense")
    assert not log.verify().ok


def test_what_is_cut_off_is_not_forgotten_with_the_next_entries(log: AuditLog) -> None:
    with log._store.write() as conn:
        conn.execute(text("DELETE FROM audit_log WHERE seq > 5"))
    for number in range(6):  # up to where the head was, and beyond
        log._head_at = -10.0
        log.append(Decided(who="eve", verb="query.run", about=f"silver.e{number}"))
        check = log.verify()
        assert not check.ok
        assert check.bad == (number + 7 if number < 2 else 8), check.problem


@pytest.mark.parametrize("statement", ["DELETE FROM audit_log WHERE seq > 5", "DELETE FROM audit_log"])
def test_without_its_head_the_log_is_not_believed(log: AuditLog, tmp_path: Path, statement: str) -> None:
    with log._store.write() as conn:
        conn.execute(text(statement))
    (tmp_path / "head").unlink()
    for _ in range(3):
        check = log.verify()
        assert (check.ok, check.problem is not None and "is missing" in check.problem) == (False, True)
        log._head_at = -10.0
        log.append(Decided(who="eve", verb="query.run"))
    assert not (tmp_path / "head").exists()


def test_a_workspace_has_a_head_from_the_first_entry_on(tmp_path: Path) -> None:
    create_workspace_file(tmp_path, "new")
    with LocalWorkspace(load_settings(tmp_path, {})) as made:
        assert made.compliance.verify_audit().ok
        made.users.add("bob", roles=("analyst",))
        assert made.compliance.verify_audit().ok
        head = made.services.settings.state / "run" / "audit-head"
        head.unlink()
    with LocalWorkspace(load_settings(tmp_path, {})) as again:
        again.users.add("cy", roles=("analyst",))
        assert "head beside the log" in str(again.compliance.verify_audit().problem)


def test_what_is_archived_does_not_leave_the_head_behind(log: AuditLog) -> None:
    by = Decided(who="ada", verb="compliance.archive_audit")
    log.archive(datetime(2999, 1, 1, tzinfo=UTC), by)
    for _ in range(3):
        log._head_at = -10.0
        log.append(Decided(who="ada", verb="query.run"))
    signed = log._head.read()
    assert signed is not None
    assert signed[0] == 11
    assert log.verify().ok


def test_old_entries_are_archived_and_the_chain_goes_on(log: AuditLog, tmp_path: Path) -> None:
    by = Decided(who="ada", verb="compliance.archive_audit")
    assert log.archive(datetime(2020, 1, 1, tzinfo=UTC), by) is None
    done = log.archive(datetime(2999, 1, 1, tzinfo=UTC), by)
    assert done is not None
    assert (done.first, done.last, len(Path(done.path).read_text().splitlines())) == (1, 8, 8)
    log.append(Decided(who="ada", verb="query.run"))
    check = log.verify()
    assert (check.ok, check.first, check.last, check.entries) == (True, 8, 10, 3), check.problem
    again = log.archive(datetime(2999, 1, 1, tzinfo=UTC), by)
    assert again is not None
    assert (again.first, log.verify().ok) == (8, True)
    Path(again.path).write_text("altered")
    assert not log.verify().ok
    Path(again.path).unlink()
    assert log.verify().ok
    with log._store.write() as conn:
        first = "SELECT min(seq) FROM audit_log"
        conn.execute(text(f"UPDATE audit_log SET body = replace(body, 'ada', 'eve'), who = 'eve' WHERE seq = ({first})"))
    assert not log.verify().ok


def test_each_archived_part_is_looked_at(log: AuditLog) -> None:
    by = Decided(who="ada", verb="compliance.archive_audit")
    parts = []
    for _ in range(3):
        log.append(Decided(who="ada", verb="query.run"))
        parts.append(log.archive(datetime(2999, 1, 1, tzinfo=UTC), by))
    assert log.verify().ok
    for part in parts:
        assert part is not None
        raw = Path(part.path).read_bytes()
        Path(part.path).write_bytes(raw.replace(b"ada", b"eve"))
        assert f"{part.first}-{part.last}.jsonl" in str(log.verify().problem)
        Path(part.path).write_bytes(raw)
    assert log.verify().ok


def test_a_log_of_any_size_is_archived_page_by_page_beside_what_others_write(log: AuditLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_log_module, "_PAGE", 3)
    by, all_of_them = Decided(who="ada", verb="compliance.archive_audit"), datetime(2999, 1, 1, tzinfo=UTC)
    saved = AuditLog._saved
    others: list[Any] = []

    @contextmanager
    def meanwhile(self: AuditLog, first: int, last: int) -> Iterator[Any]:
        with saved(self, first, last) as found:
            others.append(self.append(Decided(who="bob", verb="query.run")))
            yield found

    with monkeypatch.context() as patch:
        patch.setattr(AuditLog, "_saved", meanwhile)
        done = log.archive(all_of_them, by)
    assert done is not None and (done.first, done.last, others) == (1, 8, [9])
    lines = [json.loads(line)["entry"]["about"] for line in Path(done.path).read_text().splitlines()]
    assert lines == [f"silver.t{number}" for number in range(8)]
    assert Path(done.path).stat().st_mode & 0o777 == 0o600
    assert [entry.seq for entry in log.list()] == [10, 9, 8] and log.verify().ok

    @contextmanager
    def twice(self: AuditLog, first: int, last: int) -> Iterator[Any]:
        with saved(self, first, last) as found:
            with monkeypatch.context() as patch:
                patch.setattr(AuditLog, "_saved", saved)
                assert self.archive(all_of_them, by) is not None
            yield found

    with monkeypatch.context() as patch, pytest.raises(Conflict, match="meanwhile"):
        patch.setattr(AuditLog, "_saved", twice)
        log.archive(all_of_them, by)
    assert log.verify().ok and not list(log._folder.glob(".*"))


def test_an_archive_that_finds_no_room_moves_nothing(log: AuditLog, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space"):
        patch.setattr(audit_log_module.os, "fsync", full)
        log.archive(datetime(2999, 1, 1, tzinfo=UTC), Decided(who="ada", verb="compliance.archive_audit"))
    assert not list(log._folder.iterdir())
    assert len(log.list()) == 8 and log.verify().ok


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE gold.killed AS SELECT 1 AS x",
        "INSERT INTO gold.some SELECT 2",
        "UPDATE gold.some SET x = 3",
        "DELETE FROM gold.some",
        "ALTER TABLE gold.some ADD COLUMN y BIGINT",
        "ALTER TABLE gold.some RENAME TO more",
        "DROP TABLE gold.more",
        "CREATE VIEW gold.seen AS SELECT id FROM silver.people",
        "CREATE OR REPLACE VIEW gold.seen AS SELECT pay FROM silver.people",
        "DROP VIEW gold.seen",
    ],
)
def test_what_a_statement_has_committed_is_told_though_it_does_not_come_to_its_end(
    ws: LocalWorkspace, monkeypatch: pytest.MonkeyPatch, sql: str
) -> None:
    if sql.startswith("INSERT"):
        ws.query.run("CREATE TABLE gold.some AS SELECT 1 AS x")
    before = len(ws.compliance.audit_log(verb="query.run", limit=1000))

    def killed(*_: Any) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr("workbench.query.record._finish", killed)
        with pytest.raises(SystemExit):
            ws.query.run(sql)
    assert len(ws.compliance.audit_log(verb="query.run", limit=1000)) == before + 1
    assert ws.compliance.audit_log(limit=1)[0].digest == ws.services.audit.digest(sql)
    if not sql.startswith(("INSERT", "UPDATE", "DELETE")):
        with pytest.raises(WorkbenchError):  # it was done
            ws.query.run(sql.replace(" OR REPLACE", ""))
        before += 1
    ws.query.run("CREATE OR REPLACE TABLE gold.whole AS SELECT 1 AS x")
    assert len(ws.compliance.audit_log(verb="query.run", limit=1000)) == before + 2


def test_an_entry_is_there_when_its_transaction_is_and_only_then(log: AuditLog) -> None:
    with pytest.raises(ZeroDivisionError), log._store.write() as conn:
        log.append(Decided(who="ada", verb="query.run"), conn)
        log._head_at = 0.0
        log.append(Decided(who="ada", verb="query.run"), conn)  # the head does not run ahead of what is committed
        raise ZeroDivisionError
    assert log.verify().last == 8


WRITER = """
    import sys
    from pathlib import Path
    from workbench.governance.audit import AuditLog, Decided
    from workbench.store import Store
    folder = Path(sys.argv[1])
    log = AuditLog(Store(f"sqlite:///{folder}/meta.db"), lambda: b"k" * 32, folder / "audit", folder / "head")
    print("ready", flush=True)
    for _ in range(int(sys.argv[2])):
        log.append(Decided(who=sys.argv[3], verb="query.run"))
"""


def test_processes_write_one_chain_and_one_that_is_killed_leaves_it_whole(log: AuditLog, tmp_path: Path) -> None:
    command = [sys.executable, "-c", textwrap.dedent(WRITER), str(tmp_path)]
    writers = [subprocess.Popen([*command, "20", name], stdout=subprocess.PIPE) for name in ("bo", "cy")]
    victim = subprocess.Popen([*command, "1000000", "di"], stdout=subprocess.PIPE)
    assert victim.stdout is not None
    assert victim.stdout.readline() == b"ready\n"
    while not any(entry.who == "di" for entry in log.list(user="di", limit=1)):
        pass
    os.kill(victim.pid, signal.SIGKILL)
    assert [writer.wait(60) for writer in (victim, *writers)] == [-signal.SIGKILL, 0, 0]
    assert [len(log.list(user=name, limit=1000)) for name in ("bo", "cy")] == [20, 20]
    check = log.verify()
    assert check.ok, check.problem
    assert log.append(Decided(who="ada", verb="query.run")) == (check.last or 0) + 1
    assert log.verify().ok


def test_postgresql_keeps_the_same_chain(postgres_store: str, tmp_path: Path) -> None:
    store = Store(postgres_store)
    store.migrate()
    logs = [AuditLog(store, lambda: b"k" * 32, tmp_path / "audit", tmp_path / "head") for _ in range(4)]
    logs[0].begin()
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda log: [log.append(Decided(who="ada", verb="query.run", about="silver.t")) for _ in range(5)], logs))
    check = logs[0].verify()
    assert (check.ok, check.entries) == (True, 20), check.problem
    assert len(logs[0].list(dataset="silver.t", refused=False, limit=3)) == 3
    with store.write() as conn:
        conn.execute(text("UPDATE audit_log SET who = 'eve' WHERE seq = 7"))
    assert logs[0].verify().bad == 7
    store.close()
