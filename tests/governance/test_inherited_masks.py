"""What is made of a column that a mask names is masked as it is: by whatever name the rule knows it, until a person says otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from sqlalchemy import event

from workbench.app.local import LocalWorkspace
from workbench.core.config import create_workspace_file, load_settings
from workbench.core.errors import InvalidInput, NotFound
from workbench.core.principals import Principal
from workbench.lake.maintenance import Maintainer
from workbench.lake.records import ColumnChange
from workbench.runs import use_context

ANA = Principal(name="ana", roles=("analyst",))
ENG = Principal(name="eng", roles=("engineer",))
HIDDEN = ["hidden", "hidden"]
STREETS = [{"street": "Via Appia", "no": 1}, {"street": "Via Sparano", "no": 2}]
PEOPLE = pa.table({"id": [1, 2], "mail": ["anna@x.org", "bo@x.org"], "pay": [1234, 5678], "home": STREETS, "town": ["Rome", "Bari"]})
_NUMBERS = count(1)


@pytest.fixture(scope="module")
def ws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalWorkspace]:
    root = tmp_path_factory.mktemp("masks")
    create_workspace_file(root, "masks")
    with LocalWorkspace(load_settings(root, {})) as made:
        yield made


@pytest.fixture
def n(ws: LocalWorkspace) -> int:
    """The number of this test's datasets: ``bronze.p1`` is its source, and what is made of it ends in it, too."""
    number = next(_NUMBERS)
    ws.datasets.write(f"bronze.p{number}", PEOPLE)
    return number


def apply(ws: LocalWorkspace, *rules: str) -> None:
    grants = 'grants: [{to: analyst, what: "*.*"}, {to: engineer, what: "*.*", may: [read, write]}]'
    ws.services.access.policies.apply(f"version: 1\n{grants}\nmasks: [{', '.join(rules)}]\n", ws.principal)


def rule(what: str, mask: str = "{kind: constant, value: hidden}", name: str = "named", more: str = "") -> str:
    return f"{{name: {name}, what: ['{what}'], mask: {mask}{more}}}"


def do(ws: LocalWorkspace, sql: str, who: Principal | None = None) -> None:
    ws.services.query.run(sql, principal=who or ws.principal)


def seen(ws: LocalWorkspace, name: str, who: Principal = ANA) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = ws.services.query.arrow(f"SELECT * FROM {name} ORDER BY 1", principal=who).to_pydict()
    return found


@pytest.mark.parametrize(
    "what",
    [
        *("bronze.{p}.address", "bronze.{p}.mail", "bronze.{old}.address", "bronze.{old}.mail", "bronze.{old}.second"),
        *("bronze.*.MAIL", "*.{p}.addr*", "bronze.{p}", "gold.mid{n}.shouted"),
    ],
)
def test_every_name_that_the_column_ever_had_counts_over_any_number_of_steps(ws: LocalWorkspace, n: int, what: str) -> None:
    ws.datasets.alter(f"bronze.p{n}", (ColumnChange(action="rename", column="mail", new_name="second"),))
    do(ws, f"CREATE TABLE gold.mid{n} AS SELECT id, upper(second) AS shouted, town FROM bronze.p{n}")
    do(ws, f"CREATE TABLE gold.far{n} (v VARCHAR, town VARCHAR)")
    do(ws, f"INSERT INTO gold.far{n} SELECT left(shouted, 3), town FROM gold.mid{n}", ENG)
    ws.datasets.alter(f"bronze.p{n}", (ColumnChange(action="rename", column="second", new_name="address"),))
    ws.datasets.rename(f"bronze.p{n}", f"bronze.renamed{n}")
    apply(ws, rule(what.format(p=f"renamed{n}", old=f"p{n}", n=n), more=", unless: [engineer]"))
    assert seen(ws, f"gold.far{n}")["v"] == HIDDEN, "the rule came after the rows"
    assert seen(ws, f"gold.far{n}", ENG)["v"] == ["ANN", "BO@"], "it is not for her"
    if what != "bronze.{p}":
        assert sorted(seen(ws, f"gold.far{n}")["town"]) == ["Bari", "Rome"]
    # The twin: a rule about another column.
    apply(ws, rule(f"bronze.renamed{n}.pay"))
    assert seen(ws, f"gold.far{n}")["v"] == ["ANN", "BO@"]


