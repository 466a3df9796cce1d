"""What a policy makes of rows, asked of the engine: each mask for each type, filters, and what must not be told by an error."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from workbench.core.principals import Principal
from workbench.engines.duckdb import DuckDBEngine, EngineError
from workbench.engines.scans import ArrowScan, FileScan, Scan, ScanColumn
from workbench.governance.policy.decide import Described, DescribedColumn, decide
from workbench.governance.policy.records import Grant, Mask, MaskRule, Policy, RowRule
from workbench.governance.policy.sql import shape

KEY = bytes(range(32))
at = dt.datetime.fromisoformat
ROWS = pa.table(
    {
        "id": pa.array([1, 2, 3, 4], pa.int64()),
        "small": pa.array([17, -3, None, 127], pa.int8()),
        "name": ["Anna Berg", "Bo", "", None],
        "mail": ["anna@example.org", "bo@example.org", "x", None],
        "born": [dt.date(1984, 5, 17), dt.date(2001, 12, 31), None, dt.date(1969, 1, 1)],
        "seen": pa.array([at("2024-05-17 13:45:30"), None, None, at("1969-12-31 23:59")], pa.timestamp("us")),
        "pay": pa.array([Decimal("1234.56"), Decimal("-0.01"), None, Decimal("99999.99")], pa.decimal128(9, 2)),
        "rate": [1.25, -7.5, None, 1e300],
        "active": [True, False, None, True],
        "region": ["north", "south", "north", "east"],
    }
)
TYPES = ["BIGINT", "TINYINT", "VARCHAR", "VARCHAR", "DATE", "TIMESTAMP", "DECIMAL(9, 2)", "DOUBLE", "BOOLEAN", "VARCHAR"]
COLUMNS = tuple(ScanColumn(i, name, kind) for i, (name, kind) in enumerate(zip(ROWS.column_names, TYPES, strict=True), 1))
PEOPLE = Described("u", "silver.people", tuple(DescribedColumn(c.field_id, c.name) for c in COLUMNS))
ALICE = Principal(
    name="alice", roles=("analyst",), attributes={"regions": ("north", "east"), "town": "north", "level": 3, "boss": False, "none": ()}
)


@pytest.fixture(scope="module", params=["files", "rows"])
def scanned(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The same rows as files and as Arrow: what lies behind makes no difference."""
    path = tmp_path_factory.mktemp("files") / "a.parquet"
    fields = [f.with_metadata({"PARQUET:field_id": str(i)}) for i, f in enumerate(ROWS.schema, 1)]
    pq.write_table(ROWS.cast(pa.schema(fields)), path)

    def scan(policy: Policy, who: Principal = ALICE) -> Scan:
        made = shape(decide(policy, who, PEOPLE), who, {c.field_id: c.type for c in COLUMNS}, KEY)
        if request.param == "files":
            return FileScan("silver", "people", COLUMNS, (str(path),), "1", made)
        return ArrowScan("silver", "people", lambda: ROWS, made)

    return scan


def ask(engine: DuckDBEngine, sql: str, scan: Scan) -> list[tuple[Any, ...]]:
    table = engine.run("r", sql, (scan,), timeout=30).table
    return [tuple(row.values()) for row in table.to_pylist()]


def masked(column: str, mask: Mask) -> Policy:
    return Policy(masks=(MaskRule(name="m", what=(f"silver.people.{column}",), mask=mask),))


MASKS: list[tuple[str, Mask, list[Any]]] = [
    ("name", Mask(kind="null"), [None] * 4),
    ("pay", Mask(kind="null"), [None] * 4),
    ("name", Mask(kind="constant", value="it's hidden"), ["it's hidden"] * 4),
    ("id", Mask(kind="constant", value=0), [0] * 4),
    ("born", Mask(kind="constant", value="1900-01-01"), [dt.date(1900, 1, 1)] * 4),
    ("born", Mask(kind="constant", value="never"), [None] * 4),
    ("name", Mask(kind="partial", first=1), ["A********", "B*", "", None]),
    ("mail", Mask(kind="partial", first=1, last=4), ["a***********.org", "b*********.org", "*", None]),
    ("name", Mask(kind="partial", first=2, last=2), ["An*****rg", "**", "", None]),
    ("id", Mask(kind="partial", first=1), [None] * 4),
    ("pay", Mask(kind="round", step=1000), [Decimal("1000.00"), Decimal("-1000.00"), None, Decimal("99000.00")]),
    ("small", Mask(kind="round", step=10), [10, -10, None, 120]),
    ("rate", Mask(kind="round", step=0.5), [1.0, -7.5, None, 1e300]),
    ("born", Mask(kind="round", unit="year"), [dt.date(1984, 1, 1), dt.date(2001, 1, 1), None, dt.date(1969, 1, 1)]),
    ("born", Mask(kind="round", unit="hour"), [dt.date(1984, 5, 17), dt.date(2001, 12, 31), None, dt.date(1969, 1, 1)]),
    ("seen", Mask(kind="round", unit="month"), [at("2024-05-01"), None, None, at("1969-12-01")]),
    ("name", Mask(kind="round", step=10), [None] * 4),
    ("active", Mask(kind="hash"), [None] * 4),
    ("mail", Mask(kind="expression", expression="upper(left(value, 2)) || 'value'"), ["ANvalue", "BOvalue", "Xvalue", None]),
    ("id", Mask(kind="expression", expression="value * 4611686018427387904"), [4611686018427387904, None, None, None]),
    ("active", Mask(kind="expression", expression="lower('no truth')"), [None] * 4),
]


