"""TPC-H at scale factor 0.01: all 22 answers are the published ones, also where they come from kept results."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("duckdb_extension_tpch")
sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

from _tpch import ATTRIBUTES, BY_HAND, POLICY, TABLES, answers, connect, differs, queries

from workbench.core.principals import Principal


def test_all_22_answers_are_the_published_ones(place: Any) -> None:
    bare = connect()
    bare.execute("CALL dbgen(sf = 0.01)")
    for name in TABLES:
        place.writer.write(f"bronze.{name}", bare.execute(f"FROM {name}").to_arrow_table(), "create")
    texts, published = queries(bare), answers(bare, 0.01)
    assert len(texts) == len(published) == 22
    for number, text in texts.items():
        assert differs(place.query.arrow(text), published[number]) is None, number
    assert differs(place.query.arrow(texts[1]), published[4]) is not None
    # Through masks and filters the answers are those of the same, written by hand.
    place.access.policies.apply(POLICY, Principal(name="ada"))
    ann = Principal(name="ann", roles=("analyst",), attributes=ATTRIBUTES)
    for name, (columns, rows) in BY_HAND.items():
        bare.execute(f"ALTER TABLE {name} RENAME TO {name}_")
        bare.execute(f"CREATE VIEW {name} AS SELECT * REPLACE ({columns}) FROM {name}_ WHERE {rows}")
    filled = 0
    for number, text in texts.items():
        ours = place.query.arrow(text, principal=ann)
        theirs = bare.execute(text).to_arrow_table()
        filled += ours.num_rows > 0
        by_hand = [["" if value is None else str(value) for value in row.values()] for row in theirs.to_pylist()]
        assert differs(ours, by_hand) is None, number
        assert place.query.run(text, principal=ann, limit=1).masked, number
    assert filled >= 15
    bare.close()