def test_a_member_of_a_struct_counts_also_where_the_source_is_there_no_more(ws: LocalWorkspace, n: int) -> None:
    ws.datasets.alter(f"bronze.p{n}", (ColumnChange(action="rename", column="mail", new_name="address"),))
    do(ws, f"CREATE TABLE gold.c{n} AS SELECT id, home.street AS street, address AS m, town FROM bronze.p{n}")
    apply(ws, rule(f"bronze.p{n}.home.street"), rule(f"bronze.p{n}.mail", name="second"))
    assert seen(ws, f"gold.c{n}") == {"id": [1, 2], "street": HIDDEN, "m": HIDDEN, "town": ["Rome", "Bari"]}
    ws.datasets.drop(f"bronze.p{n}")
    assert seen(ws, f"gold.c{n}")["street"] == HIDDEN
    Maintainer(ws.services.lake).purge(datetime.now(UTC) + timedelta(days=400))
    assert seen(ws, f"gold.c{n}") == {"id": [1, 2], "street": HIDDEN, "m": HIDDEN, "town": ["Rome", "Bari"]}


def test_a_frame_that_a_run_writes_is_made_of_what_it_read(ws: LocalWorkspace, n: int) -> None:
    apply(ws, rule(f"bronze.p{n}.mail"))
    with ws.services.log.run("step", "s", ws.principal) as run, use_context(run.context()):
        ws.datasets.write(f"gold.c{n}", ws.sql(f"SELECT mail AS m FROM bronze.p{n}").arrow())
        ws.datasets.write(f"gold.d{n}", ws.sql(f"SELECT town FROM bronze.p{n}").arrow())
    assert seen(ws, f"gold.c{n}")["m"] == HIDDEN


def test_of_a_table_that_a_run_reads_and_writes_untouched_columns_are_copies(ws: LocalWorkspace, n: int) -> None:
    with ws.services.log.run("step", "s", ws.principal) as run, use_context(run.context()):
        table = ws.datasets.read(f"bronze.p{n}")
        ws.datasets.write(f"gold.c{n}", table)
        ws.datasets.write(f"gold.d{n}", table.select(["pay", "town"]).rename_columns(["v", "town"]))
        doubled = pc.add(table.column("pay"), table.column("pay"))
        ws.datasets.write(f"gold.e{n}", table.select(["id", "town"]).append_column("v", doubled))
        ws.datasets.write(f"gold.f{n}", table.select(["pay", "town"]).to_pandas())
    apply(ws, rule(f"bronze.p{n}.pay", ROUND))
    shown = seen(ws, f"bronze.p{n}")
    assert shown["pay"] == [1000, 5000] and seen(ws, f"gold.c{n}") == shown
    assert seen(ws, f"gold.d{n}") == {"v": shown["pay"], "town": shown["town"]}
    assert seen(ws, f"gold.e{n}") == {"id": shown["id"], "town": shown["town"], "v": [None, None]}
    assert seen(ws, f"gold.f{n}") == {"pay": [None, None], "town": [None, None]}, "of pandas' frames nobody knows"


def test_a_mask_for_the_source_s_values_shows_nothing_of_what_was_calculated(ws: LocalWorkspace, n: int) -> None:
    made = "pay, pay::VARCHAR AS said, pay * 1000000 AS large, mail, length(mail) AS long, reverse(mail) AS turned, town"
    do(ws, f"CREATE TABLE gold.c{n} AS SELECT {made} FROM bronze.p{n} ORDER BY id")
    apply(
        ws,
        rule(f"bronze.p{n}.pay", "{kind: round, step: 1000}"),
        rule(f"bronze.p{n}.mail", "{kind: expression, expression: 'left(value, 2)'}", "local"),
    )
    assert seen(ws, f"gold.c{n}") == {
        "pay": [1000, 5000],
        "said": [None, None],
        "large": [None, None],
        "mail": ["an", "bo"],
        "long": [None, None],
        "turned": [None, None],
        "town": ["Rome", "Bari"],
    }
    found = ws.compliance.access(f"gold.c{n}", role="analyst")
    assert f"large is masked (null) by named, for it was made of bronze.p{n}.pay." in found.reasons
    # A copy of a copy is one; a copy of what was calculated is none, and neither is a copy with something put over it, whenever it was.
    do(ws, f"CREATE TABLE gold.d{n} AS SELECT pay, large, mail FROM gold.c{n}")
    assert seen(ws, f"gold.d{n}") == {"pay": [1000, 5000], "large": [None, None], "mail": ["an", "bo"]}
    do(ws, f"UPDATE gold.d{n} SET pay = pay * 1000")
    do(ws, f"INSERT INTO gold.d{n} (mail) SELECT mail || 'x' FROM bronze.p{n}")
    assert seen(ws, f"gold.d{n}") == {"pay": [None] * 4, "large": [None] * 4, "mail": [None] * 4}
    # What a rule names itself is masked as it says.
    apply(ws, rule(f"gold.c{n}.large", "{kind: round, step: 1000000000}"))
    assert seen(ws, f"gold.c{n}")["large"] == [1_000_000_000, 5_000_000_000]


