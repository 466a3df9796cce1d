"""A tag holds by name, too: for what is made anew, and for what was called so. It is shown wherever tags are, and taken away as a whole;
what else it held for by the same name keeps it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from workbench.app.local import LocalWorkspace
from workbench.core.config import create_workspace_file, load_settings
from workbench.core.errors import NotFound
from workbench.core.principals import Principal
from workbench.lake.records import ColumnChange

POLICY = """
version: 1
grants: [{to: analyst, what: "*.*"}]
masks: [{name: contact, tags: [contact], mask: {kind: constant, value: hidden}}]
"""
ANA = Principal(name="ana", roles=("analyst",))
PEOPLE = pa.table({"id": [1], "mail": ["anna@x.org"]})


@pytest.fixture
def ws(tmp_path: Path) -> Iterator[LocalWorkspace]:
    create_workspace_file(tmp_path, "named")
    with LocalWorkspace(load_settings(tmp_path, {})) as made:
        made.datasets.write("silver.p", PEOPLE)
        made.compliance.apply(POLICY)
        made.catalog.tag("silver.p", "Contact", "mail")
        yield made


def masked(ws: LocalWorkspace, name: str) -> set[str]:
    """The columns that an analyst sees through the mask; the catalog shows the tag of just these, to her as to an administrator."""
    (row,) = ws.as_principal(ANA).query.arrow(f"SELECT * FROM {name}").to_pylist()
    found = {column for column, value in row.items() if value == "hidden"}
    for who in (ws, ws.as_principal(ANA)):
        dataset = who.catalog.get(name)
        shown = {column.name for column in dataset.columns if column.labels or dataset.labels}
        assert shown - {"id"} == found - {"id"}, name
    return found


def rename(ws: LocalWorkspace, name: str, column: str, new: str) -> None:
    ws.datasets.alter(name, (ColumnChange(action="rename", column=column, new_name=new),))


def add(ws: LocalWorkspace, name: str, column: str) -> None:
    ws.datasets.alter(name, (ColumnChange(action="add", column=column, type="string"),))
    ws.sql(f"UPDATE {name} SET {column} = 'x'")


def test_what_is_made_anew_shows_the_tag_that_it_has_by_name_and_loses_it(ws: LocalWorkspace) -> None:
    ws.datasets.drop("silver.p")
    ws.datasets.write("silver.p", PEOPLE)
    assert masked(ws, "silver.p") == {"mail"}
    assert [hit.dataset.name for hit in ws.catalog.search("contact")] == ["silver.p"]
    assert [(use.tag, use.datasets, use.columns) for use in ws.catalog.tags()] == [("Contact", 0, 1)]
    assert [(use.tag, use.columns) for use in ws.as_principal(ANA).catalog.tags()] == [("Contact", 1)]
    ws.catalog.untag("silver.p", "contact", "mail")
    assert masked(ws, "silver.p") == set()
    assert ws.catalog.search("contact") == () == ws.catalog.tags()
    with pytest.raises(NotFound, match="no tag"):
        ws.catalog.untag("silver.p", "contact", "mail")


def test_a_renamed_column_and_a_renamed_dataset_lose_it_by_every_name(ws: LocalWorkspace) -> None:
    rename(ws, "silver.p", "mail", "m")
    ws.datasets.rename("silver.p", "silver.q")
    assert masked(ws, "silver.q") == {"m"}
    ws.catalog.untag("silver.q", "contact", "m")
    assert masked(ws, "silver.q") == set()


def test_what_else_has_it_by_the_same_name_keeps_it(ws: LocalWorkspace) -> None:
    rename(ws, "silver.p", "mail", "m")
    add(ws, "silver.p", "mail")  # the old name
    ws.datasets.rename("silver.p", "silver.q")
    ws.datasets.write("silver.p", PEOPLE)  # the old name
    assert (masked(ws, "silver.q"), masked(ws, "silver.p")) == ({"m", "mail"}, {"mail"})
    ws.catalog.untag("silver.q", "contact", "m")
    assert (masked(ws, "silver.q"), masked(ws, "silver.p")) == ({"mail"}, {"mail"})
    ws.catalog.untag("silver.q", "contact", "mail")
    assert (masked(ws, "silver.q"), masked(ws, "silver.p")) == (set(), {"mail"})
    ws.catalog.untag("silver.p", "contact", "mail")
    assert masked(ws, "silver.p") == set()


def test_what_was_dropped_comes_back_with_it(ws: LocalWorkspace) -> None:
    ws.catalog.untag("silver.p", "contact", "mail")
    ws.datasets.drop("silver.p")
    ws.datasets.write("silver.p", PEOPLE)
    ws.catalog.tag("silver.p", "contact", "mail")
    ws.datasets.drop("silver.p")
    ws.datasets.write("silver.p", PEOPLE)  # by name alone
    ws.sql("CREATE TABLE silver.copied AS SELECT mail AS c FROM silver.p")
    ws.datasets.drop("silver.p")
    ws.datasets.write("silver.p", PEOPLE)
    ws.catalog.untag("silver.p", "contact", "mail")
    assert masked(ws, "silver.p") == set()
    assert ws.as_principal(ANA).query.arrow("SELECT c FROM silver.copied").to_pylist() == [{"c": "hidden"}]
    ws.datasets.rename("silver.p", "silver.other")
    ws.datasets.undrop("silver.p")
    assert masked(ws, "silver.p") == {"mail"}


def test_a_dataset_s_own_tag_goes_and_stays_in_the_same_way(ws: LocalWorkspace) -> None:
    ws.catalog.untag("silver.p", "contact", "mail")
    ws.catalog.tag("silver.p", "contact")
    ws.datasets.rename("silver.p", "silver.q")
    ws.datasets.write("silver.p", PEOPLE)
    assert (masked(ws, "silver.q"), masked(ws, "silver.p")) == ({"mail"}, {"mail"})
    assert ws.catalog.get("silver.p").labels == ("contact",)
    ws.catalog.untag("silver.q", "contact")
    assert (masked(ws, "silver.q"), masked(ws, "silver.p")) == (set(), {"mail"})


def test_what_is_made_of_a_column_that_has_it_by_name_has_it(ws: LocalWorkspace) -> None:
    ws.catalog.untag("silver.p", "contact", "mail")
    ws.datasets.write("silver.r", PEOPLE)
    ws.sql("CREATE TABLE silver.copied AS SELECT mail AS c FROM silver.r")
    ws.catalog.tag("silver.p", "contact", "mail")
    ws.datasets.drop("silver.p")
    ws.datasets.rename("silver.r", "silver.p")  # a name of today's, and of no day when something was made of it
    assert masked(ws, "silver.p") == {"mail"}
    assert ws.as_principal(ANA).query.arrow("SELECT c FROM silver.copied").to_pylist() == [{"c": "hidden"}]
    ws.catalog.untag("silver.p", "contact", "mail")
    assert ws.as_principal(ANA).query.arrow("SELECT c FROM silver.copied").to_pylist() == [{"c": "anna@x.org"}]