@pytest.mark.parametrize(("column", "mask", "expected"), MASKS, ids=lambda value: getattr(value, "kind", ""))
def test_each_mask_for_each_type(engine: DuckDBEngine, scanned: Any, column: str, mask: Mask, expected: list[Any]) -> None:
    scan = scanned(masked(column, mask))
    found = engine.run("r", "select * from silver.people", (scan,), timeout=30).table
    assert found[column].to_pylist() == expected
    assert found[column].type == ROWS[column].type  # whoever reads it, the type is one
    others = [name for name in ROWS.column_names if name != column]
    assert found.select(others).equals(ROWS.select(others))


def test_a_date_that_cannot_be_rounded_is_not_told_by_an_error(engine: DuckDBEngine) -> None:
    far = pa.table({"id": pa.array([1, 2], pa.int64()), "born": pa.array([2**31 - 2, 5250], pa.int32()).cast(pa.date32())})
    columns = (ScanColumn(1, "id", "BIGINT"), ScanColumn(5, "born", "DATE"))
    described = Described("u", "silver.people", tuple(DescribedColumn(c.field_id, c.name) for c in columns))
    policy = masked("born", Mask(kind="round", unit="year"))
    seen = shape(decide(policy, ALICE, described), ALICE, {c.field_id: c.type for c in columns}, KEY)
    scan = ArrowScan("silver", "people", lambda: far, seen)
    assert ask(engine, "SELECT born FROM silver.people ORDER BY id", scan) == [(None,), (dt.date(1984, 1, 1),)]


def test_hashes_are_the_same_for_the_same_and_need_the_key(engine: DuckDBEngine, scanned: Any) -> None:
    texts = [row[0] for row in ask(engine, "select mail from silver.people", scanned(masked("mail", Mask(kind="hash"))))]
    assert len(set(texts)) == 4 and texts[3] is None and all(len(text) == 16 for text in texts[:3])
    numbers = ask(
        engine, "select id, id = (select min(id) from silver.people) from silver.people", scanned(masked("id", Mask(kind="hash")))
    )
    assert len({n for n, _ in numbers}) == 4 and not {n for n, _ in numbers} & {1, 2, 3, 4}
    access = decide(masked("mail", Mask(kind="hash")), ALICE, PEOPLE)
    types = {c.field_id: c.type for c in COLUMNS}
    assert shape(access, ALICE, types, b"other") != shape(access, ALICE, types, KEY)


FILTERS = [
    ("region IN principal.regions", [1, 3, 4]),
    ("region IN principal.town", [1, 3]),  # one value, as `--set town=north` gives it
    ("region NOT IN principal.town OR id IN principal.level", [2, 3, 4]),
    ("region = 'principal.name' OR id = principal.level", [3]),
    ("principal.boss OR small > 100", [4]),
    ("starts_with('alice', principal.name) AND id < 3", [1, 2]),
    ("region IN principal.towns", []),  # nothing is known of it
    ("region IN principal.none", []),  # no value is as good as none
    ("id = 1 OR NOT (region IN principal.none)", []),
    ("contains(principal.roles, 'analyst') AND name = ''", [3]),
    ("name = 'Bo' -- only", [2]),
    ("small > 0", [1, 4]),  # unknown is not true
    ("CAST(name AS INTEGER) > 0", []),  # fails on every row
    ("\"region\" = 'south'", [2]),
]


@pytest.mark.parametrize(("where", "expected"), FILTERS)
def test_only_rows_that_a_filter_is_true_of_are_seen(engine: DuckDBEngine, scanned: Any, where: str, expected: list[int]) -> None:
    scan = scanned(Policy(rows=(RowRule(name="r", what=("silver.*",), where=where),)))
    assert [row[0] for row in ask(engine, "select id from silver.people order by id", scan)] == expected
    assert ask(engine, "select count(*), count(*) filter (where true) from silver.people", scan) == [(len(expected),) * 2]


def test_filters_look_at_what_is_there_and_not_at_masks(engine: DuckDBEngine, scanned: Any) -> None:
    policy = Policy(
        masks=(MaskRule(name="m", what=("silver.people.region",), mask=Mask(kind="null")),),
        rows=(RowRule(name="r", what=("silver.people",), where="region = 'north'"), RowRule(name="s", what=("*.people",), where="id > 1")),
    )
    assert ask(engine, "select id, region from silver.people", scanned(policy)) == [(3, None)]