ROUND = "{kind: round, step: 1000}"
#: What fills v, of two columns (pay and bonus) that are rounded and one (town) that is not masked; what is shown of it.
COPIES = {
    "SELECT pay AS v FROM {p} UNION ALL SELECT pay FROM {q}": [1000, 1000, 5000, 5000],
    "SELECT pay AS v FROM {p} UNION SELECT bonus FROM {p}": [1000, 5000, 7000, 8000],
    "SELECT v FROM (SELECT pay AS v, id FROM {p}) WHERE id = 1": [1000],
    "WITH a AS (SELECT pay AS x FROM {p}), b AS (SELECT x AS y FROM a) SELECT y AS v FROM b UNION ALL SELECT x FROM a": [
        1000,
        1000,
        5000,
        5000,
    ],
    "SELECT v FROM (SELECT * FROM (SELECT v FROM (SELECT id, pay AS v FROM {p}) UNION ALL SELECT pay FROM {q}))": [1000, 1000, 5000, 5000],
    "SELECT x.pay AS v FROM {p} x LEFT JOIN {p} y ON x.id < y.id": [1000, 5000],
    "SELECT DISTINCT pay AS v FROM {p} ORDER BY max(id) OVER ()": [1000, 5000],
    # The names stand for each other's columns: both are copies, of one another's.
    "SELECT bonus AS v FROM (SELECT pay AS bonus, bonus AS pay FROM {p})": [1000, 5000],
    # What is seen by everybody, as it was, beside it.
    "SELECT pay AS v FROM {p} UNION ALL SELECT plain FROM {p}": [0, 0, 1000, 5000],
}
CALCULATED = (
    "SELECT pay AS v FROM {p} UNION ALL SELECT pay * 1000 FROM {p}",
    "SELECT pay AS v FROM {p} UNION ALL SELECT plain + 1 FROM {p}",
    "SELECT pay AS v FROM {p} UNION ALL SELECT 1::BIGINT",
    "SELECT pay AS v FROM {p} UNION ALL SELECT v FROM (SELECT CASE WHEN id = 1 THEN pay ELSE 1 END AS v FROM {p})",
    "SELECT v FROM (SELECT CASE WHEN id = 1 THEN pay ELSE pay END AS v FROM {p})",
    "SELECT v FROM (SELECT v FROM (SELECT pay * 1000 AS v FROM {p}))",
    "WITH a AS (SELECT pay * 1000 AS pay FROM {p}) SELECT pay AS v FROM a",
    # One that takes the name of the dataset, the column, or of what lies further in.
    "SELECT v FROM (SELECT pay AS v, pay * 1000 AS w FROM {p}) t(w, v)",
    "WITH a(w, v) AS (SELECT pay AS v, pay * 1000 AS w FROM {p} UNION ALL SELECT pay, pay * 1000 FROM {p}) SELECT v FROM a",
    "WITH a(w, v) AS (SELECT pay AS v, pay * 1000 AS w FROM {p}) SELECT v FROM a",
    "SELECT w AS v FROM (SELECT pay AS v, pay * 1000 AS w FROM {p} UNION ALL SELECT pay * 1000, pay FROM {p})",
    "SELECT v FROM (SELECT pay AS v, pay * 1000 AS w FROM {p} UNION ALL BY NAME SELECT pay AS w, pay * 1000 AS v FROM {p})",
    "SELECT * RENAME (w AS v) FROM (SELECT pay * 1000 AS w FROM {p})",
    "SELECT * FROM (SELECT * REPLACE (pay * 1000 AS pay) FROM (SELECT pay FROM {p})) t(v)",
    "SELECT pay AS v FROM (SELECT * REPLACE (pay * 1000 AS pay) FROM {p})",
    "WITH RECURSIVE r AS (SELECT pay AS v, pay * 9 AS w, 1 AS n FROM {p} UNION ALL SELECT w, w, n + 1 FROM r WHERE n < 2) SELECT v FROM r",
    "SELECT (SELECT max(pay) FROM {p}) AS v FROM {p}",
    "SELECT b.v FROM {p} a, LATERAL (SELECT a.pay * 1000 AS v) b",
    "SELECT unnest([pay, pay * 1000]) AS v FROM {p}",
    "SELECT any_value(pay) AS v FROM {p}",
    "SELECT v FROM (UNPIVOT (SELECT pay, pay * 1000 AS more FROM {p}) ON pay, more INTO NAME k VALUE v)",
    "SELECT pay AS v FROM {p} JOIN (SELECT pay FROM {p}) USING (pay)",
    "SELECT share AS v FROM {p} UNION ALL SELECT pay FROM {p}",  # converted to the other's type
)


