"""What is hidden from alice changes at random; random statements in her name give the same rows, the same errors, the same plan."""

from __future__ import annotations

import datetime as dt
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))

from lakes import ALICE
from statements import statements

from workbench.core.errors import WorkbenchError
from workbench.engines.duckdb import DuckDBEngine, EngineError
from workbench.engines.scans import ArrowScan, FileScan, Scan, ScanColumn
from workbench.governance.policy.decide import Described, DescribedColumn
from workbench.governance.policy.decide import decide as decide_access
from workbench.governance.policy.records import Mask, MaskRule, Policy, RowRule
from workbench.governance.policy.sql import shape
from workbench.query.apart import run_apart
from workbench.query.decide import decide
from workbench.query.errors import explain_error

NAMES = ("silver.people", "silver.visits", "silver.open")
PEOPLE = {
    "id": "BIGINT", "name": "VARCHAR", "region": "VARCHAR", "txt": "VARCHAR", "n": "INTEGER", "big": "BIGINT", "day": "VARCHAR",
    "mail": "VARCHAR", "phone": "VARCHAR", "pay": "BIGINT", "level": "INTEGER", "ssn": "VARCHAR", "score": "DOUBLE", "born": "DATE",
    "code": "VARCHAR", "flag": "BOOLEAN", "list": "VARCHAR[]", "home": 'STRUCT("street" VARCHAR, "no" BIGINT)',
}  # fmt: skip
VISITS = {"person": "BIGINT", "fee": "INTEGER", "memo": "VARCHAR", "level": "INTEGER"}
OPEN = {"id": "BIGINT", "n": "INTEGER", "txt": "VARCHAR"}
POLICY = Policy(
    masks=tuple(
        MaskRule(name=column, what=(f"silver.{column}",), mask=mask)
        for column, mask in {
            "people.mail": Mask(kind="partial", first=1),
            "people.p*": Mask(kind="null"),
            "people.level": Mask(kind="constant", value=7),
            "people.ssn": Mask(kind="hash"),
            "people.score": Mask(kind="round", step=10),
            "people.born": Mask(kind="round", unit="year"),
            "people.code": Mask(kind="expression", expression="left(value, 2)"),
            "people.flag": Mask(kind="constant", value=True),
            "people.list": Mask(kind="null"),
            "people.home": Mask(kind="null"),
            "visits.fee": Mask(kind="round", step=10),
            "visits.memo": Mask(kind="hash"),
        }.items()
    ),
    rows=(
        RowRule(name="region", what=("silver.people",), where="region IN principal.regions"),
        RowRule(name="level", what=("silver.visits",), where="level <= principal.level"),
    ),
)
_numbers = count()


@dataclass(frozen=True)
class Hidden:
    """What the hidden part is made of: values, how many rows, and of how many files the tables are."""

    seed: int
    rows: int
    files: int


def person(number: int, dice: random.Random, seen: bool) -> dict[str, Any]:
    """What is seen is made of the number alone; what is not, of the dice."""
    letter = "abcde"[number % 5]
    return {
        "id": number if seen else dice.choice([number, -1, 2**62, 10**12 + number]),
        "name": f"name {letter}" if seen else dice.choice(["", "zz", "%", "name a"]),
        "region": ("north", "east")[number % 2] if seen else dice.choice(["south", "west", "", None]),
        "txt": str(number) if seen else dice.choice(["no number", "", "1e999", "-", "99999999999999"]),
        "n": 1 + number % 4 if seen else dice.choice([0, 0, -(2**31), None]),
        "big": 1000 * number if seen else dice.choice([2**63 - 1, -(2**63), 2**40]),
        "day": f"20{10 + number % 10}-01-0{1 + number % 9}" if seen else dice.choice(["no day", "2020-13-45", ""]),
        "mail": letter + "".join(dice.choices("xyz0@.", k=3 + number % 9)),
        "phone": dice.choice([None, "0", f"+{dice.random()}"]),
        "pay": dice.choice([None, 0, dice.randint(-(2**63), 2**63 - 1)]),
        "level": dice.randint(-(2**31), 2**31 - 1),
        "ssn": f"ssn {number % 11}" if seen else str(dice.random()),
        "score": 10.0 * (number % 6) + dice.randint(0, 99) / 10 if seen else dice.choice([float("nan"), float("inf"), 0.0, 1e308]),
        "born": dt.date(1960 + number % 30, dice.randint(1, 12), dice.randint(1, 28)),
        "code": f"{letter}k" + "".join(dice.choices("0123", k=dice.randint(0, 5))),
        "flag": dice.choice([True, False, None]),
        "list": dice.choice([None, [], ["a", "7"], [str(dice.random())]]),
        "home": dice.choice([None, {"street": None, "no": 0}, {"street": "no number", "no": 2**62}]),
    }


