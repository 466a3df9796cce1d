"""The flights pipeline, in the worker and then a notebook at a time, against pandas."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

import workbench
from workbench.pipelines.load import load_pipeline
from workbench.pipelines.injection import inject, parameter_names

TREE = Path(__file__).resolve().parents[2]
SHIPPED = sorted([*(TREE / "notebooks").rglob("*.ipynb"), *(TREE / "workbench" / "pipelines" / "templates").rglob("*.ipynb")])
STEPS = ("01-clean-flights", "02-join", "03-daily-delay")


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_a_shipped_notebook_is_valid_and_clean(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert len({cell.id for cell in notebook.cells}) == len(notebook.cells)
    assert notebook.cells[0].cell_type == "markdown"
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert not cell.outputs and cell.execution_count is None
    assert notebook.metadata.kernelspec.name == "lake-python"


def test_every_step_takes_the_pipelines_parameters() -> None:
    pipeline = load_pipeline(TREE / "notebooks" / "pipelines" / "flights" / "pipeline.yaml", TREE)
    assert [step.needs for step in pipeline.steps] == [(), ("clean_flights",), ("join",)]
    for step in pipeline.steps:
        notebook = nbformat.read(TREE / pipeline.folder / step.notebook, as_version=4)
        assert parameter_names(notebook) == {parameter.name for parameter in pipeline.parameters}


def execute(demo: Path, step: str, month: int) -> None:
    path = demo / "notebooks" / "pipelines" / "flights" / f"{step}.ipynb"
    notebook = inject(nbformat.read(path, as_version=4), {"month": month})
    NotebookClient(notebook, kernel_name="lake-python", timeout=120, resources={"metadata": {"path": str(path.parent)}}).execute()


@pytest.fixture(scope="module")
def february(demo: Path, executed: dict[str, Any]) -> dict[str, pd.DataFrame]:
    """What the three steps wrote for February in the worker, each step then run again: that must change nothing."""
    workspace = workbench.open(demo)
    tables = ("silver.flights", "silver.flights_enriched", "gold.daily_delay")
    found = {table: workspace.dataset(table).pandas() for table in tables}
    for step, table in zip(STEPS, tables, strict=True):
        execute(demo, step, 2)
        pd.testing.assert_frame_equal(workspace.dataset(table).pandas(), found[table])
        assert len(workspace.dataset(table).history()) == 3  # with the empty state that its first run's branch began at
    return found


@pytest.fixture(scope="module")
def flights_of_february(published: dict[str, pd.DataFrame]) -> pd.DataFrame:
    flights = published["flights"]
    hour = pd.to_datetime(flights["time_hour"], utc=True)
    frame = flights.assign(hour_utc=hour, scheduled=hour + pd.to_timedelta(flights["minute"], unit="min"))[flights["month"] == 2]
    return frame.sort_values(["scheduled", "carrier", "flight", "origin"]).reset_index(drop=True)


def test_clean_flights_have_types_and_moments(february: dict[str, pd.DataFrame], flights_of_february: pd.DataFrame) -> None:
    clean = february["silver.flights"].sort_values(["scheduled_departure", "carrier", "flight", "origin"]).reset_index(drop=True)
    raw = flights_of_february
    assert len(clean) == len(raw) == 24951
    assert (pd.to_datetime(clean["scheduled_departure"], utc=True) == raw["scheduled"]).all()
    left = raw["scheduled"] + pd.to_timedelta(raw["dep_delay"], unit="min")
    assert pd.to_datetime(clean["departure"], utc=True).astype("datetime64[us, UTC]").equals(left.astype("datetime64[us, UTC]"))
    for ours, theirs in {"departure_delay": "dep_delay", "arrival_delay": "arr_delay", "air_time": "air_time"}.items():
        pd.testing.assert_series_equal(clean[ours].astype(float), raw[theirs].astype(float), check_names=False)
    assert clean["tail_number"].isna().tolist() == raw["tailnum"].isna().tolist()
    assert clean["cancelled"].tolist() == raw["dep_time"].isna().tolist()
    # The wall clock in New York, from the moment in UTC, is the one that was published.
    clock = pd.to_datetime(clean["scheduled_departure"], utc=True).dt.tz_convert("America/New_York")
    assert (clock.dt.hour * 100 + clock.dt.minute).tolist() == raw["sched_dep_time"].tolist()


def test_joined_flights_know_what_the_other_tables_know(
    february: dict[str, pd.DataFrame], flights_of_february: pd.DataFrame, published: dict[str, pd.DataFrame]
) -> None:
    keys = ["scheduled_departure", "carrier", "flight", "origin"]
    ours = february["silver.flights_enriched"].sort_values(keys).reset_index(drop=True)
    weather = published["weather"].rename(columns={"time_hour": "at"})[["origin", "at", "temp", "precip"]]
    planes = published["planes"].rename(columns={"year": "built"})[["tailnum", "built", "seats"]]
    airports = published["airports"].rename(columns={"name": "there"})[["faa", "there"]]
    theirs = (
        flights_of_february.merge(published["airlines"], on="carrier", how="left")
        .merge(airports, left_on="dest", right_on="faa", how="left")
        .merge(planes, on="tailnum", how="left")
        .merge(weather, left_on=["origin", "time_hour"], right_on=["origin", "at"], how="left")
        .sort_values(["scheduled", "carrier", "flight", "origin"])
        .reset_index(drop=True)
    )
    assert ours["airline"].tolist() == theirs["name"].tolist()
    assert ours["destination_name"].fillna("").tolist() == theirs["there"].fillna("").tolist()
    for mine, other in {"seats": theirs["seats"], "plane_age_years": 2013 - theirs["built"], "temperature_f": theirs["temp"]}.items():
        pd.testing.assert_series_equal(ours[mine].astype(float), other.astype(float), check_names=False)


def test_daily_delays_are_what_pandas_computes(
    february: dict[str, pd.DataFrame], flights_of_february: pd.DataFrame, published: dict[str, pd.DataFrame]
) -> None:
    flights = flights_of_february.assign(date=pd.to_datetime(flights_of_february[["year", "month", "day"]]))
    wanted = (
        flights.groupby(["date", "carrier"])
        .agg(
            flights=("flight", "size"),
            cancelled=("dep_time", lambda times: int(times.isna().sum())),
            mean_departure_delay=("dep_delay", "mean"),
            mean_arrival_delay=("arr_delay", "mean"),
        )
        .reset_index()
    )
    wanted["cancelled_share"] = wanted["cancelled"] / wanted["flights"]
    ours = february["gold.daily_delay"].sort_values(["flight_date", "carrier"]).reset_index(drop=True)
    assert pd.to_datetime(ours["flight_date"]).tolist() == wanted["date"].tolist()
    assert ours["carrier"].tolist() == wanted["carrier"].tolist()
    for column in ("flights", "cancelled", "cancelled_share", "mean_departure_delay", "mean_arrival_delay"):
        pd.testing.assert_series_equal(ours[column].astype(float), wanted[column].astype(float), check_names=False)
    names = dict(zip(published["airlines"]["carrier"], published["airlines"]["name"], strict=True))
    assert ours["airline"].tolist() == [names[carrier] for carrier in ours["carrier"]]


def test_what_the_steps_write_is_described_and_a_persons_words_stay(demo: Path, february: dict[str, pd.DataFrame]) -> None:
    workspace = workbench.open(demo)
    told = {name: workspace.catalog.get(name).description for name in february}
    assert "one row each" in told["silver.flights"]
    assert all(len(text) > 40 for text in told.values())
    workspace.dataset("gold.daily_delay").describe("Ours.")
    execute(demo, "03-daily-delay", 2)
    assert workspace.catalog.get("gold.daily_delay").description == "Ours."


def test_a_step_for_a_month_that_is_not_there_says_what_to_run(demo: Path, february: dict[str, pd.DataFrame]) -> None:
    with pytest.raises(CellExecutionError, match="run the first step for that month"):
        execute(demo, "02-join", 7)