def _paid(ws: LocalWorkspace, n: int) -> tuple[str, str]:
    """Two datasets whose pay and bonus are rounded, by a rule each."""
    p, q = f"silver.s{n}", f"silver.t{n}"
    for name in (p, q):
        ws.datasets.write(name, pa.table({"id": [1, 2], "pay": [1234, 5678], "bonus": [7777, 8888], "plain": [1, 2], "share": [0.5, 1.5]}))
    apply(ws, rule(f"{p}.pay", ROUND, "a"), rule(f"{p}.bonus", ROUND, "b"), rule(f"{q}.pay", ROUND, "c"))
    return p, q


@pytest.mark.sampled(every=3)
@pytest.mark.parametrize("first", range(6))
def test_what_is_no_copy_on_every_way_shows_nothing(ws: LocalWorkspace, n: int, first: int) -> None:
    p, q = _paid(ws, n)
    for number, sql in enumerate(CALCULATED[first::6]):
        do(ws, f"CREATE TABLE gold.v{n}_{number} AS {sql.format(p=p, q=q)}")
        assert set(seen(ws, f"gold.v{n}_{number}")["v"]) == {None}, sql


def test_a_copy_is_one_through_unions_subqueries_and_with(ws: LocalWorkspace, n: int) -> None:
    p, q = _paid(ws, n)
    for number, (sql, shown) in enumerate(COPIES.items()):
        do(ws, f"CREATE TABLE gold.v{n}_{number} AS {sql.format(p=p, q=q)}")
        assert seen(ws, f"gold.v{n}_{number}") == {"v": shown}, sql
    made = f"gold.v{n}"
    # A copy of such a copy is one, until one write among many puts something else there.
    do(ws, f"CREATE TABLE {made} AS SELECT pay AS v FROM {p} UNION ALL SELECT pay FROM {q}")
    do(ws, f"CREATE TABLE gold.w{n} AS SELECT v FROM (SELECT v FROM {made})")
    do(ws, f"INSERT INTO gold.w{n} SELECT pay FROM {p} UNION ALL SELECT bonus FROM {p}")
    assert seen(ws, f"gold.w{n}")["v"] == [1000, 1000, 1000, 5000, 5000, 5000, 7000, 8000]
    # What its author sees through a mask is no copy.
    do(ws, f"CREATE TABLE gold.x{n} (v BIGINT)")
    do(ws, f"INSERT INTO gold.x{n} SELECT pay AS v FROM {p} UNION ALL SELECT pay FROM {q}", ENG)
    assert seen(ws, f"gold.x{n}")["v"] == [None] * 4
    do(ws, f"INSERT INTO gold.w{n} SELECT v FROM (SELECT pay * 2 AS v FROM {p})")
    assert set(seen(ws, f"gold.w{n}")["v"]) == {None}


