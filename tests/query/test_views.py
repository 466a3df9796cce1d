"""Views: queries under a name, which everybody reads with her own rights."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pytest
from somebody import ANALYST, CLERK, POLICY, Place, peopled

from workbench.core.errors import AlreadyExists, DatasetNotFound, Forbidden, InvalidSQL, TooLarge, WorkbenchError
from workbench.core.principals import Principal
from workbench.lineage import LineageService


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    made = peopled(tmp_path_factory.mktemp("views") / "project")
    made.writer.write("bronze.secret", pa.table({"id": [1], "word": ["hidden"]}))
    made.do("create view silver.paid as select id, upper(name) as big, pay * 2 as twice from people")
    made.do("create view silver.joined (who, region, twice) as select big, region, twice from paid join regions as r on r.id = paid.id")
    made.do("create view silver.secrets as select * from bronze.secret")
    yield made
    made.close()


def test_a_view_is_read_like_a_dataset(place: Place) -> None:
    assert place.rows("select * from joined order by who") == [("A", "north", 20), ("B", "south", 40), ("C", "south", 60)]
    assert place.rows("select j.twice from silver.joined j, paid where paid.big = j.who and paid.id = 2") == [(40,)]
    assert place.rows("with people as (select 1 as x) select count(*) from silver.paid, people") == [(3,)]
    assert [row[:2] for row in place.rows("describe joined")] == [("who", "string"), ("region", "string"), ("twice", "long")]
    assert place.rows("summarize paid")[0][0] == "id"
    assert ("silver.joined", None, None) in place.rows("show tables")
    assert [c.text for c in place.query.complete("select  from silver.paid", 7)][:3] == ["id", "big", "twice"]
    assert "joined" in {c.text for c in place.query.complete("select * from silver.", 21)}
    assert place.query.run("select * from paid").total == 3 and place.query.run("select * from paid", limit=1).cut_at == 1


def test_a_view_names_its_columns_whatever_is_in_the_names(place: Place) -> None:
    place.do('create view silver.odd ("a""b", "c "" d", "say ""hi""") as select id, name, pay from people where id = 1')
    assert [row[0] for row in place.rows("describe odd")] == ['a"b', 'c " d', 'say "hi"']
    assert place.rows('select "a""b", "say ""hi""" from odd') == [(1, 10)]
    place.do("drop view silver.odd")


def test_masks_and_filters_hold_below_it_for_who_reads(place: Place) -> None:
    assert place.rows("select * from joined order by all", CLERK) == [("A", "north", None)]
    assert place.rows("select twice from paid where twice > 0", ANALYST) == []
    with pytest.raises(DatasetNotFound) as caught:
        place.rows("from silver.secrets", CLERK)
    assert "secret." not in str(caught.value).replace("silver.secrets", "") and "bronze" not in str(caught.value)
    told = place.query.explain("select * from joined", principal=CLERK)
    assert told.decision.allowed and told.plan == ""
    # Its own author's rights are not lent to anybody: what the clerk wrote shows others what they may see.
    place.do("create view gold.mine as select id, pay from silver.people", who=CLERK)
    assert place.rows("select sum(pay) from gold.mine") == [(60,)] and place.rows("select sum(pay) from gold.mine", CLERK) == [(None,)]
    with pytest.raises(DatasetNotFound):
        place.rows("from gold.mine", ANALYST)  # gold is not granted to her
    place.do("create table gold.stored as select * from silver.joined", who=CLERK)
    assert place.rows("from gold.stored") == [("A", "north", None)]


def test_lineage_goes_through_to_the_tables(place: Place) -> None:
    place.do("create table gold.through as select who || '!' as w, twice from joined")
    run = place.log.list("sql", limit=1)[0]
    graph = LineageService(place.store, place.log).graph(run.outputs[0].id, "gold.through", "upstream", 1)
    names = {node.id: node.name for node in graph.nodes}
    found = {(names[edge.source], c.source, c.target) for edge in graph.edges for c in edge.columns}
    assert found == {("silver.people", "name", "w"), ("silver.people", "pay", "twice")}
    place.rows("select region from joined")
    assert {io.name for io in place.log.list("sql", limit=1)[0].inputs} == {"silver.people", "silver.regions"}


