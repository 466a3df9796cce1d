"""New pipelines from templates: each runs as it is, and ends in something useful."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import polars as pl
import pytest

from tests.pipelines.conftest import Place
from workbench.app.local import LocalWorkspace
from workbench.core.errors import AlreadyExists, InvalidName
from workbench.pipelines.records import TemplateName

MAKES = {
    "ingest": "bronze.a_ingest",
    "profile": "gold.a_profile",
    "transform": "gold.a_transform_rows",
    "train": "gold.a_train",
    "evaluate": "gold.a_evaluate",
    "report": "gold.a_report",
    "backfill": "gold.a_backfill",
}


def flights(rows: int = 400) -> pl.DataFrame:
    """As the demo's flights, with the columns that the templates name."""
    moments = pl.datetime_range(pl.datetime(2013, 1, 1), pl.datetime(2013, 1, 8), "25m", eager=True).head(rows)
    late = pl.Series("dep_delay", [float(number * 7919 % 61 - 10) for number in range(len(moments))])
    return pl.DataFrame({"time_hour": moments, "dep_delay": late}).with_columns(
        arr_delay=pl.col("dep_delay") * 1.1 - 5 + pl.int_range(pl.len()) % 7,
        distance=pl.int_range(pl.len()) % 900 + 100,
        carrier=pl.when(pl.col("dep_delay") > 20).then(pl.lit(" UA ")).otherwise(pl.lit("AA")),
    )


@pytest.fixture(scope="module")
def lake(shared: Place) -> LocalWorkspace:
    """What the templates' parameters name by default."""
    root, ws = shared.settings.root, LocalWorkspace(shared.settings)
    ws.dataset("bronze.flights").write(flights())
    (root / "data").mkdir()
    (root / "data" / "airlines.json").write_text(json.dumps([{"carrier": "AA", "name": "American"}, {"carrier": "UA", "name": "United"}]))
    return ws


@pytest.mark.sampled(every=4)
@pytest.mark.parametrize("template", get_args(TemplateName))
def test_a_template_runs_as_it_is_on_the_demos_tables(shared: Place, lake: LocalWorkspace, template: TemplateName) -> None:
    made = shared.pipelines.new(f"a-{template}", template)
    done = shared.pipelines.run(made.name, wait=True)
    assert done.run.status == "succeeded", done.run.error
    found = lake.dataset(MAKES[template]).polars() if template in MAKES else pl.DataFrame()
    rows = flights()
    if template == "ingest":
        assert found["name"].sort().to_list() == ["American", "United"]
    elif template == "profile":
        assert set(found["column"]) == set(rows.columns)
    elif template == "transform":
        assert found["rows"].to_list() == [len(rows)]
        assert set(lake.dataset("silver.a_transform").polars()["carrier"]) == {"AA", "UA"}  # the blanks are gone
    elif template == "train":
        assert json.loads(found["weights"][0])["dep_delay"] == pytest.approx(1.1, abs=0.05)
        assert found["rmse"][0] < 3 < found["rmse_of_the_mean"][0]
    elif template == "evaluate":
        total = found.filter(pl.col("group").is_null()).row(0, named=True)
        assert total["rmse"] == pytest.approx((((rows["dep_delay"] - rows["arr_delay"]) ** 2).mean() or 0) ** 0.5)
        assert found["rows"].sum() == 2 * len(rows)
    elif template == "report":
        assert found["rows"].sum() == len(rows)
        assert "<table>" in (shared.settings.root / made.folder / "report.html").read_text(encoding="utf-8")
    elif template == "backfill":
        counted = rows.group_by(pl.col("time_hour").cast(pl.Date).alias("day")).len().sort("day")
        assert found.sort("day")["rows"].to_list() == counted["len"].to_list()[:7]
    else:
        assert done.steps[0].attributes["outputs"] == {"greeted": "world"}


def test_what_is_there_is_never_written_over(shared: Place) -> None:
    folder = shared.settings.root / "notebooks" / "pipelines"
    (folder / "mine").mkdir(parents=True)
    with pytest.raises(AlreadyExists, match="notebooks/pipelines/mine already"):
        shared.pipelines.new("mine", "empty")
    assert not list((folder / "mine").iterdir())
    shared.make("elsewhere", "name: other\nsteps: [{name: only}]", only=["1"])
    with pytest.raises(AlreadyExists, match="in notebooks/pipelines/elsewhere"):
        shared.pipelines.new("other", "empty")
    with pytest.raises(InvalidName):
        shared.pipelines.new("../up", "empty")
    assert not (folder / "other").exists()


def test_the_template_ingest_takes_in_nothing_outside_of_the_workspaces_folder(shared: Place, tmp_path: Path) -> None:
    """Who may start it says what it takes in, and it does that with the rights of who keeps it."""
    name = shared.pipelines.new("takes", "ingest").name
    (tmp_path / "private.csv").write_text("user,key\nada,1\n")
    (shared.settings.root / "link.csv").symlink_to(tmp_path / "private.csv")
    (shared.settings.state / "kept.csv").write_text("user,key\nada,1\n")
    (shared.settings.root / "open.csv").write_text("user,key\nada,1\n")
    private = str(tmp_path / "private.csv")
    ends = {}
    for number, source in enumerate(
        (private, f"file://{private}", "link.csv", f"{shared.settings.state.name}/kept.csv", "../x", "open.csv")
    ):
        params = {"source": source, "target": f"bronze.taken_{number}"}
        ends[source] = shared.pipelines.run(name, params, wait=True).run.status
    assert [source for source, status in ends.items() if status == "succeeded"] == ["open.csv"]
    taken = {line.name for line in LocalWorkspace(shared.settings).catalog.list("bronze") if "taken" in line.name}
    assert taken == {"bronze.taken_5"}
