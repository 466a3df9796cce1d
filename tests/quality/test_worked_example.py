"""docs/quality.md's example: each score as the document says, as the code says, and as pandas says by hand."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from workbench.engines.duckdb import DuckDBEngine
from workbench.engines.scans import ArrowScan
from workbench.quality.assess import assess
from workbench.quality.checks import Other
from workbench.quality.expectations import from_yaml
from workbench.quality.records import DIMENSIONS

DOCUMENT = (Path(__file__).parents[2] / "docs" / "quality.md").read_text(encoding="utf-8")
AT = dt.datetime(2026, 1, 7, tzinfo=dt.UTC)


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", DOCUMENT[DOCUMENT.index("## A worked example") :], re.DOTALL)
    assert found
    return found[1]


def said() -> dict[str, float]:
    return {name: float(score) for name, score in re.findall(r"^\| (\w+) \| ([\d.]+) \|", DOCUMENT, re.MULTILINE)}


def deliveries() -> pa.Table:
    rows = list(csv.DictReader(io.StringIO(block("csv"))))
    day = dt.date.fromisoformat
    return pa.table(
        {
            "id": [int(row["id"]) for row in rows],
            "code": [row["code"] for row in rows],
            "city": [row["city"] or None for row in rows],
            "weight": [float(row["weight"]) for row in rows],
            "shipped": [day(row["shipped"]) for row in rows],
            "arrived": [day(row["arrived"]) if row["arrived"] else None for row in rows],
            "depot": [row["depot"] for row in rows],
        }
    )


def by_hand(table: pa.Table) -> dict[str, float]:
    frame = pd.DataFrame({name: pd.Series(table[name].to_pylist(), dtype=object) for name in table.column_names})
    empty = sum(value is None for name in frame for value in frame[name])
    late = sum(a is not None and s > a for s, a in zip(frame.shipped, frame.arrived, strict=True))
    spelled = sum(city == "athens" for city in frame.city)
    texts = sum(value is not None for name in ("code", "city", "depot") for value in frame[name])
    age = (AT - dt.datetime.combine(max(frame.shipped) + dt.timedelta(days=1), dt.time(), dt.UTC)).total_seconds() / 3600
    impossible = sum(w != w for w in frame.weight) + sum(not 0 <= w <= 100 for w in frame.weight)
    other_form = sum(re.fullmatch("[A-Z]{2}-[0-9]{2}", code) is None for code in frame.code)
    return {
        "completeness": 1 - empty / frame.size,
        "accuracy": 1 - late / len(frame),
        "consistency": 1 - spelled / texts,
        "timeliness": min(1, 12 / age),
        "validity": 1 - impossible / (2 * len(frame)),
        "uniqueness": 1 - frame.astype(str).duplicated().sum() / len(frame),
        "integrity": 1 - sum(depot not in "NS" for depot in frame.depot) / len(frame),
        "conformity": 1 - other_form / (2 * len(frame)),
    }


def test_the_document_the_code_and_pandas_agree(engine: DuckDBEngine) -> None:
    table = deliveries()
    depots = Other(ArrowScan("other", "depots", lambda: pa.table({"depot": ["N", "S"]})))
    scan = ArrowScan("profile", "deliveries", lambda: table)
    found = assess(engine, scan, from_yaml(block("yaml")), others={"silver.depots": depots}, at=AT).assessment
    scores = {d.name: d.score for d in found.dimensions}
    assert tuple(scores) == DIMENSIONS
    assert scores == pytest.approx(by_hand(table))
    assert said() == pytest.approx(scores, abs=5e-5)
    assert found.score == pytest.approx(sum(by_hand(table).values()) / 8)


def test_records_that_were_set_aside_count_as_the_document_says(engine: DuckDBEngine) -> None:
    table = deliveries()
    scan = ArrowScan("profile", "deliveries", lambda: table)
    found = assess(engine, scan, from_yaml(block("yaml")), at=AT, set_aside=2).assessment
    validity = next(d for d in found.dimensions if d.name == "validity")
    assert (validity.checked, validity.failed, found.set_aside) == (32, 5, 2)
    assert f"1 - (3 + 2) / (20 + 12) = {validity.score:.4f}" in DOCUMENT
    assert "in quarantine: 2 of 12" in validity.evidence


def test_every_kind_and_every_formula_is_in_the_document() -> None:
    from typing import get_args

    from workbench.quality.dimensions import FORMULAS
    from workbench.quality.records import ExpectationKind

    assert all(f"| `{kind}` |" in DOCUMENT for kind in get_args(ExpectationKind))
    assert all(f"| {name} |" in DOCUMENT for name in FORMULAS)