def test_an_earlier_state_s_columns_are_what_they_were_whoever_has_their_names_today(ws: LocalWorkspace, n: int) -> None:
    p = f"bronze.p{n}"
    first = ws.datasets.snapshots(p)[0].id
    then = f"{p} AT (VERSION => {first})"
    for old, new in (("pay", "old"), ("id", "pay")):
        ws.datasets.alter(p, (ColumnChange(action="rename", column=old, new_name=new),))
    do(ws, f"CREATE TABLE gold.c{n} AS SELECT pay AS v FROM {then}")
    do(ws, f"CREATE TABLE gold.d{n} AS SELECT max(pay) AS v FROM {then}")
    do(ws, f"CREATE TABLE gold.e{n} AS SELECT pay AS v FROM {p}")
    do(ws, f"CREATE TABLE gold.f{n} AS SELECT a.pay + b.pay AS v FROM {p} a, (SELECT * FROM {then}) b")
    with ws.services.log.run("step", "s", ws.principal) as run, use_context(run.context()):
        frame = ws.datasets.read(f"{p}@{first}", columns=("pay",))
        ws.datasets.write(f"gold.g{n}", frame.rename_columns(["v"]))
        ws.datasets.write(f"gold.h{n}", frame.rename_columns(["v"]).to_pandas())
    apply(ws, rule(f"{p}.old", ROUND))
    assert {name: seen(ws, f"gold.{name}{n}")["v"] for name in "cdefgh"} == {
        "c": [1000, 5000],
        "d": [None],
        "e": [1, 2],
        "f": [None] * 4,
        "g": [1000, 5000],
        "h": [None, None],
    }
    do(ws, f"INSERT INTO {p} BY NAME SELECT pay FROM {then}")
    assert seen(ws, p)["pay"] == [None] * 4


def test_a_column_of_values_that_are_masked_in_two_ways_shows_nothing(ws: LocalWorkspace, n: int) -> None:
    do(ws, f"CREATE TABLE gold.c{n} AS SELECT pay AS v FROM bronze.p{n} UNION ALL SELECT id FROM bronze.p{n}")
    rounded, ends = rule(f"bronze.p{n}.pay", ROUND, "rounded"), "{kind: expression, expression: 'value % 1000'}"
    apply(ws, rounded, rule(f"bronze.p{n}.id", ends, "ends"))
    assert seen(ws, f"gold.c{n}") == {"v": [None] * 4}  # of the rounded ones the ends would be known, too
    # Two for the same values: what the source shows.
    apply(ws, rounded, rule(f"bronze.p{n}.pay", ends, "ends"))
    assert seen(ws, f"gold.c{n}") == {"v": [0, 0, 1000, 5000]}
    apply(ws, rounded, rule(f"bronze.p{n}.id", ROUND, "same"))
    assert seen(ws, f"gold.c{n}") == {"v": [0, 0, 1000, 5000]}


def test_of_two_masks_the_one_that_shows_less_holds(ws: LocalWorkspace, n: int) -> None:
    do(ws, f"CREATE TABLE gold.c{n} AS SELECT id, mail || town AS both, pay + length(town) AS sum FROM bronze.p{n}")
    first = [rule(f"bronze.p{n}.mail", "{kind: partial, first: 3}", "mail"), rule(f"bronze.p{n}.town", "{kind: hash}", "town")]
    second = [rule(f"bronze.p{n}.pay", "{kind: round, step: 10}", "pay"), rule(f"gold.c{n}.sum", "{kind: round, step: 1000}", "own")]
    apply(ws, *first, *second)
    found = ws.compliance.access(f"gold.c{n}", role="analyst")
    assert [(one.name, one.rules, one.source) for one in found.columns if one.rules] == [
        ("both", ("mail", "town"), f"bronze.p{n}.mail"),
        ("sum", ("pay", "town", "own"), f"bronze.p{n}.pay"),
    ]
    apply(ws, *first[:1], *second)
    found = ws.compliance.access(f"gold.c{n}", role="analyst")
    assert [(one.name, one.rules, one.source) for one in found.columns if one.rules] == [
        ("both", ("mail",), f"bronze.p{n}.mail"),
        ("sum", ("pay", "own"), f"bronze.p{n}.pay"),
    ]
    assert f"both is masked (null) by mail, for it was made of bronze.p{n}.mail." in found.reasons
    apply(ws, *second[1:])
    assert "sum is masked (round) by own." in ws.compliance.access(f"gold.c{n}", role="analyst").reasons


