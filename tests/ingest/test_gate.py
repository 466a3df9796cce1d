"""Rows are judged before they are committed: a load that is not as good as the dataset asks for writes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from loads import Loads

from workbench.app.services import Services
from workbench.core.config import QualitySettings
from workbench.core.errors import HeldBack, InvalidInput
from workbench.core.wording import spoken
from workbench.ingest.gate import proposed_zone, verdict
from workbench.ingest.records import Correction, Misfit
from workbench.quality.records import Expectation


def orders(path: Path, rows: int = 50, **changed: str) -> Path:
    lines = ["id,customer,amount"]
    for n in range(rows):
        values = {"id": str(n), "customer": f"c{n % 7}", "amount": f"{n}.5"} | (changed if n == rows - 1 else {})
        lines.append(",".join(values.values()))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def silver(ingest: Loads, services: Services, tmp_path: Path) -> str:
    ingest.ingest(orders(tmp_path / "orders.csv"), name="silver.orders")
    return "silver.orders"


def test_a_load_is_assessed_and_a_first_one_proposes_a_zone(ingest: Loads, services: Services, tmp_path: Path) -> None:
    report = ingest.ingest(orders(tmp_path / "orders.csv"))
    assert report.zone == "bronze" and report.proposed_zone == "gold" and report.quality is not None and report.quality > 0.9
    assert len(report.dimensions) == 8
    runs = len(services.log.list(kind="quality"))
    assessed = services.quality.current("orders")
    assert assessed.score == report.quality and assessed.run_id == report.run_id
    assert len(services.log.list(kind="quality")) == runs, "what the load found is not looked at again"
    assert [point.run_id for point in services.quality.history("orders")] == [report.run_id]
    profile = services.quality.profile("orders")
    assert profile.rows == 50 and profile.column("id").distinct == 50
    further = ingest.ingest(orders(tmp_path / "more.csv", 60), name="orders", mode="append")
    assert further.proposed_zone is None and further.quality is not None
    assert services.quality.profile("orders").rows == 110


def test_the_words_of_a_score_lead_from_bronze_over_silver_to_gold(ingest: Loads, tmp_path: Path) -> None:
    good = ingest.ingest(orders(tmp_path / "orders.csv"))
    assert good.proposed_zone == "gold" and "a candidate for gold. Make the silver table first" in good.verdict
    assert good.verdict.index("recipe apply bronze.orders") < good.verdict.index("promote silver.orders")
    more = ingest.ingest(orders(tmp_path / "more.csv", 60), name="orders", mode="append")
    assert more.verdict.startswith("The rows that came score ") and "`workbench quality bronze.orders`" in more.verdict
    (tmp_path / "fair.csv").write_text("a,b,c\n" + "x,,\n" * 10)
    fair = ingest.ingest(tmp_path / "fair.csv")
    assert (fair.zone, fair.proposed_zone) == ("bronze", "bronze") and "it stays in bronze; silver takes 0.5 or more" in fair.verdict
    refined = ingest.ingest(orders(tmp_path / "orders.csv"), name="silver.orders")
    assert "promote silver.orders" in refined.verdict and "recipe apply" not in refined.verdict
    assert ingest.ingest(orders(tmp_path / "orders.csv")).verdict == ""


def test_one_dimension_alone_is_too_little_for_gold() -> None:
    given = (QualitySettings(), "bronze.numbers", 1.0)
    assert proposed_zone(given[0], 1.0, ["completeness"]) == "silver"
    said = "That is its completeness alone; gold takes more than one dimension: `workbench quality bronze.numbers`"
    assert said in verdict(*given, ["completeness"], True)
    assert proposed_zone(given[0], 1.0, ["completeness", "uniqueness"]) == "gold"
    assert "alone" not in verdict(*given, ["completeness", "uniqueness"], True)


def test_of_more_rows_than_are_counted_it_is_said_how_many_may_be_equal(ingest: Loads, tmp_path: Path) -> None:
    numbers = tmp_path / "numbers.csv"
    numbers.write_text("a,b\n" + "".join(f"{n // 1000},{n % 1000}\n" for n in range(1_000_500)))
    report = ingest.ingest(numbers)
    assert [(d.name, d.score) for d in report.dimensions if d.score is not None] == [("completeness", 1.0), ("uniqueness", 1.0)]
    assert "rows equal to an earlier one were estimated from " in next(d.evidence for d in report.dimensions if d.name == "uniqueness")
    assert (report.quality, report.proposed_zone) == (1.0, "gold")


def test_references_are_found_when_the_profile_is_asked_for(ingest: Loads, services: Services, tmp_path: Path) -> None:
    people = tmp_path / "customers.csv"
    people.write_text("customer,name\n" + "".join(f"c{n},Name {n}\n" for n in range(7)))
    ingest.ingest(people)
    ingest.ingest(orders(tmp_path / "orders.csv"))
    assert services.quality.profile("customers").rows == 7
    (key,) = services.quality.profile("orders").foreign_keys
    assert (key.column, key.dataset, key.share) == ("customer", "bronze.customers", 1.0)
    assert services.quality.profile("orders").foreign_keys == (key,)


def test_a_gate_that_does_not_hold_keeps_the_rows_out(ingest: Loads, services: Services, silver: str, tmp_path: Path) -> None:
    services.quality.expect(silver, Expectation(kind="in_range", column="amount", low=0, high=1000, severity="gate"))
    bad = orders(tmp_path / "bad.csv", 60, amount="5000")
    with pytest.raises(HeldBack) as caught:
        ingest.ingest(bad, name=silver, mode="append")
    assert "1 of 60 rows fails: amount is at least 0 and at most 1000" in caught.value.message and "force" in (caught.value.fix or "")
    (check,) = caught.value.details["checks"]
    assert (check["kind"], check["checked"], check["failed"]) == ("in_range", 60, 1)
    assert services.lake.info(silver).rows == 50
    assert services.log.list(kind="ingest")[0].status == "failed"
    assert ingest.ingest(bad, name=silver, mode="append", force=True).rows == 60


def test_what_is_expected_of_all_rows_is_looked_at_in_all(ingest: Loads, services: Services, silver: str, tmp_path: Path) -> None:
    services.quality.expect(silver, Expectation(kind="unique", column="id", severity="gate"))
    services.quality.expect(silver, Expectation(kind="row_count", low=40, severity="gate"))
    few = tmp_path / "few.csv"
    few.write_text("id,customer,amount\n900,c1,5\n")
    assert ingest.ingest(few, name=silver, mode="append").rows == 1
    few.write_text("id,customer,amount\n7,c1,5\n")
    with pytest.raises(HeldBack, match="id is unique"):
        ingest.ingest(few, name=silver, mode="append")
    few.write_text("id,customer,amount\n7,c1,5\n8,c1,5\n")
    with pytest.raises(HeldBack, match="There are 2 rows"):
        ingest.ingest(few, name=silver, mode="overwrite")
    assert services.lake.info(silver).rows == 51


def test_rows_that_give_way_to_those_of_their_key_do_not_count(ingest: Loads, services: Services, silver: str, tmp_path: Path) -> None:
    services.quality.expect(silver, Expectation(kind="unique", column="id", severity="gate"))
    services.quality.expect(silver, Expectation(kind="row_count", high=51, severity="gate"))
    few = tmp_path / "few.csv"
    few.write_text("id,customer,amount\n7,c1,5\n900,c1,5\n")
    assert ingest.ingest(few, name=silver, mode="upsert", keys=("id",)).updated == 1
    assert services.lake.info(silver).rows == 51
    few.write_text("id,customer,amount\n8,c1,5\n901,c1,5\n")
    with pytest.raises(HeldBack, match="There are 52 rows"):
        ingest.ingest(few, name=silver, mode="upsert", keys=("id",))


def test_a_score_below_the_zones_keeps_the_rows_out(ingest: Loads, services: Services, silver: str, tmp_path: Path) -> None:
    poor = tmp_path / "poor.csv"
    poor.write_text("id,customer,amount\n" + "1,,\n" * 50)
    with pytest.raises(HeldBack) as caught:
        ingest.ingest(poor, name=silver, mode="append")
    assert "asks for 0.5" in caught.value.message and caught.value.details["score"] < 0.5
    assert services.lake.info(silver).rows == 50
    assert ingest.ingest(poor, name="bronze.orders").rows == 50, "bronze takes it as it came"


def test_a_warning_lets_the_rows_pass(ingest: Loads, services: Services, silver: str, tmp_path: Path) -> None:
    services.quality.expect(silver, Expectation(kind="in_range", column="amount", low=0, high=1000))
    report = ingest.ingest(orders(tmp_path / "bad.csv", 60, amount="5000"), name=silver, mode="append")
    assert report.rows == 60
    assert any(warning.startswith("An expectation does not hold of these rows: in_range of amount.") for warning in report.warnings)
    for day in range(6):
        report = ingest.ingest(orders(tmp_path / f"{day}.csv", 60 if day < 5 else 5), name="daily", mode="overwrite", force=True)
    assert any(warning.startswith("Unusual for bronze.daily: rows") for warning in report.warnings)


def test_a_gate_that_cannot_be_checked_does_not_hold(ingest: Loads, services: Services, silver: str, tmp_path: Path) -> None:
    people = tmp_path / "customers.csv"
    people.write_text("customer\n" + "".join(f"c{n}\n" for n in range(7)))
    ingest.ingest(people)
    services.quality.expect(
        silver, Expectation(kind="foreign_key", column="customer", dataset="bronze.customers", key="customer", severity="gate")
    )
    more = orders(tmp_path / "more.csv", 60)
    assert ingest.ingest(more, name=silver, mode="append").rows == 60
    services.writer.drop("bronze.customers")
    with pytest.raises(HeldBack):
        ingest.ingest(orders(tmp_path / "yet more.csv", 70), name=silver, mode="append")


def test_an_upsert_without_keys_says_how_they_are_named(ingest: Loads, tmp_path: Path) -> None:
    (tmp_path / "sales.csv").write_text("id,amount\n1,2\n")
    with pytest.raises(InvalidInput) as caught:
        ingest.ingest(tmp_path / "sales.csv", mode="upsert")
    assert spoken(caught.value.fix or "", "command line") == "Name its columns, as in `--keys id`."
    with pytest.raises(InvalidInput) as caught:
        ingest.ingest(tmp_path / "sales.csv", keys=("id",))
    assert "Leave them out" in (caught.value.fix or "")


@pytest.fixture
def waiting(ingest: Loads, services: Services, silver: str, tmp_path: Path) -> list[Misfit]:
    """Two records in the quarantine of a dataset that asks for something."""
    more = tmp_path / "more.csv"
    rows = [f"{500 + n},c{n % 7},{n}.50" for n in range(60)]
    more.write_text("\n".join(["id,customer,amount", *rows, "901,c1,many", "902,c2,most", ""]))
    assert ingest.ingest(more, name=silver, mode="append", drift="keep").rejected == 2
    services.quality.expect(silver, Expectation(kind="in_range", column="amount", low=0, high=1000, severity="gate"))
    services.quality.expect(silver, Expectation(kind="unique", column="id", severity="gate"))
    return list(services.ingest.misfits(silver))


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([{"amount": "5000"}, {"amount": "5"}], "1 of 2 rows fails: amount is at least 0 and at most 1000"),
        ([{"amount": "5", "id": "7"}, {"amount": "5"}], "id is unique"),
        ([{"amount": "5", "id": "903"}, {"amount": "5", "id": "903"}], "id is unique"),
    ],
    ids=["a value", "a key that is there", "a key twice"],
)
def test_corrected_rows_pass_the_gates_that_a_load_passes(
    services: Services, silver: str, waiting: list[Misfit], rows: list[dict[str, str | None]], reason: str
) -> None:
    there = services.lake.info(silver).rows
    asked = [Correction(id=misfit.id, row=row) for misfit, row in zip(waiting, rows, strict=True)]
    with pytest.raises(HeldBack) as caught:
        services.ingest.correct(silver, asked)
    assert reason in caught.value.message and "What was corrected was held back" in caught.value.message
    assert "force" in (caught.value.fix or "") and caught.value.details["checks"]
    assert services.lake.info(silver).rows == there and services.log.list(kind="correct")[0].status == "failed"
    assert [misfit.id for misfit in services.ingest.misfits(silver)] == [misfit.id for misfit in waiting]
    done = services.ingest.correct(silver, asked, force=True)
    assert (done.joined, done.left, services.lake.info(silver).rows) == (2, 0, there + 2)


def test_corrected_rows_that_are_good_join_a_dataset_with_gates(services: Services, silver: str, waiting: list[Misfit]) -> None:
    there = services.lake.info(silver).rows
    done = services.ingest.correct(silver, [Correction(id=misfit.id, row={"amount": "5"}) for misfit in waiting])
    assert (done.joined, done.left, services.lake.info(silver).rows) == (2, 0, there + 2)


def test_a_nested_value_beyond_a_double_is_refused_where_it_is_corrected(ingest: Loads, services: Services, tmp_path: Path) -> None:
    path = tmp_path / "points.ndjson"
    path.write_text('{"n": 1, "at": {"x": 1.5}}\n' * 30 + "broken\n")
    ingest.ingest(path)
    (misfit,) = ingest.misfits("points")
    told = services.ingest.correct("points", [Correction(id=misfit.id, row={"n": "2", "at": '{"x": 1e400}'})])
    assert [(each.column, each.reason) for each in told.failed] == [("at", "is no JSON of the kind struct<x: double>")]
    assert services.ingest.correct("points", [Correction(id=misfit.id, row={"n": "2", "at": '{"x": 1e40}'})]).joined == 1
