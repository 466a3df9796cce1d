"""A statement that was asked before is not decided on anew while the store says the same. Each act that changes what is seen is noticed:
after it, who asked before and who never asked get the same."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from workbench.app.local import LocalWorkspace
from workbench.core.config import create_workspace_file, load_settings
from workbench.core.errors import WorkbenchError
from workbench.core.principals import Principal
from workbench.query.ready import Preparer

POLICY = """
version: 1
grants:
  - {to: analyst, what: silver.*}
  - {to: analyst, what: gold.*}
masks: [{name: contact, tags: [contact], mask: {kind: constant, value: hidden}}]
"""
ROWS = "rows: [{name: near, what: [silver.people], where: town = principal.town}]\n"
PEOPLE = pa.table({"id": [1, 2, 3], "mail": ["anna@x.org", "bo@x.org", "cy@x.org"], "town": ["Rome", "Bari", "Rome"]})
ANA = Principal(name="ana", roles=("analyst",), attributes={"town": "Rome"})
ASKED = (
    "SELECT * FROM silver.people ORDER BY 1",
    "SELECT count(*) AS n, min(mail) AS m FROM people",
    "SELECT * FROM silver.copied ORDER BY 1",
    "SELECT * FROM seen ORDER BY 1",
    "SELECT * FROM silver.people FOR VERSION AS OF 'try' ORDER BY 1",
    "SELECT p.town, c.mail FROM silver.people p JOIN silver.copied c USING (id) ORDER BY p.id",
)
Act = Callable[[LocalWorkspace], object]
ACTS: dict[str, Act] = {
    "a row is added": lambda ws: ws.datasets.write("silver.people", PEOPLE.slice(0, 1), mode="append"),
    "a row of a branch is added": lambda ws: ws.datasets.write("silver.people", PEOPLE.slice(0, 1), "append", branch="try"),
    "a column is tagged": lambda ws: ws.catalog.tag("silver.people", "contact", "mail"),
    "the copy is released": lambda ws: ws.compliance.clear("silver.copied", "mail", "contact", reason="made up"),
    "another column is tagged": lambda ws: ws.catalog.tag("silver.copied", "contact", "town"),
    "rows are filtered": lambda ws: ws.compliance.apply(POLICY + ROWS),
    "a mask goes": lambda ws: ws.compliance.apply(POLICY.partition("masks:")[0] + ROWS),
    "the policy is as it was": lambda ws: ws.compliance.apply(POLICY),
    "the tag goes": lambda ws: ws.catalog.untag("silver.people", "contact", "mail"),
    "it comes again": lambda ws: ws.catalog.tag("silver.people", "contact", "mail"),
    "a column is renamed": lambda ws: ws.sql("ALTER TABLE silver.people RENAME COLUMN mail TO address"),
    "a column is added": lambda ws: ws.sql("ALTER TABLE silver.people ADD COLUMN mail VARCHAR"),
    "the renamed column loses its tag by each name": lambda ws: ws.catalog.untag("silver.people", "contact", "address"),
    "the new one loses it, too": lambda ws: ws.catalog.untag("silver.people", "contact", "mail"),
    "and gets it again": lambda ws: ws.catalog.tag("silver.people", "contact", "mail"),
    "another dataset has the same short name": lambda ws: ws.datasets.write("gold.people", PEOPLE.slice(2)),
    "it is not granted any more": lambda ws: ws.compliance.apply(POLICY.replace("gold.*", "gold.none")),
    "a view takes a name's place": lambda ws: ws.sql("CREATE OR REPLACE VIEW silver.seen AS SELECT id FROM silver.copied"),
    "the view goes": lambda ws: ws.sql("DROP VIEW silver.seen"),
    "a dataset is renamed": lambda ws: ws.datasets.rename("silver.people", "silver.folk"),
    "another comes in its place": lambda ws: ws.datasets.write("silver.people", PEOPLE.select(["id", "mail"])),
    "a dataset goes": lambda ws: ws.datasets.drop("silver.copied"),
    "nothing is granted": lambda ws: ws.compliance.apply("version: 1"),
}


def _answers(ws: LocalWorkspace, who: Principal) -> list[Any]:
    found: list[Any] = []
    for sql in ASKED:
        try:
            found.append(ws.as_principal(who).query.arrow(sql).to_pylist())
        except WorkbenchError as error:
            found.append((error.code, str(error)))
    return found


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The statements that were decided on anew."""
    texts: list[str] = []
    really = Preparer._find

    def noted(self: Preparer, ready: Any, sql: str, *others: Any) -> None:
        texts.append(sql)
        really(self, ready, sql, *others)

    monkeypatch.setattr(Preparer, "_find", noted)
    return texts


def test_each_act_is_noticed_by_who_asked_before(tmp_path: Path, found: list[str]) -> None:
    create_workspace_file(tmp_path, "again")
    with LocalWorkspace(load_settings(tmp_path, {"WORKBENCH_QUERY_CACHE": "off"})) as ws:
        ws.datasets.write("silver.people", PEOPLE)
        ws.datasets.create_branch("silver.people", "try")
        ws.sql("CREATE TABLE silver.copied AS SELECT * FROM silver.people")
        ws.sql("CREATE VIEW silver.seen AS SELECT id, mail FROM silver.people")
        ws.compliance.apply(POLICY)
        known = ws.services.query._ahead._known
        everybody = (ANA, ws.principal)
        for act, do in ACTS.items():
            for who in everybody:
                asked = [_answers(ws, who) for _ in range(2)][1]
                found.clear()
                assert _answers(ws, who) == asked
                readable = [sql for sql, answer in zip(ASKED, asked, strict=True) if isinstance(answer, list)]
                assert not set(found) & set(readable), f"before: {act}"  # by what is known
            before = [_answers(ws, who) for who in everybody]
            do(ws)
            after = [_answers(ws, who) for who in everybody]
            known.clear()
            assert after == [_answers(ws, who) for who in everybody], act
            assert after != before, act
