"""A row filter holds for what is made of the filtered rows: where its columns came over as they were under their names there, else nobody
whom it restricts sees a row, until a person releases them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import pyarrow as pa
import pytest
from sqlalchemy import text

from workbench.app.local import LocalWorkspace
from workbench.core.config import create_workspace_file, load_settings
from workbench.core.errors import Forbidden, InvalidInput, NotFound
from workbench.core.principals import Principal
from workbench.governance.policy.where import renamed
from workbench.lake.records import ColumnChange
from workbench.runs import use_context

POLICY = """
version: 1
grants:
  - {to: analyst, what: "*.*"}
  - {to: analyst, what: "sandbox.*", may: [read, write]}
rows:
  - {name: own, what: [silver.people], unless: [engineer], where: region IN principal.regions}
  - {name: adults, tags: [register], where: age >= 18}
"""
PEOPLE = pa.table({"id": [1, 2, 3], "region": ["north", "south", "north"], "pay": [10, 20, 30]})


def analyst(name: str, *regions: str) -> Principal:
    return Principal(name=name, roles=("analyst",), attributes={"regions": regions})


ANA, BEA, CAT = analyst("ana", "north"), analyst("bea", "south"), analyst("cat", "north")
ENGINEER = Principal(name="eve", roles=("analyst", "engineer"))


@dataclass
class Made:
    ws: LocalWorkspace
    count: int = 0

    def name(self, zone: str = "gold") -> str:
        self.count += 1
        return f"{zone}.made{self.count}"

    def run(self, sql: str, who: Principal | None = None) -> None:
        self.ws.services.query.run(sql, principal=who)

    def make(self, query: str, who: Principal | None = None, zone: str = "gold") -> str:
        name = self.name(zone)
        self.run(f"CREATE TABLE {name} AS {query}", who)
        return name

    def seen(self, name: str, who: Principal) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.ws.services.query.arrow(f"SELECT * FROM {name} ORDER BY ALL", principal=who).to_pylist()
        return found


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    folder = tmp_path_factory.mktemp("rows")
    create_workspace_file(folder, "rows")
    with LocalWorkspace(load_settings(folder, {})) as ws:
        ws.datasets.write("silver.people", PEOPLE)
        ws.datasets.write("silver.towns", pa.table({"region": ["north", "south"], "town": ["Oslo", "Rome"]}))
        ws.services.access.policies.apply(POLICY, ws.principal)
        yield Made(ws)


def closed(made: Made, name: str, who: Principal = ANA) -> bool:
    try:
        made.seen(name, who)
    except Forbidden as error:
        assert "made of rows of which you see only a part" in str(error) and "people" not in str(error)
        return True
    return False


@pytest.mark.parametrize(
    "query",
    [
        "SELECT id, region AS area FROM silver.people",
        "SELECT p.* EXCLUDE (region), region AS area FROM silver.people p WHERE pay > 0",
        "SELECT p.id, p.region AS area, t.town FROM silver.people p JOIN silver.towns t ON t.region = p.region",
        "SELECT region AS area, sum(pay) AS pay FROM silver.people GROUP BY region",
        "SELECT region AS area, count(*) AS n FROM silver.people GROUP BY ALL",
    ],
)
def test_where_its_columns_come_over_as_they_were_the_filter_holds_under_their_names_there(made: Made, query: str) -> None:
    name = made.make(query)
    assert {row["area"] for row in made.seen(name, ANA)} == {"north"} and {row["area"] for row in made.seen(name, BEA)} == {"south"}
    assert {row["area"] for row in made.seen(name, ENGINEER)} == {"north", "south"}, "whom the filter is not for sees all of it"


@pytest.mark.parametrize(
    "query",
    [
        "SELECT sum(pay) AS pay FROM silver.people",
        "SELECT upper(region) AS region, pay FROM silver.people",
        "SELECT 'north' AS region, pay FROM silver.people",
        "SELECT region, (SELECT max(pay) FROM silver.people) AS top FROM silver.people",
        "SELECT a.region, b.pay FROM silver.people a, silver.people b",
        "SELECT region, sum(pay) OVER () AS pay FROM silver.people",
        "SELECT region, lag(pay) OVER (ORDER BY id) AS before FROM silver.people",
        "SELECT region, sum(pay) AS pay FROM silver.people GROUP BY ROLLUP (region)",
        "SELECT t.town, p.region FROM silver.towns t LEFT JOIN silver.people p ON t.region = p.region",
        "SELECT region FROM silver.towns WHERE region IN (SELECT region FROM silver.people)",
        "SELECT region FROM silver.towns UNION ALL SELECT region FROM silver.people",
        "WITH w AS (SELECT * FROM silver.people) SELECT * FROM w",
        "SELECT region, pay FROM (SELECT 'north' AS region, pay FROM silver.people)",
        "SELECT p.pay AS region, p.region AS pay FROM silver.people AS p(id, pay, region)",
        "SELECT max(region) AS region, max(pay) AS pay FROM silver.people",
        "SELECT COLUMNS(*) FROM silver.people",
        "SELECT region, list(pay) AS pays FROM silver.people GROUP BY CUBE (region)",
        "SELECT t.region, p.pay FROM silver.towns t POSITIONAL JOIN silver.people p",
    ],
)
def test_where_they_do_not_nobody_whom_it_restricts_sees_a_row(made: Made, query: str) -> None:
    assert closed(made, made.make(query))


def test_nor_is_told_how_many_there_are(made: Made) -> None:
    name = made.make("SELECT count(*) AS n FROM silver.people")
    assert closed(made, name) and closed(made, name, BEA) and made.seen(name, ENGINEER)
    assert made.ws.as_principal(ANA).catalog.get(name).rows is None
    assert next(line for line in made.ws.as_principal(ANA).catalog.list() if line.name == name).rows is None


def test_what_is_made_of_the_copy_has_the_filter_too_whatever_is_renamed_or_dropped(made: Made) -> None:
    made.ws.datasets.write("silver.short", PEOPLE)
    made.ws.datasets.rename("silver.short", "silver.renamed")
    first = made.make("SELECT region AS a, pay FROM silver.people")
    second = made.make(f"SELECT a AS b, pay FROM {first}")
    lost = made.make(f"SELECT sum(pay) AS pay FROM {second}")
    made.ws.datasets.alter(second, [ColumnChange(action="rename", column="b", new_name="c d")])
    made.ws.datasets.drop(first)
    assert made.seen(second, BEA) == [{"c d": "south", "pay": 20}] and closed(made, lost, BEA)


def test_every_way_to_write_counts_and_one_that_says_nothing_of_columns_closes(made: Made) -> None:
    name = made.make("SELECT region, pay FROM silver.people WHERE false")
    made.run(f"INSERT INTO {name} BY NAME SELECT pay, region FROM silver.people")
    assert made.seen(name, BEA) == [{"region": "south", "pay": 20}]
    made.run(f"UPDATE {name} SET pay = pay + 1 WHERE region = 'south'")
    assert made.seen(name, BEA) == [{"region": "south", "pay": 21}]
    made.run(f"DELETE FROM {name} WHERE pay = 10")
    assert made.seen(name, ANA) == [{"region": "north", "pay": 30}]
    again = made.make("SELECT region, pay FROM silver.people")
    made.run(f"INSERT INTO {again} SELECT 'north', sum(pay) FROM silver.people")
    assert closed(made, again), "one write that loses the column is enough"
    relabelled = made.make("SELECT region, pay FROM silver.people")
    made.run(f"UPDATE {relabelled} SET region = 'north'")
    assert closed(made, relabelled)
    doubled = made.make("SELECT region, pay FROM silver.people")
    made.run(f"INSERT INTO {doubled} SELECT 'north', pay FROM {doubled}")
    assert closed(made, doubled)
    merged = made.make("SELECT region, pay FROM silver.people WHERE false")
    made.run(f"MERGE INTO {merged} m USING silver.people p ON false WHEN NOT MATCHED THEN INSERT (region, pay) VALUES (p.region, p.pay)")
    assert closed(made, merged)
    replaced = made.make("SELECT 1 AS x")
    made.run(f"CREATE OR REPLACE TABLE {replaced} AS SELECT region, pay FROM silver.people")
    assert [row["region"] for row in made.seen(replaced, BEA)] == ["south"]
    stepped = made.name()
    with made.ws.services.log.run("step", stepped, made.ws.principal) as run, use_context(run.context()):
        made.ws.datasets.write(stepped, made.ws.sql("SELECT * FROM silver.people").arrow())
    assert closed(made, stepped), "of a notebook's frame nobody knows which column is which"


def test_what_somebody_makes_of_what_she_sees_is_hers_as_long_as_she_sees_the_same(made: Made) -> None:
    name = made.make("SELECT sum(pay) AS pay FROM silver.people", ANA, "sandbox")
    assert made.seen(name, ANA) == made.seen(name, CAT) == [{"pay": 40}], "cat is left the same rows"
    assert closed(made, name, BEA) and closed(made, name, analyst("ana", "south"))
    made.run(f"UPDATE {name} SET pay = 41", ANA)
    made.run(f"INSERT INTO {name} SELECT sum(pay) FROM silver.people")
    assert closed(made, name, ANA), "somebody who sees more has written there"
    stepped = made.name("sandbox")
    ana = made.ws.as_principal(ANA)
    with made.ws.services.log.run("step", stepped, ANA) as run, use_context(run.context()):
        table = ana.datasets.read("silver.people")
        ana.datasets.write(stepped, table.to_pandas())
        ana.datasets.write(untouched := made.name("sandbox"), table)
        again = ana.datasets.read("silver.people")
        others = {"of two reads": again["pay"], "turned round": pa.array(table["pay"].to_pylist()[::-1])}
        for number, other in enumerate(others.values()):
            ana.datasets.write(f"{untouched}_{number}", pa.table({"region": table["region"], "pay": other}))
    assert len(made.seen(stepped, ANA)) == 2 and closed(made, stepped, BEA)
    # Of a table that is written as it was read the filter's columns came over, as a statement's do.
    copied = made.make("SELECT * FROM silver.people", ANA, "sandbox")
    for who in (ANA, BEA, CAT):
        assert made.seen(untouched, who) == made.seen(copied, who)
    for number, what in enumerate(others):
        assert closed(made, f"{untouched}_{number}", BEA), f"a value beside others may be another row's: {what}"
    assert made.seen(untouched, BEA) == [] and len(made.seen(untouched, ANA)) == 2


def test_a_filter_by_a_tag_of_the_source_that_comes_later_holds_at_once(made: Made) -> None:
    made.ws.datasets.write("silver.register", pa.table({"name": ["x", "y"], "age": [17, 40]}))
    copy, names = made.make("SELECT * FROM silver.register"), made.make("SELECT name FROM silver.register")
    assert len(made.seen(copy, ANA)) == 2 and not closed(made, names)
    made.ws.catalog.tag("silver.register", "register")
    assert [row["age"] for row in made.seen(copy, ANA)] == [40] and closed(made, names)


def test_a_person_releases_rows_with_a_reason_and_what_is_made_of_them(made: Made) -> None:
    ws = made.ws
    name = made.make("SELECT sum(pay) AS pay FROM silver.people")
    further = made.make(f"SELECT pay FROM {name}")
    (told,) = ws.compliance.row_sources(name)
    assert (told.source, told.columns, [(one.rule, one.lost) for one in told.filters]) == ("silver.people", {}, [("own", True)])
    ws.users.add("dora", ["analyst"], {"regions": ["north"]})
    report = ws.compliance.access(name, user="dora")
    assert [(one.source, one.lost) for one in report.filters] == [("silver.people", True)]
    assert "made of silver.people's, by own" in report.reasons[-1] and ws.compliance.rows(name, user="dora").columns == ()
    with pytest.raises(InvalidInput, match="A reason has"):
        ws.compliance.release(name, "silver.people", " ")
    with pytest.raises(NotFound, match="were not made of those of"):
        ws.compliance.release(name, "silver.towns", "x")
    with pytest.raises(Forbidden):
        ws.as_principal(ENGINEER).compliance.release(name, "silver.people", "x")
    (left,) = ws.compliance.release(name, "Silver.People", "a total tells of nobody")
    assert (left.filters, left.released_by, left.reason) == ((), ws.principal.name, "a total tells of nobody")
    assert made.seen(name, ANA) == made.seen(further, BEA) == [{"pay": 60}]
    assert any(edit.what == "row filters" for edit in ws.catalog.edits(name))
    # Taken back, it is as before, for what was made of it, too.
    last = ws.services.log.last()
    with pytest.raises(Forbidden):
        ws.as_principal(ENGINEER).compliance.withdraw(name, "silver.people")
    (held,) = ws.compliance.withdraw(name, "Silver.People")
    assert (held, ws.compliance.audit_log(limit=1)[0].verb) == (told, "compliance.withdraw")
    assert closed(made, name) and closed(made, further)
    assert "access.changed" in {event.type for event in ws.as_principal(ENGINEER).system.events(after=last)}
    assert ws.catalog.edits(name)[0].before == "released: a total tells of nobody"
    with pytest.raises(NotFound, match="are not released"):
        ws.compliance.withdraw(name, "silver.people")
    assert ws.compliance.release(name, "silver.people", "again")[0].released_by


def test_a_circle_ends_and_a_dataset_stays_its_own(made: Made) -> None:
    first = made.make("SELECT * FROM silver.people")
    second = made.make(f"SELECT * FROM {first}")
    made.run(f"INSERT INTO {first} SELECT * FROM {second}")
    assert {row["region"] for row in made.seen(first, ANA)} == {row["region"] for row in made.seen(second, ANA)} == {"north"}


def test_more_steps_than_are_followed_close_it(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.governance.row_inheritance._MOST", 1)
    first = made.make("SELECT * FROM silver.people")
    second = made.make(f"SELECT * FROM {first}")
    assert made.seen(first, ANA) and closed(made, second)


def test_what_was_made_before_this_was_known_is_closed(made: Made) -> None:
    name = made.make("SELECT * FROM silver.people")
    uuid = made.ws.services.catalog.resolve(name).table_uuid
    before = import_module("workbench.store.migrations.versions.0014_row_origins").BEFORE
    with made.ws.services.store.write() as conn:
        kept = conn.execute(text("SELECT * FROM row_origins")).mappings().all()
        conn.execute(text("DELETE FROM row_origins"))
        conn.execute(text(before))
    try:
        assert uuid in made.ws.services.access.row_sources() and closed(made, name)
    finally:
        with made.ws.services.store.write() as conn:
            conn.execute(text("DELETE FROM row_origins"))
            for row in kept:
                conn.execute(
                    text("INSERT INTO row_origins VALUES (:seq, :target_uuid, :source_uuid, :source_name, :kept, :view, :copied)"),
                    dict(row),
                )


@pytest.mark.parametrize(
    ("where", "names", "found"),
    [
        ("region IN principal.regions", {"region": "area"}, '"area" IN principal.regions'),
        ("region IN principal.regions", {"region": "Region"}, "region IN principal.regions"),
        ("Region = 'region' AND \"region\" <> principal.name", {"region": "a b"}, '"a b" = \'region\' AND "a b" <> principal.name'),
        ("address.city = 'x' AND age > 3", {"address": "home", "age": "age"}, "\"home\".city = 'x' AND age > 3"),
        ("day >= current_date", {"day": "d"}, '"d" >= current_date'),
        ("region = 'x' AND age > 3", {"region": "region"}, None),
        ("principal.regions = region", {"region": "r"}, 'principal.regions = "r"'),
        ("'true' = principal.name", {}, "'true' = principal.name"),
        ("list_contains(tags, region)", {"tags": "t", "region": "r"}, 'list_contains("t", "r")'),
    ],
)
def test_a_condition_is_said_of_other_columns_or_not_at_all(where: str, names: dict[str, str], found: str | None) -> None:
    assert renamed(where, names) == found