def test_a_person_clears_an_inherited_mask_with_a_reason_that_is_kept(ws: LocalWorkspace, n: int) -> None:
    do(ws, f"CREATE TABLE gold.c{n} AS SELECT max(length(mail))::VARCHAR AS longest, min(mail) AS first FROM bronze.p{n}")
    do(ws, f"CREATE TABLE gold.d{n} AS SELECT longest AS x, first AS y FROM gold.c{n}")
    apply(ws, rule(f"bronze.p{n}.mail"))
    name = f"gold.c{n}"
    assert [(one.column, one.tag, one.rule, one.source, one.source_column) for one in ws.compliance.inherited(name)] == [
        ("longest", "", "named", f"bronze.p{n}", "mail"),
        ("first", "", "named", f"bronze.p{n}", "mail"),
    ]
    for bad in ({"rule": "named", "reason": " "}, {"reason": "neither"}, {"rule": "named", "tag": "named", "reason": "both"}):
        with pytest.raises(InvalidInput):
            ws.compliance.clear(name, "longest", **bad)
    for bad in ({"rule": "other"}, {"tag": "named"}):
        with pytest.raises(NotFound):
            ws.compliance.clear(name, "longest", reason="a length", **bad)
    left = ws.compliance.clear(name, "longest", rule="named", reason="a length tells nothing")
    assert [one.column for one in left] == ["first"]
    assert seen(ws, name) == {"longest": ["10"], "first": ["hidden"]}
    assert seen(ws, f"gold.d{n}") == {"x": ["10"], "y": ["hidden"]}
    edit = ws.catalog.edits(name)[0]
    assert (edit.what, edit.column, edit.before, edit.after) == ("inherited mask", "longest", "named", "cleared: a length tells nothing")
    # What the rule says of a column itself cannot be cleared.
    apply(ws, rule(f"gold.c{n}.longest"))
    assert seen(ws, name)["longest"] == ["hidden"]
    with pytest.raises(NotFound):
        ws.compliance.clear(name, "longest", rule="named", reason="a length tells nothing")


def test_a_draft_is_tried_by_what_it_says_itself(ws: LocalWorkspace, n: int) -> None:
    do(ws, f"CREATE TABLE gold.c{n} AS SELECT mail AS m, length(mail) AS n FROM bronze.p{n}")
    apply(ws)
    draft = 'version: 1\ngrants: [{to: analyst, what: "*.*"}]\nmasks: ['
    draft += rule(f"bronze.p{n}.mail", "{kind: expression, expression: 'left(value, 2)'}") + "]"
    assert ws.compliance.access(f"gold.c{n}", role="analyst").columns[0].state == "seen"
    assert ws.compliance.access(f"gold.c{n}", role="analyst", draft=draft).columns[0].source == f"bronze.p{n}.mail"
    assert ws.compliance.rows(f"gold.c{n}", role="analyst", draft=draft).rows == (("an", None), ("bo", None))
    (warning,) = (one for one in ws.compliance.check(draft).warnings if f"gold.c{n}" in one.message)
    assert warning.message.startswith(f"It does not fit gold.c{n}.n, which was made of bronze.p{n}.mail and would be NULL:")


def test_a_list_is_as_cautious_as_a_page(ws: LocalWorkspace, n: int) -> None:
    do(ws, f"CREATE TABLE gold.c{n} AS SELECT mail AS m FROM bronze.p{n}")
    apply(ws, rule(f"bronze.p{n}.mail"))
    lines = {line.name: line for line in ws.as_principal(ANA).catalog.list()}
    assert lines[f"gold.c{n}"].bytes is None


def test_where_nothing_is_inherited_nothing_more_is_asked(ws: LocalWorkspace, n: int) -> None:
    access, plan = ws.services.access, ws.services.lake.plan(f"bronze.p{n}")
    asked: list[str] = []
    event.listen(ws.services.store.engine, "before_cursor_execute", lambda *told: asked.append(told[2]))
    counts = []
    for rules in ([], [rule(f"bronze.p{n}.mail")]):
        apply(ws, *rules)
        access.of(ANA, plan)
        asked.clear()
        access.of(ANA, plan)
        counts.append(len(asked))
    assert counts[0] == counts[1] > 0
