"""Amounts of another currency than those before them join as numbers: that is told."""

from __future__ import annotations

from pathlib import Path

from loads import Loads

from workbench.app.services import Services
from workbench.ingest.records import LoadOptions


def test_another_currency_than_before_is_told(ingest: Loads, services: Services, tmp_path: Path) -> None:
    def month(number: int, code: str) -> Path:
        path = tmp_path / f"{number}.csv"
        path.write_text("id;fee;price\n" + "".join(f"{number}{n};{n},50 {code};\u20ac {n}\n" for n in range(5)))
        return path

    def told(found: tuple[str, ...]) -> list[str]:
        return [each.partition(".")[0] for each in found if "came in" in each]

    ingest.ingest(month(1, "EUR"), "fees")
    assert told(ingest.ingest(month(2, "EUR"), "fees", mode="append").warnings) == []
    words = ["fee is in USD here, and came in EUR before"]
    assert told(services.preview.preview(month(3, "USD"), LoadOptions(name="fees", mode="append")).warnings) == words
    assert told(ingest.ingest(month(3, "USD"), "fees", mode="append").warnings) == words
    assert told(ingest.ingest(month(4, "CHF"), "fees", mode="overwrite").warnings) == []
    assert told(ingest.ingest(month(5, "CHF"), "fees", mode="append").warnings) == []
    # Of files that are taken together it is told with where each came from.
    (tmp_path / "5.csv").unlink()
    (first, *_) = ingest.ingest(tmp_path, "all_fees").warnings
    assert first.startswith("fee is in several currencies: EUR (1.csv), USD (3.csv), CHF (4.csv). In one column")