def test_versions_replacing_and_dropping(place: Place) -> None:
    place.do("create view gold.v as select 1 as a")
    with pytest.raises(AlreadyExists):
        place.do("create view gold.V as select 2 as a")
    assert place.rows("from gold.v") == [(1,)]
    assert b"select 1 as a" in place.do("create or replace view gold.v as select 2 as a")["said"]  # how to undo it
    assert place.rows("from gold.v") == [(2,)]  # what was kept of the earlier query is no answer to this one
    with pytest.raises(AlreadyExists, match="view"):
        place.do("create table gold.v as select 1 as a")
    with pytest.raises(AlreadyExists, match="dataset"):
        place.do("create view silver.people as select 1 as a")
    place.do("drop view gold.v")
    with pytest.raises(DatasetNotFound):
        place.rows("from gold.v")
    place.do("drop view if exists gold.v")
    place.do("create view gold.v as select 3 as a")
    assert place.rows("from gold.v") == [(3,)]


def test_a_view_whose_table_is_gone_says_so(place: Place) -> None:
    place.writer.write("silver.brief", pa.table({"a": [1], "b": [2]}))
    place.do("create view gold.lost as select a, b from silver.brief")
    place.do("alter table silver.brief drop column b")
    with pytest.raises(InvalidSQL, match="'b'"):
        place.rows("from gold.lost")
    place.do("drop table silver.brief")
    with pytest.raises(DatasetNotFound, match="gone"):
        place.rows("from gold.lost")


