"""The widgets' Python side: messages in, answers out, nothing left running."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import workbench
from tests.patience import wait_until
from workbench.panels import CatalogPanel, LineagePanel


@pytest.fixture
def panel(root: Path) -> Iterator[tuple[CatalogPanel, list[dict[str, Any]]]]:
    if not (Path(workbench.__file__).parent / "panels/static/catalog.js").is_file():
        pytest.skip("the front end is not built: npm ci && npm run build")
    found = CatalogPanel(workbench.open(root), height=300, sample_rows=5)
    sent: list[dict[str, Any]] = []
    found.send = lambda content, buffers=None: sent.append(content)  # the wire to a browser that is not here
    yield found, sent
    found.close()


def wait_for(sent: list[dict[str, Any]], kind: str) -> dict[str, Any]:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for message in sent:
            if message["kind"] == kind:
                return message
        time.sleep(0.02)
    raise AssertionError(f"no {kind} in {sent}")


def test_a_call_is_answered_under_its_number(panel: tuple[CatalogPanel, list[dict[str, Any]]]) -> None:
    widget, sent = panel
    widget._hear(widget, {"id": 7, "kind": "call", "verb": "catalog.list", "args": {}}, [])
    answer = wait_for(sent, "result")
    assert answer["id"] == 7
    assert json.loads(answer["text"]) == []


def test_a_refusal_is_an_answer_too(panel: tuple[CatalogPanel, list[dict[str, Any]]]) -> None:
    widget, sent = panel
    widget._hear(widget, {"id": 1, "kind": "call", "verb": "catalog.get", "args": {"name": "silver.none"}}, [])
    assert json.loads(wait_for(sent, "error")["text"])["error"]["code"] == "dataset_not_found"


def test_a_file_in_pieces_is_looked_at_taken_in_and_told_by_an_event(panel: tuple[CatalogPanel, list[dict[str, Any]]]) -> None:
    widget, sent = panel
    widget._hear(widget, {"kind": "subscribe"}, [])
    log = widget.workspace.services.log
    # The watcher tells what comes after it has seen where the log stands: once it tells something, it has.
    wait_until(lambda: log.queue("step", "x", "ada") and any(message["kind"] == "event" for message in sent), every=0.2)
    widget._hear(widget, {"id": 2, "kind": "upload", "file": "first.csv"}, [])
    widget._hear(widget, {"id": 2, "kind": "piece", "last": False}, [memoryview(b"a,b\n1,")])
    wait_for(sent, "more")
    widget._hear(widget, {"id": 2, "kind": "piece", "last": True}, [memoryview(b"x\n")])
    staged = json.loads(wait_for(sent, "result")["text"])
    assert (staged["name"], staged["bytes"]) == ("first.csv", 8)
    sent.clear()
    widget._hear(widget, {"id": 3, "kind": "call", "verb": "ingest.load", "args": {"source": staged["source"]}}, [])
    assert json.loads(wait_for(sent, "result")["text"])["dataset"] == "bronze.first"
    assert json.loads(wait_for(sent, "event")["text"])["run_id"]


def test_closing_ends_its_threads(panel: tuple[CatalogPanel, list[dict[str, Any]]]) -> None:
    widget, _ = panel
    widget._hear(widget, {"kind": "subscribe"}, [])
    widget.close()
    wait_until(lambda: not any(t.name == "workbench-panel" for t in threading.enumerate()))


def test_code_and_style_travel_with_the_widget(panel: tuple[CatalogPanel, list[dict[str, Any]]]) -> None:
    widget, _ = panel
    assert "export" in widget._esm
    assert ".wb-panel" in widget._css
    lineage = LineagePanel(widget.workspace, "gold.x")
    assert lineage._options["request"]["name"] == "gold.x"
    lineage.close()
