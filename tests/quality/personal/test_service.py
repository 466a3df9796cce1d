"""Scans propose tags, people confirm or reject them, masks follow; nothing that is kept or told holds a value."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from workbench.app.local import LocalWorkspace
from workbench.core.config import create_workspace_file, load_settings
from workbench.core.errors import Cancelled, Conflict, DatasetNotFound, Forbidden, NotFound
from workbench.core.principals import Principal
from workbench.governance.access import AccessService
from workbench.lake.records import ColumnChange
from workbench.writes import Writer

POLICY = """
version: 1
grants: [{to: analyst, what: "*.*"}]
masks: [{name: mail, tags: [email], mask: {kind: constant, value: hidden}}]
"""
ANA = Principal(name="ana", roles=("analyst",))
MAILS = [f"person{n}@example.org" for n in range(40)]
NAMES = [f"{first} {last}" for first in ("Anna", "Peter", "Giulia", "Jan") for last in ("Smith", "Müller", "Rossi", "Novak", "Silva")]
PEOPLE = pa.table(
    {
        "id": list(range(40)),
        "contact": MAILS,
        "who": NAMES * 2,
        "amount": [n * 1.25 for n in range(40)],
        "more": pa.array([{"note": "x", "reached": {"mails": [mail]}} for mail in MAILS]),
    }
)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalWorkspace]:
    root = tmp_path_factory.mktemp("personal")
    create_workspace_file(root, "personal")
    with LocalWorkspace(load_settings(root, {})) as made:
        made.services.access.policies.apply(POLICY, made.principal)
        yield made


@pytest.fixture
def ws(lake: LocalWorkspace) -> Iterator[LocalWorkspace]:
    lake.datasets.write("silver.people", PEOPLE)
    yield lake
    for name in lake.services.lake.names():
        lake.datasets.drop(name)


def proposed(ws: LocalWorkspace, what: str | None = None) -> dict[tuple[str, str], Any]:
    return {(one.column, one.tag): one for one in ws.compliance.findings(what)}


def test_a_scan_proposes_tags_with_evidence_that_holds_no_value(ws: LocalWorkspace) -> None:
    scan = ws.compliance.scan("silver.people")
    assert (scan.datasets, scan.columns, scan.unscanned) == (1, 5, ())
    assert {(one.column, one.tag) for one in scan.proposed} == {("contact", "email"), ("who", "person name"), ("more", "email")}
    found = proposed(ws)
    assert found["contact", "email"].why.startswith("40 of 40 distinct values pass the form of a mail address")
    assert found["more", "email"].why.startswith("in more.reached.mails: 40 of 40")
    told = scan.model_dump_json() + "".join(event.model_dump_json() for event in ws.runs.events(run_id=scan.run_id))
    assert not any(value in told for value in (*MAILS, *NAMES))
    assert [event.type for event in ws.runs.events(run_id=scan.run_id)][1:3] == ["run.progress", "run.read"]
    assert ws.runs.get(scan.run_id).kind == "scan"


def test_a_confirmed_finding_masks_the_column_from_then_on(ws: LocalWorkspace) -> None:
    ws.compliance.scan()
    ask = lambda: set(ws.services.query.arrow("SELECT contact FROM silver.people", principal=ANA)["contact"].to_pylist())  # noqa: E731
    assert ask() == set(MAILS)
    done = ws.compliance.confirm((proposed(ws)["contact", "email"].id,))
    assert [(one.state, one.decided_by) for one in done] == [("confirmed", ws.principal.name)]
    assert ask() == {"hidden"}
    assert ("contact", "email") not in proposed(ws)
    ws.compliance.scan()
    assert ("contact", "email") not in proposed(ws), "what is tagged is not proposed"
    assert [one.column for one in ws.compliance.findings("silver", "confirmed")] == ["contact"]


def test_a_rejected_finding_comes_back_only_where_the_column_has_changed(ws: LocalWorkspace) -> None:
    ws.compliance.scan()
    ws.compliance.reject((proposed(ws)["who", "person name"].id,), note="names of ships")
    ws.compliance.scan()
    assert ("who", "person name") not in proposed(ws)
    assert [one.note for one in ws.compliance.findings(None, "rejected")] == ["names of ships"]
    mixed = [*NAMES[:10], *(f"{n} units" for n in range(10))] * 2
    ws.datasets.write("silver.people", PEOPLE.drop_columns(["who"]).append_column("who", pa.array(mixed)), mode="overwrite")
    ws.compliance.scan()
    assert ("who", "person name") not in proposed(ws), "it has become less sure"
    ws.datasets.alter("silver.people", [ColumnChange(action="rename", column="who", new_name="full_name")])
    ws.datasets.write("silver.people", PEOPLE.rename_columns(["id", "contact", "full_name", "amount", "more"]), mode="overwrite")
    ws.compliance.scan()
    assert ("full_name", "person name") in proposed(ws), "its name says it now"


def test_remediation_names_the_rules_that_mask_it_or_proposes_one(ws: LocalWorkspace) -> None:
    ws.compliance.scan()
    found = proposed(ws)
    assert ws.compliance.remediate(found["contact", "email"].id).rules == ("mail",)
    named = ws.compliance.remediate(found["who", "person name"].id)
    assert named.rules == () and named.proposed is not None
    ws.compliance.check("version: 1\n" + named.proposed)
    # A rule that names the column masks it as well: none beside it is proposed.
    ws.compliance.apply(POLICY.replace("masks: [", 'masks: [{name: who, what: ["*.people.who"], mask: {kind: hash}}, '))
    try:
        again = ws.compliance.remediate(found["who", "person name"].id)
        assert (again.rules, again.proposed) == (("who",), None)
    finally:
        ws.compliance.apply(POLICY)


def test_a_renamed_dataset_is_found_under_its_new_name_and_one_that_is_gone_cannot_be_confirmed(ws: LocalWorkspace) -> None:
    ws.compliance.scan()
    ws.datasets.rename("silver.people", "silver.humans")
    one = proposed(ws, "silver.humans")["contact", "email"]
    assert one.dataset == "silver.humans"
    ws.datasets.drop("silver.humans")
    assert ws.compliance.findings() == ()
    with pytest.raises(Conflict):
        ws.compliance.confirm((one.id,))


def test_a_column_of_few_values_among_many_nulls_is_found(ws: LocalWorkspace) -> None:
    rows = 60_000
    sparse = [f"rare{n}@example.org" if n % 6_000 == 17 else None for n in range(rows)]
    ws.datasets.write("silver.sparse", pa.table({"n": range(rows), "x": pa.array(sparse, pa.string())}))
    ws.compliance.scan("silver.sparse")
    assert proposed(ws, "silver.sparse")["x", "email"].matched == 10


def test_what_is_asked_wrongly_is_said(ws: LocalWorkspace) -> None:
    with pytest.raises(DatasetNotFound):
        ws.compliance.scan("silver.peopel")
    with pytest.raises(NotFound):
        ws.compliance.confirm(("0190",))
    ws.compliance.scan()
    identifier = proposed(ws)["contact", "email"].id
    ws.compliance.confirm((identifier,))
    with pytest.raises(Conflict):
        ws.compliance.reject((identifier,))


def test_a_scan_that_is_cancelled_stops_and_keeps_what_it_found(ws: LocalWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
    ws.datasets.write("silver.second", PEOPLE)
    service, looked = ws.services.personal, []
    whole = service._look

    def look(name: str, run: Any) -> Any:
        looked.append(name)
        found = whole(name, run)
        ws.runs.cancel(run.id)
        return found

    monkeypatch.setattr(service, "_look", look)
    with pytest.raises(Cancelled):
        ws.compliance.scan("silver")
    assert looked == ["silver.people"]
    assert ("contact", "email") in proposed(ws, "silver.people")


def test_what_is_likely_personal_may_be_masked_before_anybody_has_looked(ws: LocalWorkspace) -> None:
    ws.datasets.write("silver.guests", PEOPLE)
    ws.compliance.scan("silver.guests")
    cautious = AccessService(ws.services.store, lambda: bytes(32), mask_unconfirmed=True)
    with ws.services.lake.reading("silver.guests") as plan:
        masked = lambda access: [one.column.name for one in access.of(ANA, plan).seen if one.mask]  # noqa: E731
        assert masked(ws.services.access) == []
        assert masked(cautious) == ["contact", "more"]
        ws.compliance.reject((proposed(ws, "silver.guests")["contact", "email"].id,))
        assert masked(cautious) == ["more"]


def test_what_was_made_of_a_likely_column_is_masked_as_long_as_that_is(ws: LocalWorkspace) -> None:
    ws.datasets.write("silver.visits", PEOPLE)
    ws.compliance.scan("silver.visits")
    ws.services.query.run("CREATE TABLE gold.visits AS SELECT lower(contact) AS reached, 1 AS n FROM silver.visits")
    ws.services.query.run("CREATE TABLE gold.again AS SELECT min(reached) AS first, count(*) AS n FROM gold.visits")
    cautious = AccessService(ws.services.store, lambda: bytes(32), mask_unconfirmed=True)

    def masked(name: str, access: AccessService = cautious) -> list[str]:
        with ws.services.lake.reading(name) as plan:
            return [one.column.name for one in access.of(ANA, plan).seen if one.mask]

    assert masked("gold.visits", ws.services.access) == []
    assert (masked("gold.visits"), masked("gold.again")) == (["reached"], ["first"])
    ws.compliance.reject((proposed(ws, "silver.visits")["contact", "email"].id,))
    assert (masked("gold.visits"), masked("gold.again")) == ([], [])


def test_only_administrators_see_what_was_found(ws: LocalWorkspace) -> None:
    from workbench.app.local_governance import ComplianceNamespace

    ana = ComplianceNamespace(ws.services, ANA)
    for call in (lambda: ana.scan(), lambda: ana.findings(), lambda: ana.confirm(("x",)), lambda: ana.inherited("silver.people")):
        with pytest.raises(Forbidden):
            call()


def test_a_load_looks_at_the_columns_that_come_with_it_and_asks_a_person(ws: LocalWorkspace, tmp_path: Path) -> None:
    rows = [f"{n},{mail},{MAILS[-n]}" for n, mail in enumerate(MAILS)]
    (tmp_path / "guests.csv").write_text("\n".join(["id,contact", *(row.rpartition(",")[0] for row in rows)]))
    (tmp_path / "more.csv").write_text("\n".join(["id,contact,second", *rows]))
    first = ws.ingest(tmp_path / "guests.csv")
    assert (first.personal, ws.ingest.report(first.run_id).personal) == ((("contact", "email"),),) * 2
    assert first.review.startswith("1 column looks like personal data: contact (email).")
    assert "ws.compliance.findings(" in first._repr_html_()
    [found] = ws.compliance.findings("bronze.guests")
    assert (found.column, found.state, found.run_id) == ("contact", "proposed", first.run_id)
    assert not any(mail in found.model_dump_json() + first.model_dump_json() for mail in MAILS)
    ws.compliance.reject((found.id,), "a list of machines")
    again = ws.ingest(tmp_path / "more.csv", "guests", mode="append")
    assert again.personal == (("second", "email"),), "of a later load only what is new is looked at"
    assert {(one.column, one.run_id) for one in ws.compliance.findings("bronze.guests")} == {("second", again.run_id)}
    told = {each.kind: each.message for each in ws.catalog.recommendations("bronze.guests")}
    assert told["personal data"] == "1 column looks like personal data."
    assert [each.datasets for each in ws.catalog.insights() if each.kind == "personal data"] == [("bronze.guests",)]


def test_a_load_that_dies_with_its_commit_has_looked(ws: LocalWorkspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "guests.csv").write_text("\n".join(["contact", *MAILS]))
    committed = Writer.load

    def killed(*args: Any, **kwargs: Any) -> Any:
        committed(*args, **kwargs)
        raise KeyboardInterrupt

    monkeypatch.setattr(Writer, "load", killed)
    with pytest.raises(KeyboardInterrupt):
        ws.ingest(tmp_path / "guests.csv")
    cautious = AccessService(ws.services.store, lambda: bytes(32), mask_unconfirmed=True)
    with ws.services.lake.reading("bronze.guests") as plan:
        assert [one.column.name for one in cautious.of(ANA, plan).seen if one.mask] == ["contact"], "masked from its first moment on"
    ws.compliance.reject((proposed(ws, "bronze.guests")["contact", "email"].id,))
    monkeypatch.undo()
    assert ws.ingest(tmp_path / "guests.csv").unchanged
    assert not ws.compliance.findings("bronze.guests"), "it was looked at once"
    with LocalWorkspace(load_settings(ws.settings.root, {"WORKBENCH_GOVERNANCE_SCAN_LOADS": "false"})) as unasked:
        assert unasked.ingest(tmp_path / "guests.csv", "unasked").personal == ()