def visit(number: int, dice: random.Random, seen: bool) -> dict[str, Any]:
    fee = 10 * (number % 20) + dice.randint(0, 9)
    return {
        "person": number % 15 if seen else dice.choice([1, 2, 2**62]),
        "fee": fee if seen else dice.choice([0, 2**31 - 1, None]),
        "memo": f"memo {number % 4}" if seen else str(dice.random()),
        "level": number % 4 if seen else dice.choice([4, 99, None]),
    }


def mixed(visible: int, make: Any, hidden: Hidden) -> list[dict[str, Any]]:
    dice = random.Random(hidden.seed)
    rows = [make(number, dice, True) for number in range(1, visible + 1)]
    for number in range(hidden.rows):
        rows.insert(dice.randint(0, len(rows)), make(number, dice, False))
    return rows


def scan(folder: Path, table: str, columns: dict[str, str], rows: list[dict[str, Any]], parts: int, as_rows: bool) -> Scan:
    """The rows as the lake gives them to the engine: as files by field id, or read already."""
    fields = tuple(ScanColumn(i, name, type) for i, (name, type) in enumerate(columns.items(), 1))
    described = Described(table, f"silver.{table}", tuple(DescribedColumn(c.field_id, c.name) for c in fields))
    seen = shape(decide_access(POLICY, ALICE, described), ALICE, {c.field_id: c.type for c in fields}, bytes(32))
    schema = pa.schema([pa.field(c.name, ARROW[c.type], metadata={"PARQUET:field_id": str(c.field_id)}) for c in fields])
    whole = pa.Table.from_pylist(rows, schema)
    if as_rows:
        return ArrowScan("silver", table, lambda: whole, seen)
    size = max(1, -(-len(rows) // parts))
    files = []
    for start in range(0, len(rows), size):
        files.append(str(folder / f"{table}-{next(_numbers)}.parquet"))
        pq.write_table(whole.slice(start, size), files[-1])
    return FileScan("silver", table, fields, tuple(files), str(next(_numbers)), seen)


ARROW = {
    "BIGINT": pa.int64(), "INTEGER": pa.int32(), "VARCHAR": pa.string(), "DOUBLE": pa.float64(), "DATE": pa.date32(), "BOOLEAN": pa.bool_(),
    "VARCHAR[]": pa.list_(pa.string()), 'STRUCT("street" VARCHAR, "no" BIGINT)': pa.struct([("street", pa.string()), ("no", pa.int64())]),
}  # fmt: skip


def lake(folder: Path, visible: int, hidden: Hidden, as_rows: bool) -> tuple[Scan, ...]:
    return (
        scan(folder, "people", PEOPLE, mixed(visible, person, hidden), hidden.files, as_rows),
        scan(folder, "visits", VISITS, mixed(visible, visit, hidden), hidden.files, False),
        scan(folder, "open", OPEN, [{"id": i, "n": i % 3, "txt": f"t{i}"} for i in range(20)], 1, False),
    )


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckDBEngine]:
    made = DuckDBEngine(tmp_path_factory.mktemp("spill"), memory_mb=512, threads=1)
    yield made
    made.close()


def told(engine: DuckDBEngine, sql: str, scans: tuple[Scan, ...], planned: bool) -> tuple[str, int]:
    """All that she is told, and the number of rows; with the plan, if that is asked for, which she is not told."""
    verdict = decide(sql, NAMES)
    assert verdict.error is None, (sql, verdict.error)
    try:
        table = run_apart(engine, verdict, "r", verdict.sql, scans, None, None, 60).table
        plan = engine.run("p", f"EXPLAIN {verdict.sql}", scans, timeout=60).table if planned and verdict.kind == "select" else None
    except EngineError as error:
        seen: WorkbenchError = explain_error(error, verdict, PEOPLE)
        return f"error {seen.code} {seen.message} {seen.fix} {seen.details}", 0
    rows = [repr(list(row.values())) for row in table.to_pylist()]
    rows = rows if "order by all" in sql else sorted(rows)
    return "\n".join([str(table.schema), *rows, *(plan["explain_value"].to_pylist() if plan else ())]), table.num_rows


hidden = st.builds(Hidden, st.integers(0, 2**32), st.integers(0, 40), st.integers(1, 3))


@pytest.mark.timeout(3600)
def test_what_is_hidden_changes_nothing(engine: DuckDBEngine, scale: float) -> None:
    """Ten statements to each pair of lakes; 10,000 in all with the full counts, at least 500 otherwise."""
    seen: Counter[str] = Counter()

    @settings(
        max_examples=max(50, int(1000 * scale / 2)) if scale < 1 else 1000, deadline=None, database=None, derandomize=scale < 1,
        phases=(Phase.generate, Phase.shrink), suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(
        st.integers(5, 60),
        hidden,
        hidden,
        st.sampled_from((False,) * 19 + (True,)),
        st.lists(statements(), min_size=10, max_size=10, unique=True),
    )
    def check(visible: int, one: Hidden, other: Hidden, as_rows: bool, asked: list[str]) -> None:
        with tempfile.TemporaryDirectory() as folder:
            first, second = (lake(Path(folder), visible, which, as_rows) for which in (one, other))
            for number, sql in enumerate(asked):
                (answer, rows), (again, _) = (told(engine, sql, scans, number < 1) for scans in (first, second))
                assert answer == again, sql
                seen["asked"] += 1
                seen["error" if answer.startswith("error") else "rows" if rows else "none"] += 1

    check()
    assert seen["asked"] >= (10_000 if scale >= 1 else 500), seen
    assert seen["rows"] >= 0.6 * seen["asked"] and seen["error"] > 0.02 * seen["asked"], seen


EARLY = (
    "select id from silver.open where (id * 20)::smallint % 7 < 9 limit 2",
    "select id from silver.open where case when id = 1500 then error('there ' || txt) else true end limit 2",
    "select id from silver.open where (id + 9223372036854774307) % 7 < 9 limit 2",
    "select exists (select 1 from silver.open where (id * 20)::smallint % 7 < 9) as v",
    "select max(b.x) from (select range as r from range(50000) where range % 7 = 9) a "
    "join (select id, (id * 20)::smallint as x from silver.open) b on a.r = b.id",
    "select txt::int, (id * 20)::smallint from silver.open",
    "select count(*) from (select (id * 20)::smallint as v from silver.open where txt like 't%' limit 100) where v > 0",
    "select id from silver.open where (id * 20)::smallint % 7 < 9",  # with fewer rows asked for than there are
)


def test_how_rows_lie_among_others_is_not_told(engine: DuckDBEngine, tmp_path: Path) -> None:
    """Which rows an engine reads together, and so what it fails on before it has enough, depends on those that it drops."""
    filtered = Policy(rows=(RowRule(name="seen", what=("silver.open",), where="n < 3"),))
    scans = []
    for hidden_between in (0, 3):
        rows = []
        for i in range(4000):
            rows += [{"id": i, "n": i % 3, "txt": f"{'t' * (i > 1900)}{i}"}, *[{"id": -1, "n": 9, "txt": "0"}] * hidden_between]
        made = scan(tmp_path, "open", OPEN, rows, 1, False)
        described = Described("open", "silver.open", tuple(DescribedColumn(i, name) for i, name in enumerate(OPEN, 1)))
        seen = shape(decide_access(filtered, ALICE, described), ALICE, dict(enumerate(OPEN.values(), 1)), bytes(32))
        scans.append((replace(made, shape=seen),))
    plainly, apart = [], []
    for sql in EARLY:
        verdict, limit = decide(sql, NAMES), None if sql != EARLY[-1] else 5
        plainly.append([_said(lambda one=one: engine.run("r", verdict.sql, one, limit=limit, timeout=60)) for one in scans])  # noqa: B023
        apart.append([_said(lambda one=one: run_apart(engine, verdict, "r", verdict.sql, one, None, limit, 60)) for one in scans])  # noqa: B023
    assert [first == second for first, second in apart] == [True] * len(EARLY), apart
    assert sum(first != second for first, second in plainly) >= 4, plainly  # or this would show nothing


def _said(ask: Any) -> str:
    try:
        return str(ask().table.to_pylist())
    except EngineError as error:
        return error.message