@pytest.mark.parametrize(("sql", "error"), [
    ("create view gold.x as select * from '/etc/passwd'", Forbidden),
    ("create view gold.x as select getenv('HOME')", Forbidden),
    ("create view gold.x as select * from nothing", DatasetNotFound),
    ("create view gold.x (a, b) as select 1", InvalidSQL),
    ("create view x as select 1 as a", InvalidSQL),
    ("create or replace view silver.paid as select * from silver.joined", InvalidSQL),
    ("create view gold.x as pivot silver.people on name using count(*)", WorkbenchError),
    ("create view gold.x as insert into silver.people values (1, 'x', 1)", WorkbenchError),
    ("create view if not exists gold.x as select 1", InvalidSQL),
    ("create temp view gold.x as select 1", Forbidden),
    ("create view gold.x as select 1 as a; drop table silver.people", InvalidSQL),
    ("select * from silver.paid for version as of 3", InvalidSQL),
    ("insert into silver.paid values (1, 'x', 1)", DatasetNotFound),
    ("drop table silver.paid", DatasetNotFound),
    ("drop view silver.people", DatasetNotFound),
])  # fmt: skip
def test_what_is_no_view_is_refused(place: Place, sql: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        place.do(sql)
    assert all(name != "gold.x" for name, *_ in place.rows("show tables"))


@pytest.mark.parametrize(("condition", "given", "column"), [("id > $least", {"least": 1}, 69), ("id > ?", None, 69), ("$1 < id", None, 64)])
def test_a_view_with_a_parameter_is_refused_at_its_place_before_a_value_is_asked_for(
    place: Place, condition: str, given: object, column: int
) -> None:
    sql = f"create view gold.x as select id, '$x ?' as t from people where {condition}"
    for call in (place.do, place.query.explain):
        with pytest.raises(InvalidSQL, match=r"A view takes no parameters, and (\$least|\?|\$1) is one.") as caught:
            call(sql, given)
        assert caught.value.details["column"] == column and "Write the value in its place" in (caught.value.fix or "")


def test_who_may_not_write_there_makes_and_drops_none(place: Place) -> None:
    for sql in ("create view silver.y as select 1 as a", "create or replace view silver.paid as select 1 as a", "drop view silver.paid"):
        with pytest.raises(Forbidden, match="may not write"):
            place.do(sql, who=ANALYST)
    assert len(place.rows("from paid")) == 3


def test_the_text_of_a_view_goes_to_nobody_who_does_not_see_what_it_reads(place: Place) -> None:
    place.do("create view gold.hidden as select word from bronze.secret where word = 'hidden'")
    place.do("create view gold.around as from gold.hidden")
    for sql in (
        "create or replace view gold.hidden as select 1 as a",
        "drop view gold.hidden",
        "create or replace view gold.around as select 1 a",
    ):
        with pytest.raises(Forbidden, match="may not write") as caught:
            place.do(sql, who=CLERK)
        assert "bronze" not in f"{caught.value} {caught.value.details}"
    assert place.rows("from gold.around") == [("hidden",)]
    place.do("drop view gold.around")
    place.do("drop view gold.hidden")


def test_who_wrote_a_view_drops_it_when_its_table_is_gone(place: Place) -> None:
    for _ in range(2):
        place.do("create table gold.gone as select 1 as kept_apart", who=CLERK)
        place.do("create or replace view gold.left as select kept_apart from gold.gone", who=CLERK)  # which the second time replaces one
        place.do("drop table gold.gone", who=CLERK)
    other = CLERK.model_copy(update={"name": "otto"})
    narrow = CLERK.model_copy(update={"only": ("gold.left",)})
    for who in (other, narrow):  # for others it is as if they did not see what it reads
        for sql in ("drop view gold.left", "create or replace view gold.left as select 1 as a"):
            with pytest.raises(Forbidden, match="gone, or is not granted to you") as caught:
                place.do(sql, who=who)
            assert "kept_apart" not in str(caught.value)
    assert b"SELECT" in place.do("drop view gold.left", who=CLERK)["said"].upper()
    place.do("drop view if exists gold.left", who=CLERK)


def test_what_grows_beyond_all_bounds_is_refused(place: Place) -> None:
    place.do("create view gold.g0 as select id from silver.people where name = '" + "x" * 2000 + "'")
    with pytest.raises(TooLarge):
        for level in range(12):
            place.do(f"create view gold.g{level + 1} as select a.id from gold.g{level} a, gold.g{level} b")


def test_a_view_takes_no_column_from_what_stands_beside_it(place: Place) -> None:
    place.writer.write("silver.below", pa.table({"id": [1, 2], "amount": [100, 200]}))
    place.writer.write("silver.beside", pa.table({"amount": [10, 20], "n": [1, 2]}))
    place.do("create view silver.seen_below as select id, amount from silver.below")
    place.do("create view silver.twice_below as select b.n, (select sum(amount) from silver.seen_below) as s from silver.beside b")
    asked = (
        "select * from silver.beside, silver.seen_below",
        "select n, (select sum(amount) from silver.seen_below) as s from silver.beside",
        "select * from silver.twice_below",
        "describe select * from silver.beside, silver.seen_below",
        "explain select * from silver.beside, silver.seen_below",
        "create table gold.from_below as select s.id, s.amount from silver.beside, silver.seen_below s",
    )
    assert place.rows(asked[1] + " order by n") == place.rows(asked[2] + " order by n") == [(1, 300), (2, 300)]
    assert len(place.rows(asked[0])) == 4
    place.do("alter table silver.below rename column amount to paid")
    for sql in asked:
        with pytest.raises(InvalidSQL, match="amount"):
            place.query.arrow(sql)
    assert not place.lake.exists("gold.from_below")


def test_no_dataset_comes_to_stand_before_a_view(place: Place) -> None:
    table = pa.table({"x": [1]})
    place.writer.write("gold.was_there", table)
    place.writer.drop("gold.was_there")
    place.writer.write("gold.moves", table)
    for name in ("gold.was_there", "gold.only_a_view"):
        place.do(f"create view {name} as select 5 as viewed")
    for write in (
        lambda: place.writer.write("gold.only_a_view", table),
        lambda: place.writer.rename("gold.moves", "gold.only_a_view"),
        lambda: place.do("alter table gold.moves rename to only_a_view"),
        lambda: place.writer.undrop("gold.was_there"),
    ):
        with pytest.raises(AlreadyExists, match="a view gold"):
            write()
    assert place.rows("from gold.only_a_view") == [(5,)] and place.rows("from gold.moves") == [(1,)]
    place.do("drop view gold.was_there")
    assert place.writer.undrop("gold.was_there").name == "gold.was_there"


def test_where_something_may_be_kept_is_told_and_what_a_name_lacks(place: Place) -> None:
    place.query.run("create table silver.taken as select 1 as n")
    place.query.run("create view gold.seen as select n from silver.taken")
    place.query.run("create table mine.own as select 1 as n")
    ask = place.query.writable
    assert ask().zones == ("silver", "gold", "bronze", "mine") and ask().proposed == "silver."
    hers = ask(principal=CLERK)
    assert (hers.zones, hers.others, hers.proposed) == (("silver", "gold"), (), "silver.")
    said = {name: ask(name, principal=CLERK) for name in ("silver.new", "silver.Taken", "gold.seen", "mine.own", "mine.no", "silver.a-b")}
    assert [each.taken for each in said.values()] == [None, "dataset", "view", None, None, None]
    problems = [each.problem for each in said.values()]
    assert problems[:5] == [None, None, None, "You may not write to mine.own.", "You may not write to mine.no."]
    assert "'a-b' is not a valid table name." in (problems[5] or "")
    # A token for some datasets, a grant on some names, and nothing at all.
    some = ask(principal=CLERK.model_copy(update={"only": ("gold.*", "silver.team_*", "mine.*")}))
    assert (some.zones, some.others) == (("gold",), ("silver.team_*",))
    teams = POLICY.split("grants:")[0] + "roles:\n  clerk: {}\ngrants:\n  - {to: clerk, what: 'silver.team_*', may: [write]}\n"
    place.access.policies.apply(teams, Principal(name="test"))
    assert (ask(principal=CLERK).zones, ask(principal=CLERK).proposed) == ((), "silver.team_")
    for who in (ANALYST, CLERK.model_copy(update={"looks_only": True})):
        nowhere = ask("silver.new", principal=who)
        assert nowhere.proposed is None and nowhere.problem and nowhere.fix
    place.access.policies.apply(POLICY, Principal(name="test"))


#: What gives every column of a relation, whichever these are.
EVERY = {
    "star": "select * from hr.staff",
    "alias": "select s.* from hr.staff as s",
    "bare name": "select * from staff",
    "from alone": "from hr.staff",
    "table": "table hr.staff",
    "row as a struct": "select s from hr.staff s",
    "columns": "select columns(*) from hr.staff",
    "text": "select to_json(s) as j from hr.staff s",
    "natural join": "select * from hr.staff natural join silver.regions",
    "subquery": "select * from (select * from hr.staff) x",
    "common table": "with w as (from hr.staff) select * from w",
    "union": "select * from hr.staff union all by name select 9 as id",
    "own names": 'select * from "hr"."staff" as s(a, b)',
    "a view of somebody who sees all": "select * from gold.everyone",
    "another case of letters": "select * from HR.Staff",
}

REFUSED = ("table",)


@pytest.fixture(scope="module")
def staff(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    made = peopled(tmp_path_factory.mktemp("staff") / "project")
    grants = ("gold.*", "hr.staff.id", "hr.staff.n", "hr.grows.id", "hr.grows.n", "silver.regions")
    more = "".join(f'\n  - {{to: loader, what: "{each}", may: [{"read, write" if each == "gold.*" else "read"}]}}' for each in grants)
    policy = POLICY.replace("grants:", f"grants:{more}").replace("roles:", "roles:\n  loader: {description: sees columns}")
    made.access.policies.apply(policy, Principal(name="test"))
    made.writer.write("hr.staff", pa.table({"id": [1, 2], "n": ["x", "y"], "pay": ["hidden 1", "hidden 2"]}))
    made.do("create view gold.everyone as select * from hr.staff")
    yield made
    made.close()


LOADER = Principal(name="lou", roles=("loader",))


@pytest.mark.parametrize("way", EVERY)
def test_what_others_copy_through_a_view_has_no_column_that_its_author_is_not_granted(staff: Place, way: str) -> None:
    """An administrator's step copies a view every night, and somebody who may write to its name makes it another one."""
    try:
        staff.do(f"create or replace view gold.v as {EVERY[way]}", who=LOADER)
    except InvalidSQL as error:
        assert "cannot be narrowed" in error.message and way in REFUSED
        return
    assert way not in REFUSED
    before = staff.rows("select * from gold.v order by all", LOADER)
    staff.do("create or replace table gold.copied as from gold.v")
    assert staff.rows("select * from gold.copied order by all", LOADER) == before and before
    assert "hidden" not in str(staff.rows("from gold.copied"))


def test_columns_that_come_later_are_none_of_it_either(staff: Place) -> None:
    staff.writer.write("hr.grows", pa.table({"id": [1], "n": ["x"]}))
    staff.do("create view gold.later as from hr.grows", who=LOADER)
    staff.do("alter table hr.grows add column pay varchar")
    staff.do("update hr.grows set pay = 'hidden'")
    assert staff.rows("from gold.later") == [(1, "x")]


def test_a_query_that_cannot_be_narrowed_says_how_to_write_it(staff: Place) -> None:
    with pytest.raises(InvalidSQL) as caught:
        staff.do("create view gold.w as select hr.staff.id from hr.staff", who=LOADER)
    assert "FROM hr.staff AS s" in str(caught.value.fix)
    staff.do("create view gold.w as select s.id from hr.staff as s", who=LOADER)
    assert staff.rows("from gold.w order by id", LOADER) == [(1,), (2,)]
