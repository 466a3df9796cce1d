"""Two lakes that differ only in what alice may not see: hidden values, hidden rows, columns and datasets that are not granted, and
into how many files it all was written. What she is told of one must be what she is told of the other."""

from __future__ import annotations

import datetime as dt
import re
import shutil
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa

from workbench.app.local import LocalWorkspace
from workbench.core.config import create_workspace_file, load_settings
from workbench.core.principals import Principal
from workbench.lake.records import ColumnChange

ALICE = Principal(name="alice", roles=("analyst",), attributes={"regions": ("north", "east"), "level": 3})
BOB = Principal(name="bob", roles=("analyst",), attributes={"regions": ("south",), "level": 9})
CANARY = "cnry"  # stands in every text that alice may not see, and nowhere else
BIG = 7_700_000_000  # every number that she may not see is larger
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
POLICY = """
version: 1
grants:
  - {to: analyst, what: silver.people}
  - {to: analyst, what: silver.open}
  - {to: analyst, what: silver.moved}
  - {to: analyst, what: silver.fresh}
  - {to: analyst, what: silver.again}
  - {to: analyst, what: silver.nothing}
  - {to: analyst, what: silver.odd}
  - {to: analyst, what: silver.made}
  - {to: analyst, what: silver.cases.id}
  - {to: analyst, what: silver.cases.kind}
  - {to: analyst, what: silver.cases.amount}
masks:
  - {name: contact, tags: [contact], mask: {kind: partial, first: 1}}
  - {name: "null", what: ["silver.people.p*", silver.people.flag, silver.people.list, silver.people.attrs, silver.people.home.street,
     silver.people.raw, silver.people.moment, silver.moved.pay, silver.old.pay, silver.again.pay],
     unless: ["user:bob"], mask: {kind: "null"}}
  - {name: constant, what: [silver.people.note], mask: {kind: constant, value: hidden}}
  - {name: number, what: [silver.people.level], mask: {kind: constant, value: 7}}
  - {name: hash, what: [silver.people.ssn, silver.people.bonus, silver.again.ssn,
     silver.old.ssn], mask: {kind: hash}}
  - {name: step, what: [silver.people.score, silver.people.cost], mask: {kind: round, step: 10}}
  - {name: year, what: [silver.people.born], mask: {kind: round, unit: year}}
  - {name: month, what: [silver.people.seen], mask: {kind: round, unit: month}}
  - {name: first two, what: [silver.people.code], mask: {kind: expression, expression: "left(value, 2)"}}
  - {name: fails, what: [silver.odd.digits], mask: {kind: expression, expression: "value::INTEGER::VARCHAR"}}
rows:
  - {name: fails on some, what: [silver.odd], where: "CASE WHEN id < 3 THEN true ELSE digits::INTEGER < 100 END"}
  - {name: own regions, what: [silver.people, silver.moved], where: region IN principal.regions}
  - {name: level, what: [silver.cases, silver.nothing], where: level <= principal.level}
  - {name: by former name, what: [silver.old], where: region = 'north'}
  - {name: made anew, what: [silver.again], where: region = 'north'}
"""


@dataclass(frozen=True)
class Hidden:
    """What differs: ``text`` and ``number`` make every hidden value, ``rows`` is how many hidden rows there are, ``files`` of how many."""

    variant: str
    text: str
    number: int
    rows: int
    files: int


HIDDEN = {"a": Hidden("a", f"{CANARY}alpha", BIG + 17, 9, 1), "b": Hidden("b", f"{CANARY}omega", BIG + 40_961, 41, 4)}


@dataclass
class Lake:
    """A workspace, and the statements' words for what is another in each: the snapshot before the policy, the folder, a file."""

    ws: LocalWorkspace
    words: dict[str, str]

    def at(self, text: str) -> str:
        for word, here in self.words.items():
            text = text.replace(f"{{{word}}}", here)
        return text

    def neutral(self, text: str) -> str:
        for word, here in self.words.items():
            text = text.replace(here, f"{{{word}}}")
        return _UUID.sub("{uuid}", text)


def person(number: int, hidden: Hidden, region: str) -> dict[str, Any]:
    """A row; what is masked of it is made of ``hidden``, within what the masks show of it."""
    seen, secret = region != "south", hidden.number + number
    shift = hidden.number % 7
    return {
        "id": number if seen else BIG + secret,
        "name": f"name {number:02}" if seen else hidden.text,
        "region": region,
        "txt": f"no number {number}" if seen else "12",
        "n": number % 5 if seen else 0,
        "mail": f"m{hidden.text}{number:02}",
        "phone": f"{hidden.text}{secret}",
        "pay": secret,
        "note": f"{hidden.text} {secret}",
        "level": secret % 1000 + 100_000,
        "ssn": f"{CANARY}-{number}",
        "bonus": BIG + number,
        "score": number * 10 + shift + 0.5,
        "cost": Decimal(number * 10 + shift) + Decimal("0.25"),
        "born": dt.date(1950 + number, 1 + shift, 2 + shift),
        "seen": dt.datetime(2020, 1 + number % 12, 1 + shift, shift),  # noqa: DTZ001 - a column without a zone
        "code": f"k{number % 3}{hidden.text}",
        "flag": bool((number + hidden.rows) % 2),
        "list": [hidden.text, str(secret)],
        "attrs": [("k", hidden.text)],
        "home": {"street": hidden.text, "no": secret},
        "raw": hidden.text.encode(),
        "moment": dt.datetime(2020, 1, 1 + shift, tzinfo=dt.UTC),
    }


