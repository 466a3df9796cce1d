"""Each defence switched off in turn: the corpus finds the leak. A few of its cases for each, those that are about it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1]))

import test_bypass
from lakes import ALICE, BOB, CANARY, Lake
from oracle import told

from workbench.core.refs import MAIN
from workbench.engines.duckdb import engine, session
from workbench.governance import access
from workbench.governance.inherited import NOTHING
from workbench.governance.policy import sql
from workbench.governance.policy.decide import Seen
from workbench.query import analyse, decide, execute, explaining, listing, ready, relations, service

Patch = pytest.MonkeyPatch
DEFENCES: dict[str, tuple[Callable[[Patch], None], list[tuple[str, str]]]] = {}


def defence(name: str, *cases: str | tuple[str, str]) -> Callable[[Callable[[Patch], None]], Callable[[Patch], None]]:
    """The function takes the defence away; the cases, of the corpus, are those of which at least one leaks then."""

    def known(off: Callable[[Patch], None]) -> Callable[[Patch], None]:
        DEFENCES[name] = (off, [case if isinstance(case, tuple) else ("run", case) for case in cases])
        return off

    return known


class _Everything:
    def __contains__(self, _: object) -> bool:
        return True


@defence("DuckDB's own reading of the statement", "select * from silver.people p join read_parquet('{file}') f on p.id = f.id")
def _own_reading(patch: Patch) -> None:
    patch.setattr(decide, "_check", lambda *_: None)


@defence("the list of table functions", "select * from silver.people p join read_parquet('{file}') f on p.id = f.id")
def _table_functions(patch: Patch) -> None:
    patch.setattr(decide, "TABLE_FUNCTIONS", _Everything())


@defence("the list of functions", "select current_setting('allowed_paths')", "select stats(pay) from silver.people")
def _functions(patch: Patch) -> None:
    patch.setattr(decide, "forbidden_function", lambda _: False)


@defence("the connection is locked", "select * from read_text('{root}/workbench.toml')")
def _locked(patch: Patch) -> None:
    _own_reading(patch)

    def open_to_all(self: session.Session, connection: Any, scans: Any, folder: str | None = None) -> None:
        session.Stoppable.__init__(self, connection)
        self._gather = []
        for number, scan in enumerate(scans):
            connection.execute(f'CREATE SCHEMA IF NOT EXISTS "{scan.schema}"')
            self._define(number, scan)

    patch.setattr(session.Session, "__init__", open_to_all)


@defence("a name in quotes is a file's", "select * from silver.people p join '{file}' f on p.id = f.id")
def _files(patch: Patch) -> None:
    _own_reading(patch)
    patch.setattr(analyse, "_use", _without(analyse._use, lambda use: use is not None and use.is_string))
    patch.setattr(decide, "analyse", analyse.analyse.__wrapped__)


def _without(made: Callable[..., Any], is_one: Callable[[Any], bool]) -> Callable[..., Any]:
    def call(*arguments: Any) -> Any:
        found = made(*arguments)
        return None if is_one(found) else found

    return call


def _accesses(patch: Patch, change: Callable[[access.Access], access.Access]) -> None:
    made = access.decide
    patch.setattr(access, "decide", lambda *arguments: change(made(*arguments)))


@defence("masks", "select id, phone from silver.people order by id", "select id, note from silver.people order by id")
def _masks(patch: Patch) -> None:
    _accesses(patch, lambda found: replace(found, seen=tuple(replace(one, mask=None) for one in found.seen)))


@defence(
    "a mask that does not fit shows nothing",
    "select id, flag from silver.people order by id",
    "select id, home from silver.people order by id",
)
def _unfit(patch: Patch) -> None:
    made = sql._masked
    patch.setattr(sql, "_masked", lambda mask, name, *more: made(mask, name, *more) or name)


@defence("row filters", "select count(*) as n from silver.people", "select * from silver.people where region = 'south'")
def _filters(patch: Patch) -> None:
    _accesses(patch, lambda found: replace(found, filters=()))


@defence("what fails in a mask or filter is not told", "select * from silver.odd", "select id from silver.odd where digits is null")
def _tries(patch: Patch) -> None:
    made = access.shape

    def bare(*arguments: Any) -> Any:
        found = made(*arguments)
        return found and replace(
            found,
            columns=tuple((name, text.replace("TRY(", "(").replace("TRY_CAST(", "CAST(")) for name, text in found.columns),
            where=found.where and found.where.replace("TRY(", "("),
        )

    patch.setattr(access, "shape", bare)


@defence("grants of columns", "select * exclude (secret) from silver.cases", "select columns('.*') from silver.cases")
def _columns(patch: Patch) -> None:
    def all_of_it(found: access.Access) -> access.Access:
        seen = {one.column.name for one in found.seen}
        return replace(found, seen=(*found.seen, *(Seen(c) for c in found.dataset.columns if c.name not in seen)))

    _accesses(patch, all_of_it)


@defence("grants of datasets", "show tables", "select * from vaults", ("complete", "select * from gold."))
def _datasets(patch: Patch) -> None:
    patch.setattr(access.Rights, "sees", lambda *_: True)


@defence("today's policy for every state", "select * from silver.moved for version as of 'v1'", 'select * from "silver.moved#dev"')
def _states(patch: Patch) -> None:
    made = access.AccessService.shape
    patch.setattr(access.AccessService, "shape", lambda self, who, plan, *more: made(self, who, plan, *more) if _is_head(plan) else None)


def _is_head(plan: Any) -> bool:
    return plan.ref.branch == MAIN and plan.ref.snapshot_id == plan.metadata.current_snapshot_id


def _described(patch: Patch, change: Callable[[access.Described], access.Described]) -> None:
    made = access.AccessService._described
    patch.setattr(access.AccessService, "_described", lambda *arguments, **more: change(made(*arguments, **more)))


@defence("names that were", "select * from silver.fresh", "select salary from silver.moved")
def _former(patch: Patch) -> None:
    bare = access.DescribedColumn
    _described(patch, lambda d: replace(d, former=(), columns=tuple(bare(c.field_id, c.name, c.tags, inside=c.inside) for c in d.columns)))


@defence("tags", "select id, mail from silver.people order by id")
def _tags(patch: Patch) -> None:
    _described(patch, lambda d: replace(d, tags=frozenset(), columns=tuple(replace(c, tags=frozenset()) for c in d.columns)))


@defence("masks go with what is made of a column", "select * from silver.made", "select max(p) as p, min(n) as n from silver.made")
def _inherited(patch: Patch) -> None:
    patch.setattr(access.InheritedMasks, "of", lambda *_: NOTHING)


@defence("rules about what is nested", "select id, home from silver.people order by id")
def _nested(patch: Patch) -> None:
    _described(patch, lambda d: replace(d, columns=tuple(replace(c, inside=frozenset()) for c in d.columns)))


@defence("a prepared session is for one shape", ("after others", "select * from silver.people"))
def _sessions(patch: Patch) -> None:
    made = engine.session_key

    def shapeless(scans: Any) -> Any:
        key = made(scans)
        return key and tuple((*one[:3], None) for one in key)

    patch.setattr(engine, "session_key", shapeless)


@defence("a kept answer is for one shape", ("after others", "select * from silver.people"))
def _answers(patch: Patch) -> None:
    made = ready.name_of
    patch.setattr(ready, "name_of", lambda verdict, planned, *more: made(verdict, [replace(one, shape=None) for one in planned], *more))


@defence("a decision is for those names", ("after others", "select * from gold.vault"))
def _verdicts(patch: Patch) -> None:
    made, kept = decide._decide, {}

    def by_text(text: str, *more: Any) -> Any:
        if text not in kept:
            kept[text] = made(text, *more)
        return kept[text]

    patch.setattr(decide, "_decide", by_text)


@defence("access is kept for one person", ("after others", "select * from silver.people"))
def _kept(patch: Patch) -> None:
    patch.setattr(type(ALICE), "model_dump_json", lambda *_, **__: "")


@defence("no plan of what is seen in part", "explain analyze select ssn from silver.people", ("explain", "select ssn from silver.people"))
def _plans(patch: Patch) -> None:
    for module in (service, explaining):
        patch.setattr(module, "in_part", lambda _: False)


@defence("explain names no snapshot", ("explain", "select ssn from silver.people"))
def _snapshots(patch: Patch) -> None:
    patch.setattr(relations.Planned, "told", property(lambda self: self.ref))


@defence("a cut does not tell how many there are", ("cut", "select * from silver.people"))
def _totals(patch: Patch) -> None:
    patch.setattr(ready.Ready, "rows", property(lambda self: self.planned[0].plan.rows if self.planned else None))


@defence("SHOW TABLES counts for admins only", "show tables")
def _counts(patch: Patch) -> None:
    made = service.show_tables

    def counted(lake: Any, access: Any, views: Any, who: Any) -> Any:
        mine, every = made(lake, access, views, who), made(lake, access, views, ADMIN)
        rows = dict(zip(every["dataset"].to_pylist(), every["rows"].to_pylist(), strict=True))
        return mine.set_column(1, "rows", [[rows[name] for name in mine["dataset"].to_pylist()]])

    patch.setattr(service, "show_tables", counted)


@defence("completion knows what she sees", ("complete", "select * from silver.cases c where c."))
def _completion(patch: Patch) -> None:
    made = listing.LakeCatalog.columns

    def every(self: Any, name: str) -> Any:
        self._who = ADMIN
        return made(self, name)

    patch.setattr(listing.LakeCatalog, "columns", every)


@defence(
    "nothing behind a filter is read like something",
    "select id from silver.nothing where (select cast(name as int) from silver.open limit 1) = 1",
)
def _nothing(patch: Patch) -> None:
    # Where rows are gathered before, this alone is not missed: test_noninterference.py shows what gathering is for.
    patch.setattr(execute, "run_apart", lambda run, _, *known: run.run(*known[:4], limit=known[4], timeout=known[5]))
    relation = sys.modules["workbench.engines.duckdb.relation"]
    made = relation._whole
    patch.setattr(relation, "_whole", lambda scan: made(scan if scan.files else replace(scan, shape=None)))


ADMIN = ALICE.model_copy(update={"name": "root", "roles": ("admin",)})
CORPUS = {(case[3], case[1]) for case in test_bypass.EVERY} | {("run", attack) for _, attack, _ in test_bypass.OUTSIDE}
REFUSED = {attack for _, attack, _ in test_bypass.OUTSIDE} | {"explain analyze select ssn from silver.people"}


def leaks(lakes: dict[str, Lake], face: str, attack: str) -> bool:
    answers = []
    for lake in lakes.values():
        text = lake.at(attack)
        if face == "after others":
            for other in (lake.ws, lake.ws.as_principal(BOB), lake.ws):
                told(other, "run", text)
        answers.append(lake.neutral(told(lake.ws.as_principal(ALICE), "run" if face == "after others" else face, text)))
    refused = attack not in REFUSED or all(answer.startswith("error") for answer in answers)
    return answers[0] != answers[1] or not refused or (CANARY in answers[0] and CANARY not in attack)


@pytest.fixture
def forgetful(lakes: dict[str, Lake]) -> Any:
    """Nothing of what was prepared before, and nothing of it afterwards."""

    def forget() -> None:
        for kept in (decide._decide, decide.parsed_text, analyse.analyse):
            getattr(kept, "cache_clear", lambda: None)()
        for lake in lakes.values():
            lake.ws.services.access._decided.clear()
            lake.ws.services.engine.close()
            lake.ws.services.results.sweep(lambda _: False)  # what is answered from there is asked of nothing

    forget()
    yield
    forget()


@pytest.mark.parametrize("name", DEFENCES)
def test_each_defence_is_missed(lakes: dict[str, Lake], forgetful: None, monkeypatch: Patch, name: str) -> None:
    off, cases = DEFENCES[name]
    assert set(cases) <= CORPUS
    off(monkeypatch)
    assert any(leaks(lakes, face, attack) for face, attack in cases), f"the corpus does not miss: {name}"
