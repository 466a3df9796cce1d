"""The tutorial is executed as it is, and what it shows is right."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pandas as pd
import pytest


def february(published: dict[str, pd.DataFrame]) -> pd.DataFrame:
    flights = published["flights"]
    return flights[flights["month"] == 2]


def test_every_cell_succeeds_and_a_picture_is_drawn(executed: dict[str, Any]) -> None:
    outputs = [output for cell in executed["notebook"].cells if cell.cell_type == "code" for output in cell.outputs]
    assert not [output for output in outputs if output.output_type == "error"]
    assert any("image/png" in output.get("data", {}) for output in outputs)
    assert executed["steps"] == ["succeeded"] * 3


def test_the_panels_are_shown_where_their_subject_is(executed: dict[str, Any]) -> None:
    widget = "application/vnd.jupyter.widget-view+json"
    shown = [cell.id for cell in executed["notebook"].cells for output in cell.get("outputs", ()) if widget in output.get("data", {})]
    assert shown == ["catalog-panel", "lineage-panel"]
    ids = [cell.id for cell in executed["notebook"].cells]
    assert ids.index("catalog") < ids.index("catalog-panel") < ids.index("search")
    assert ids.index("lineage") < ids.index("lineage-panel") < ids.index("model")


def test_questions_are_answered_as_pandas_answers_them(executed: dict[str, Any], published: dict[str, pd.DataFrame]) -> None:
    flights = published["flights"]
    wanted = flights[flights["origin"] == "JFK"].groupby("month").agg(n=("month", "size"), delay=("dep_delay", "mean"))
    assert {int(month): count for month, (count, _) in executed["by_month"].items()} == wanted["n"].to_dict()
    for month, (_, delay) in executed["by_month"].items():
        assert delay == pytest.approx(wanted["delay"][int(month)])

    united = flights[flights["carrier"] == "UA"].merge(published["airports"], left_on="dest", right_on="faa")
    busiest = united["name"].value_counts().head(5)
    assert executed["top"] == {"destination": list(busiest.index), "flights": list(busiest)}


def test_the_pipelines_days_are_what_pandas_computes(executed: dict[str, Any], published: dict[str, pd.DataFrame]) -> None:
    flights = february(published)
    days = pd.to_datetime(flights[["year", "month", "day"]]).dt.strftime("%Y-%m-%d")
    delay, cancelled = flights.groupby(days)["dep_delay"].mean(), flights["dep_time"].isna().groupby(days).sum()
    assert len(executed["daily"]) == 28
    for day, (mean, count) in executed["daily"].items():
        assert mean == pytest.approx(delay[day])
        assert count == cancelled[day]


def test_the_branch_was_tried_and_published(executed: dict[str, Any]) -> None:
    assert executed["holidays"] == [3, 3, 4]


def test_lineage_goes_from_the_files_to_the_gold_table(executed: dict[str, Any]) -> None:
    edges = {tuple(edge) for edge in executed["edges"]}
    steps = ["bronze.flights", "silver.flights", "silver.flights_enriched", "gold.daily_delay"]
    assert {*pairwise(steps), ("flights.csv", "bronze.flights")} <= edges
    files = {"weather": "csv", "planes": "parquet", "airports": "xlsx", "airlines": "json"}
    for table, ending in files.items():
        assert {(f"{table}.{ending}", f"bronze.{table}"), (f"bronze.{table}", "silver.flights_enriched")} <= edges


def test_a_dataset_comes_from_its_file_and_not_from_what_the_notebook_read_before(executed: dict[str, Any]) -> None:
    assert executed["holidays_from"] == ["holidays.csv"]


def test_the_experiment_is_kept(executed: dict[str, Any], published: dict[str, pd.DataFrame]) -> None:
    flown = february(published).dropna(subset=["dep_delay"])
    centred = flown["hour"] - flown["hour"].mean()
    slope = (centred * flown["dep_delay"]).sum() / (centred**2).sum()
    assert executed["slope"] == pytest.approx(slope)
    assert executed["metrics"]["minutes_per_hour"] == pytest.approx(slope)
