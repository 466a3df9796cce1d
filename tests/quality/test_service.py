"""Quality through a workspace: looked at once a snapshot, checked against what is expected, remembered."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from workbench.app.local import LocalWorkspace
from workbench.core.config import Settings
from workbench.core.errors import Forbidden, HeldBack, InvalidInput, NotFound
from workbench.quality.expectations import from_yaml, to_yaml


@pytest.fixture
def ws(settings: Settings) -> Iterator[LocalWorkspace]:
    with LocalWorkspace(settings) as made:
        made.services.lasting = False
        yield made


PEOPLE = pa.table(
    {
        "id": [1, 2, 3, 3],
        "city": ["Athens", "athens", "Rome", "Rome"],
        "age": [30, 200, None, None],
        "mail": ["a@example.org", "b@example.org", "c@example.org", "c@example.org"],
    }
)


def test_the_eight_dimensions_come_in_one_order_and_say_why_they_are_not_assessed(ws: LocalWorkspace) -> None:
    ws.dataset("silver.people").write(PEOPLE)
    found = ws.dataset("people").quality()
    assert [d.name for d in found.dimensions] == [
        "completeness", "accuracy", "consistency", "timeliness", "validity", "uniqueness", "integrity", "conformity",
    ]  # fmt: skip
    missing = {d.name: d.evidence for d in found.dimensions if d.score is None}
    assert set(missing) == {"accuracy", "timeliness", "integrity", "conformity"}
    assert all(text.startswith("Not assessed: ") and "Add an expectation" in text for text in missing.values())
    known = {d.name: d.score for d in found.dimensions if d.score is not None}
    assert known == {"completeness": 14 / 16, "consistency": 1 - 1 / 8, "validity": 1.0, "uniqueness": 0.75}
    assert found.score == pytest.approx(sum(known.values()) / 4)


def test_the_rows_behind_each_failing_check_are_shown(ws: LocalWorkspace) -> None:
    people = ws.dataset("silver.people")
    people.write(PEOPLE)
    adult = people.expect("in_range", "age", low=0, high=130)
    known = people.expect("matches", "mail", pattern=".+@.+")
    whole = people.expect("unique", "id", severity="gate")
    found = people.quality()
    shown = {d.name: d.check_id for d in found.dimensions if d.failed}
    assert shown["completeness"] == "completeness"
    assert len(ws.quality.failing("people", "completeness").rows) == 2
    assert [row[1] for row in ws.quality.failing("people", shown["consistency"] or "").rows] == ["athens"]
    assert [row[2] for row in ws.quality.failing("people", adult.id).rows] == [200]
    assert [row[0] for row in ws.quality.failing("people", whole.id).rows] == [3, 3]
    assert ws.quality.failing("people", whole.id, 1).cut_at == 1
    assert [row[0] for row in ws.quality.failing("people", "uniqueness").rows] == [3, 3]
    assert ws.quality.failing("people", known.id).rows == ()
    assert [r.expectation.id for r in found.held_back] == [whole.id]
    with pytest.raises(NotFound):
        ws.quality.failing("people", "no such check")


def test_a_snapshot_is_looked_at_once_and_each_look_is_a_run(ws: LocalWorkspace) -> None:
    people = ws.dataset("silver.people")
    people.write(PEOPLE)
    first, again = people.profile(), people.profile()
    assert first == again
    assert len(ws.runs.list(kind="quality")) == 1
    assert people.quality() == people.quality()
    assert len(ws.runs.list(kind="quality")) == 2
    people.write(PEOPLE)
    assert people.profile().rows == 8
    run = ws.runs.list(kind="quality")[0]
    assert run.inputs[0].name == "silver.people" and run.job == "quality of silver.people"
    assert "Athens" not in str([event.body for event in ws.runs.events(run.id)])


def test_what_was_found_can_be_erased_and_what_is_expected_stays(ws: LocalWorkspace) -> None:
    people = ws.dataset("silver.people")
    people.write(PEOPLE)
    first, again = (people.expect({"kind": "not_null", "column": "id"}) for _ in range(2))
    assert first.id == again.id  # a list that was added by half can be added again
    people.quality()
    ws.services.quality.kept.erase(people.info.ref.table_uuid)
    assert ws.quality.history("people") == ()
    assert [e.kind for e in ws.quality.expectations("people")] == ["not_null"]


def test_history_says_what_is_unusual_and_what_was_expected(ws: LocalWorkspace) -> None:
    events = ws.dataset("silver.events")
    for day in range(7):
        events.write(pa.table({"n": list(range(100 + day % 3)), "x": [1.0 + day % 2] * (100 + day % 3)}), mode="overwrite")
        assert not any(w.startswith("Unusual") for w in events.quality().warnings), day
    events.write(pa.table({"n": [1] * 10, "x": [None] * 5 + [50.0] * 5}), mode="overwrite")
    point = (events.quality(), ws.quality.history("events")[-1])[1]
    assert [text.split(":")[0] for text in point.anomalies] == ["rows", "mean of n", "share of nulls of x", "mean of x"]
    assert all("expected" in text for text in point.anomalies)
    assert point.rows == 10


def test_a_column_that_points_to_another_key_is_found(ws: LocalWorkspace) -> None:
    ws.dataset("silver.airlines").write({"carrier": ["AA", "B6", "UA", "DL"], "name": ["American", "JetBlue", "United", "Delta"]})
    ws.dataset("airlines").profile()
    ws.dataset("silver.flights").write({"carrier": ["AA", "AA", "B6", "UA", "UA"], "n": [1, 2, 3, 4, 5]})
    links = ws.dataset("flights").profile().foreign_keys
    assert [(f.column, f.dataset, f.key, f.share) for f in links] == [("carrier", "silver.airlines", "carrier", 1.0)]
    ws.dataset("flights").expect("foreign_key", "carrier", dataset="silver.airlines", key="carrier")
    ws.dataset("silver.flights").write({"carrier": ["XX"], "n": [6]})
    found = ws.dataset("flights").quality()
    integrity = next(d for d in found.dimensions if d.name == "integrity")
    assert (integrity.score, integrity.checked, integrity.failed) == (pytest.approx(5 / 6), 6, 1)
    assert ws.quality.failing("flights", integrity.check_id or "").rows == (("XX", 6),)


@pytest.mark.parametrize(
    ("facts", "error"),
    [
        ({"kind": "not_null", "column": "nme"}, InvalidInput),
        ({"kind": "in_range", "column": "age"}, InvalidInput),
        ({"kind": "in_range", "column": "age", "low": "x"}, InvalidInput),
        ({"kind": "matches", "column": "city", "pattern": "("}, InvalidInput),
        ({"kind": "freshness"}, InvalidInput),
        ({"kind": "freshness", "hours": float("inf")}, InvalidInput),
        ({"kind": "freshness", "hours": 1, "column": "city"}, InvalidInput),
        ({"kind": "row_count"}, InvalidInput),
        ({"kind": "row_count", "low": "many"}, InvalidInput),
        ({"kind": "row_count", "high": float("nan")}, InvalidInput),
        ({"kind": "type", "column": "age"}, InvalidInput),
        ({"kind": "in_range", "column": "age", "high": 10**400}, InvalidInput),
        ({"kind": "no such kind"}, InvalidInput),
        ({"kind": "expression", "expression": "age < "}, InvalidInput),
        ({"kind": "expression", "expression": "age < (select 1)"}, Forbidden),
        ({"kind": "expression", "expression": "getenv('HOME') = 'x'"}, Forbidden),
        ({"kind": "expression", "expression": "true), (age < 1"}, InvalidInput),
        ({"kind": "expression", "expression": "sum(age) > 1"}, Forbidden),
        ({"kind": "expression", "expression": "nobody > 1"}, InvalidInput),
    ],
    ids=lambda value: str(value)[:60],
)
def test_what_cannot_be_checked_is_refused_when_it_is_said(ws: LocalWorkspace, facts: dict[str, object], error: type[Exception]) -> None:
    ws.dataset("silver.people").write(PEOPLE)
    with pytest.raises(error):
        ws.dataset("people").expect(**facts)  # type: ignore[arg-type]
    assert ws.quality.expectations("people") == ()


def test_a_gate_holds_back_whoever_writes(ws: LocalWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
    people = ws.dataset("silver.people")
    people.write({"id": [1, 2], "age": [30, 40]})
    people.expect("unique", "id", severity="gate")
    people.expect("in_range", "age", high=130, severity="gate")
    writes: list[tuple[dict[str, list[int]], dict[str, Any]]] = [
        ({"id": [3], "age": [200]}, {}),
        ({"id": [1], "age": [30]}, {}),
        ({"id": [1], "age": [200]}, {"mode": "upsert", "keys": ["id"]}),
        ({"id": [5, 5], "age": [1, 1]}, {"mode": "overwrite"}),
    ]
    for rows, how in writes:
        with pytest.raises(HeldBack, match=r"rows? fails?:"):
            people.write(rows, **how)
    assert people.info.rows == 2
    # Of rows that give way nothing is asked, and a draft is looked at when it is published.
    people.write({"id": [2, 3], "age": [41, 50]}, mode="upsert", keys=["id"])
    draft = people.branch("draft")
    draft.write({"id": [4], "age": [200]})
    with pytest.raises(HeldBack, match="1 of 1 row fails"):
        draft.publish()
    assert sorted(people.read().column("age").to_pylist()) == [30, 41, 50]
    # Where main has moved, the draft is looked at beside main's rows: each by itself has its ids once.
    late = people.branch("late")
    late.write({"id": [5], "age": [20]})
    people.write({"id": [5], "age": [21]})
    with pytest.raises(HeldBack, match="1 of 5 rows fails"):
        late.publish()
    people.write({"id": [1, 2], "age": [1, 2]}, mode="overwrite")
    # What comes between the look and the commit is looked at, too.
    commit, others = ws.services.lake.commit_many, [5]

    def overtaken(changes: Any, **how: Any) -> Any:
        if others:
            people.write({"id": [others.pop()], "age": [22]})
        return commit(changes, **how)

    monkeypatch.setattr(ws.services.lake, "commit_many", overtaken)
    with pytest.raises(HeldBack, match="1 of 4 rows fails"):
        late.publish()
    people.write({"id": [1, 2], "age": [1, 2]}, mode="overwrite")
    others = [6]
    late.publish()
    assert sorted(people.read().column("id").to_pylist()) == [1, 2, 5, 6]
    adding: list[tuple[int, Callable[[int], Any]]] = [
        (20, lambda key: people.write({"id": [key], "age": [23]})),
        (30, lambda key: people.write({"id": [key], "age": [key]}, mode="upsert", keys=["age"])),
        (40, lambda key: ws.sql(f"insert into silver.people values ({key}, 23)")),
        (50, lambda key: ws.ingest(pa.table({"id": [key], "age": [24]}), name="people", zone="silver", mode="append")),
    ]
    for key, add in adding:
        others = [key]
        with pytest.raises(HeldBack, match=r"1 of \d+ rows fails"):
            add(key)
        others = [key + 1]
        add(key + 2)
        assert not others
    assert sorted(people.read().column("id").to_pylist()) == [1, 2, 5, 6, *(key + n for key, _ in adding for n in range(3))]
    people.write({"id": [1, 2], "age": [1, 2]}, mode="overwrite")
    # Nothing is something, too, where all rows give way.
    people.expect("row_count", low=1, severity="gate")
    nothing = pa.table({"id": pa.array([], pa.int64()), "age": pa.array([], pa.int64())})
    for empty in (
        lambda: people.write(nothing, mode="overwrite"),
        lambda: ws.ingest(nothing, name="people", zone="silver", mode="overwrite"),
        lambda: ws.sql("truncate silver.people"),
    ):
        with pytest.raises(HeldBack, match="There are 0 rows"):
            empty()
    ws.ingest(nothing, name="people", zone="silver", mode="overwrite", force=True)
    assert [result.passed for result in people.quality().expectations] == [True, True, False]


def test_a_day_that_stands_for_no_end_is_fresh(ws: LocalWorkspace) -> None:
    ws.dataset("silver.prices").write({"id": [1, 2], "until": [date(2024, 1, 1), date.max]})
    ws.dataset("prices").expect("freshness", "until", hours=24)
    assert [result.passed for result in ws.dataset("prices").quality().expectations] == [True]


def test_proposals_hold_of_the_data_they_come_from_and_survive_yaml(ws: LocalWorkspace) -> None:
    ws.dataset("silver.t").write({"id": list(range(100)), "zone": ["north", "south"] * 50, "lat": [10.0 + i / 10 for i in range(100)]})
    proposed = ws.quality.propose("t")
    assert {(e.kind, e.column) for e in proposed} == {
        ("unique", "id"), ("not_null", "id"), ("not_null", "zone"), ("not_null", "lat"), ("in_set", "zone"), ("in_range", "lat"),
        ("row_count", None),
    }  # fmt: skip
    assert from_yaml(to_yaml(proposed)) == proposed
    for one in proposed:
        ws.quality.expect("t", one)
    assert all(r.passed for r in ws.dataset("t").quality().expectations)
    assert ws.quality.propose("t") == ()
    left = ws.quality.remove("t", ws.quality.expectations("t")[0].id)
    assert len(left) == len(proposed) - 1


def test_names_of_another_datasets_columns_are_not_taken_for_ours(ws: LocalWorkspace) -> None:
    """``v``, ``o`` and ``r`` are what our own statements call things; the other dataset may have such columns."""
    names = [f"name {i}" for i in range(15)]
    clumsy = {"v": list(range(15)), "o": list(range(15)), "r": [{"who": "nobody"}] * 15}
    ws.dataset("silver.keys").write(pa.table({"n": names, **clumsy}))
    ws.dataset("silver.people").write({"id": list(range(30)), "who": names * 2})
    ws.dataset("silver.others").write({"id": list(range(30)), "who": [f"name {i}" for i in range(100, 130)]})
    ws.dataset("keys").profile()
    (found,) = ws.dataset("people").profile().foreign_keys
    assert (found.column, found.dataset, found.key, found.share, found.checked) == ("who", "silver.keys", "n", 1.0, 15)
    assert "who" not in {link.column for link in ws.dataset("silver.others").profile().foreign_keys}
    ws.dataset("silver.others").expect("foreign_key", "who", dataset="silver.keys", key="n")
    ws.dataset("silver.others").write({"id": [30, 31], "who": ["name 3", None]})
    (result,) = ws.dataset("silver.others").quality().expectations
    assert (result.checked, result.failed) == (31, 30)
    assert len(ws.quality.failing("silver.others", result.expectation.id).rows) == 30