SCHEMA = pa.schema(
    [(name, pa.string()) for name in ("name", "region", "txt", "mail", "phone", "note", "ssn", "code")]
    + [("id", pa.int64()), ("n", pa.int32()), ("pay", pa.int64()), ("level", pa.int32()), ("bonus", pa.int64()), ("score", pa.float64())]
    + [("cost", pa.decimal128(12, 2)), ("born", pa.date32()), ("seen", pa.timestamp("us")), ("flag", pa.bool_())]
    + [("list", pa.list_(pa.string())), ("attrs", pa.map_(pa.string(), pa.string()))]
    + [("home", pa.struct([("street", pa.string()), ("no", pa.int64())])), ("raw", pa.binary()), ("moment", pa.timestamp("us", tz="UTC"))]
)


def people(hidden: Hidden) -> pa.Table:
    """Thirty rows that she sees, and between them those that she does not."""
    rows = [person(number, hidden, ("north", "east")[number % 2]) for number in range(1, 31)]
    for number in range(hidden.rows):
        rows.insert(number * 3 % len(rows), person(number, hidden, "south"))
    return pa.Table.from_pylist(rows, SCHEMA)


def open_rows() -> pa.Table:
    """What she may see all of, of every kind that is masked elsewhere."""
    return people(Hidden("open", "open", 1000, 0, 1)).set_column(6, "ssn", pa.array([f"s-{i}" for i in range(1, 31)]))


def make(root: Path, hidden: Hidden, key: Path | None = None) -> Lake:
    """Build a lake; ``key`` is another's key of hashes."""
    create_workspace_file(root, "lake")
    settings = load_settings(root, {"WORKBENCH_QUERY_ISOLATE": "never", "WORKBENCH_QUERY_THREADS": "1"})
    if key is not None:
        (settings.state / "secrets").mkdir(parents=True, mode=0o700)
        shutil.copy(key, settings.state / "secrets" / "masks.key")
    ws = LocalWorkspace(settings)
    table = people(hidden)
    _in_parts(ws, "silver.people", table, hidden.files)
    ws.catalog.tag("silver.people", "contact", "mail")
    ws.datasets.write("silver.open", open_rows())
    before = _moved(ws, table)
    _cases(ws, hidden)
    for name in ("gold.vault" if hidden.variant == "a" else "gold.safe", "bronze.raw", "silver.payroll"):
        ws.datasets.write(name, pa.table({"id": [hidden.number], "secret": [hidden.text]}))
    some = table.select(["id", "region", "pay", "ssn"])
    ws.datasets.write("silver.old", some)
    ws.datasets.rename("silver.old", "silver.fresh")
    for _ in range(2):
        ws.datasets.write("silver.again", some)
        ws.datasets.drop("silver.again")
    ws.datasets.write("silver.again", some)
    made = "id, region, pay AS p, note || id AS n, home.street AS s"
    ws.query.run(f"CREATE TABLE silver.made AS SELECT {made} FROM silver.people ORDER BY id")
    ws.compliance.apply(POLICY)
    file = next(str(path) for path in sorted(settings.state.rglob("*.parquet")) if "people" in str(path))
    words = {"before": str(before), "file": file, "root": str(root), "tables": str(settings.state)}
    return Lake(ws, words)


def _in_parts(ws: LocalWorkspace, name: str, table: pa.Table, parts: int) -> None:
    size = -(-table.num_rows // parts)
    for start in range(0, table.num_rows, size):
        ws.datasets.write(name, table.slice(start, size), "append" if start else "create")


def _moved(ws: LocalWorkspace, table: pa.Table) -> int:
    """A dataset with a past: a snapshot, a branch and a tag from before the policy, and a column that had another name."""
    ws.datasets.write("silver.moved", table.select(["id", "name", "region", "pay", "txt"]))
    before = ws.datasets.snapshots("silver.moved")[0].id
    ws.datasets.create_branch("silver.moved", "dev")
    ws.datasets.create_tag("silver.moved", "v1")
    ws.datasets.alter("silver.moved", (ColumnChange(action="rename", column="pay", new_name="salary"),))
    ws.datasets.write("silver.moved", ws.datasets.read("silver.moved").slice(0), mode="overwrite")
    return before


def _cases(ws: LocalWorkspace, hidden: Hidden) -> None:
    rows = [{"id": i, "kind": f"kind {i % 3}", "amount": i * 10, "secret": hidden.text, "level": i % 4} for i in range(12)]
    # What a mask or filter fails on in one of the lakes, and says the same of without failing in the other.
    failing, passing = (hidden.text, hidden.text) if hidden.variant == "a" else (None, "900")
    odd = [{"id": i, "digits": failing if i == 1 else str(i)} for i in range(6)] + [{"id": 50, "digits": passing}]
    ws.datasets.write("silver.odd", pa.Table.from_pylist(odd))
    gone = [row | {"level": 99} for row in rows[: 3 if hidden.variant == "a" else 0]]
    ws.datasets.write("silver.nothing", pa.Table.from_pylist(gone, pa.Table.from_pylist(rows).schema))
    for row in rows:
        row[f"{CANARY}_{hidden.variant}"] = hidden.text
    rows += [{"id": hidden.number + i, "kind": hidden.text, "amount": hidden.number, "secret": "", "level": 99} for i in range(hidden.rows)]
    ws.datasets.write("silver.cases", pa.Table.from_pylist(rows))
