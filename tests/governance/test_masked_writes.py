"""What is written of what its author sees in part: she is told, the audit log is, and masks are not put over values that are there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest

from workbench.app.local import LocalWorkspace
from workbench.core.config import create_workspace_file, load_settings
from workbench.core.errors import Forbidden
from workbench.core.principals import Principal

POLICY = """
version: 1
grants: [{to: analyst, what: "*.*", may: [read, write]}]
masks:
  - {name: contact, what: [silver.people.mail], mask: {kind: partial, first: 1}}
  - {name: salaries, what: [silver.people.pay], mask: {kind: "null"}}
rows: [{name: own, what: [silver.people], where: town <> 'Bari'}]
"""
ANA = Principal(name="ana", roles=("analyst",))
PEOPLE = {"id": [1, 2], "mail": ["anna@x.org", "bo@x.org"], "pay": [10, 20], "town": ["Rome", "Bari"]}
MASKS = "Not the values are written but what you see of them, through masks: mail from silver.people.mail (partial, by contact)."
ROWS = "Of silver.people only the rows that you may see count."


@pytest.fixture(scope="module")
def ws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalWorkspace]:
    root = tmp_path_factory.mktemp("written")
    create_workspace_file(root, "written")
    with LocalWorkspace(load_settings(root, {})) as made:
        made.datasets.write("silver.people", pa.table(PEOPLE))
        # From elsewhere, with the true values.
        made.datasets.write("silver.crm", pa.table({"id": [1, 3], "mail": ["anna@x.org", "cy@x.org"], "n": [1, 2]}))
        made.services.access.policies.apply(POLICY, made.principal)
        yield made


def rows(ws: LocalWorkspace, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ws.services.query.arrow(f"SELECT * FROM {name} ORDER BY ALL", principal=ws.principal).to_pylist()
    return found


def test_who_makes_a_dataset_of_masks_and_of_some_rows_is_told_before_and_after(ws: LocalWorkspace) -> None:
    ana, sql = ws.as_principal(ANA), "CREATE TABLE gold.mine AS SELECT id, mail, town FROM silver.people WHERE pay IS NULL"
    assert ana.query.validate(sql).notes == (MASKS, ROWS)
    assert [one.message for one in ana.query.estimate(sql).advice if one.code == "in_part"] == [MASKS, ROWS]
    assert ana.query.explain(sql).decision.reasons[2:] == (MASKS, ROWS)
    done = ana.query.run(sql)
    assert f"gold.mine created with 1 row, snapshot {done.rows[0][6]}. {MASKS} {ROWS}" in str(done.said)
    assert [(one.column, one.mask, one.rule, one.into) for one in done.masked] == [
        ("mail", "partial", "contact", ("mail",)),
        ("pay", "null", "salaries", ()),
    ]
    assert rows(ws, "gold.mine") == [{"id": 1, "mail": "a*********", "town": "Rome"}]
    entry = ws.compliance.audit_log(user="ana", dataset="gold.mine")[0]
    assert (entry.masked, entry.datasets[0].rules) == (("mail",), ("contact", "salaries", "own"))
    assert ws.compliance.verify_audit().ok
    # To who sees all of it there is nothing to tell.
    assert ws.query.validate(sql.replace("mine", "yours")).notes == ()


def test_an_insert_is_told_by_the_columns_that_it_fills(ws: LocalWorkspace) -> None:
    ws.datasets.write("gold.filled", pa.table({"a": ["x"], "b": [1], "c": ["y"]}))
    ana = ws.as_principal(ANA)
    done = ana.query.run("INSERT INTO gold.filled (c, b) SELECT upper(mail), id FROM silver.people")
    assert [one.into for one in done.masked] == [("c",)]
    assert "through masks: c from silver.people.mail" in str(done.said)
    arrow = ana.query.arrow("INSERT INTO gold.filled (b) SELECT pay FROM silver.people")
    assert b"through masks: b from silver.people.pay (null, by salaries)." in arrow.schema.metadata[b"said"]
    plain = ana.query.run("INSERT INTO gold.filled (b) SELECT count(mail) FROM silver.crm")
    assert plain.masked == () and "mask" not in str(plain.said)


SOURCE = "(SELECT id, mail, pay FROM silver.people)"
OVER = [
    f"UPDATE silver.crm SET mail = s.mail FROM {SOURCE} AS s WHERE crm.id = s.id",
    f"UPDATE silver.crm SET mail = (SELECT lower(max(s.mail)) FROM {SOURCE} AS s)",
    f"MERGE INTO silver.crm AS t USING {SOURCE} AS s ON t.id = s.id WHEN MATCHED THEN UPDATE SET mail = s.mail || ''",
    "CREATE OR REPLACE TABLE silver.crm AS SELECT id, mail FROM silver.people",
]


@pytest.mark.parametrize("sql", OVER)
def test_masks_are_not_put_over_values_that_are_there(ws: LocalWorkspace, sql: str) -> None:
    before, ana = rows(ws, "silver.crm"), ws.as_principal(ANA)
    with pytest.raises(
        Forbidden, match=r"would put masks over values of silver\.crm.*mail from silver\.people\.mail \(partial, by contact\)"
    ):
        ana.query.run(sql)
    assert not ana.query.explain(sql).decision.allowed
    assert ana.query.validate(sql).error is not None
    assert rows(ws, "silver.crm") == before


def test_what_is_no_mask_may_be_put_over_them_and_rows_may_be_added(ws: LocalWorkspace) -> None:
    ana = ws.as_principal(ANA)
    ana.query.run(f"UPDATE silver.crm SET n = 5 FROM {SOURCE} AS s WHERE crm.id = s.id AND s.pay IS NULL")
    assert [row["n"] for row in rows(ws, "silver.crm")] == [5, 2]
    only_new = f"MERGE INTO silver.crm AS t USING {SOURCE} AS s ON t.id = s.id + 10 WHEN MATCHED THEN UPDATE SET n = 6"
    done = ana.query.run(f"{only_new} WHEN NOT MATCHED THEN INSERT (id, mail) VALUES (s.id + 10, s.mail)")
    assert MASKS in str(done.said) and ROWS in str(done.said)
    assert rows(ws, "silver.crm")[-1] == {"id": 11, "mail": "a*********", "n": None}
