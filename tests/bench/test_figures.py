"""The documentation's figures are those that were measured."""

from __future__ import annotations

import runpy
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


def test_the_page_is_what_the_results_say() -> None:
    page = runpy.run_path(str(REPOSITORY / "tools" / "write-figures"))["page"]()
    assert (REPOSITORY / "docs" / "speed.md").read_text(encoding="utf-8") == page, "run tools/write-figures"
    assert "| 20 steps that import pandas |" in page and "papermill" in page