def test_what_is_not_granted_is_not_there(engine: DuckDBEngine, scanned: Any) -> None:
    scan = scanned(Policy(grants=(Grant(to="analyst", what="silver.people.id"), Grant(to="user:alice", what="silver.people.region"))))
    assert ask(engine, "select * from silver.people limit 1", scan) == [(1, "north")]
    with pytest.raises(EngineError) as error:
        ask(engine, "select mail from silver.people", scan)
    assert "mail" not in str(error.value).replace('"mail" not found', "").replace("mail FROM", "").replace("select mail", "")
    for hidden in ("file_row_number", "filename", "file_index", "__rows_0"):
        with pytest.raises(EngineError):
            ask(engine, f"select {hidden} from silver.people", scan)


PROBES = [
    "select id from silver.people where CAST(mail AS INTEGER) = 1",
    "select CAST(region AS INTEGER) from silver.people",
    "select id from silver.people where CASE WHEN region = 'south' THEN CAST('x' || region AS INTEGER) ELSE 1 END = 1",
    "select sum(9223372036854775807 + CASE WHEN region = 'south' THEN id ELSE 0 END) from silver.people",
    "select id from silver.people where region = 'south' and CAST(name AS INTEGER) > 0",
    "select a.id from silver.people a join silver.people b on a.id = b.id "
    "and CASE WHEN b.region = 'south' THEN CAST(b.name AS INT) ELSE 1 END = 1",
]


@pytest.mark.parametrize("probe", PROBES)
def test_no_error_tells_of_hidden_rows(engine: DuckDBEngine, scanned: Any, probe: str) -> None:
    """With the hidden row there and without it the answer is one, error or rows."""
    policy = Policy(rows=(RowRule(name="r", what=("silver.people",), where="region <> 'south'"),))
    found = []
    for where in ("", " AND id <> 2"):
        narrower = policy.model_copy(update={"rows": (policy.rows[0].model_copy(update={"where": policy.rows[0].where + where}),)})
        try:
            found.append(str(ask(engine, probe, scanned(narrower))))
        except EngineError as error:
            found.append(str(error))
    assert found[0] == found[1]
    assert "Bo" not in found[0]


def test_a_prepared_session_is_not_shared_by_readers_of_other_rights(engine: DuckDBEngine, scanned: Any) -> None:
    policy = Policy(rows=(RowRule(name="r", what=("silver.people",), where="region IN principal.regions"),))
    bob = ALICE.model_copy(update={"name": "bob", "attributes": {"regions": ("south",)}})
    admin = Principal(name="root")
    for who, expected in ((ALICE, [1, 3, 4]), (bob, [2]), (admin, [1, 2, 3, 4]), (ALICE, [1, 3, 4]), (bob, [2])):
        assert [row[0] for row in ask(engine, "select id from silver.people order by 1", scanned(policy, who))] == expected


def test_a_list_of_ones_own_is_a_condition_that_files_are_passed_over_by() -> None:
    from workbench.governance.policy.decide import Access, Described, DescribedColumn, Seen
    from workbench.governance.policy.records import RowRule
    from workbench.governance.policy.sql import shape

    columns = (DescribedColumn(1, 'a "b"'), DescribedColumn(2, "n"), DescribedColumn(3, "day"))
    types = {1: "VARCHAR", 2: "BIGINT", 3: "DATE"}

    def where(condition: str, **attributes: object) -> str | None:
        who = Principal(name="june", roles=("analyst",), attributes=attributes)  # type: ignore[arg-type]
        rules = (RowRule(name="own", what=("silver.x",), where=condition),)
        made = shape(Access(Described("u", "silver.x", columns), tuple(map(Seen, columns)), rules), who, types, bytes(32))
        assert made is not None
        return made.where

    assert where('"A ""b""" IN principal.them', them=("x", "it's")) == "\"a \"\"b\"\"\" IN ('x', 'it''s')"
    assert where("n in Principal.Them", them=(1, 2)) == '"n" IN ((1), (2))'
    assert where("n IN principal.them", them=7) == '"n" IN ((7))'
    # What could fail, or is not known, is tried as it was.
    for condition, attributes in (
        ("n IN principal.them", {"them": ("1", "x")}),
        ("n IN principal.them", {"them": ()}),
        ("n IN principal.them", {}),
        ("n IN principal.roles", {"roles": (1,)}),
        ("day IN principal.them", {"them": ("2026-01-01",)}),
        ("other IN principal.them", {"them": (1,)}),
        ("n IN principal.them OR true", {"them": (1,)}),
    ):
        assert str(where(condition, **attributes)).startswith("coalesce(TRY("), condition
