"""What a widget can ask the kernel, held to what REST answers."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import workbench
from workbench.app.protocol import NAMESPACES
from workbench.app.verbs import verbs_of
from workbench.core.errors import DatasetNotFound, InvalidInput
from workbench.panels.bridge import Bridge, error_body
from workbench.panels.uploads import Upload

REPO = Path(__file__).parents[2]


@pytest.fixture
def bridge(root: Path) -> Bridge:
    source = root / "fares.csv"
    source.write_text("carrier,fare\nAA,120\nUA,99\n")
    workspace = workbench.open(root)
    workspace.ingest(source)
    return Bridge(workspace)


def test_the_panels_routes_are_the_protocols() -> None:
    told = json.loads((REPO / "extensions/panels/src/verbs.json").read_text())
    known = {f"{noun}.{verb.name}": [verb.method, verb.path] for noun, protocol in NAMESPACES.items() for verb in verbs_of(protocol)}
    assert told == {name: known.get(name) for name in told}
    typed = re.findall(r"^  '(\w+\.\w+)': \[", (REPO / "extensions/panels/src/verbs.ts").read_text(), re.MULTILINE)
    assert set(typed) <= set(told)  # or a button asks for what has no address


def test_answers_are_the_rest_apis_json(bridge: Bridge) -> None:
    listed = json.loads(bridge.call("catalog.list", {}))
    assert [d["name"] for d in listed] == ["bronze.fares"]
    assert listed == [d.to_json() for d in bridge.workspace.catalog.list()]
    sample = json.loads(bridge.call("datasets.sample", {"name": "bronze.fares", "limit": 1}))
    assert sample["rows"] == [["AA", 120]]


def test_snapshot_ids_stay_exact_in_the_text(bridge: Bridge) -> None:
    text = bridge.call("datasets.snapshots", {"name": "bronze.fares"})
    assert str(bridge.workspace.datasets.snapshots("bronze.fares")[0].id) in text


@pytest.mark.parametrize(
    ("verb", "arguments"),
    [
        ("catalog.destroy", {}),
        ("datasets.read", {"name": "bronze.fares"}),  # Arrow, not JSON
        ("catalog.get", {}),
        ("catalog.get", {"name": "bronze.fares", "colour": "red"}),
        ("datasets.sample", {"name": "bronze.fares", "limit": "many"}),
    ],
)
def test_what_no_verb_takes_is_refused(bridge: Bridge, verb: str, arguments: dict[str, object]) -> None:
    with pytest.raises(InvalidInput):
        bridge.call(verb, arguments)


def test_an_error_reaches_the_panel_in_the_one_shape(bridge: Bridge) -> None:
    with pytest.raises(DatasetNotFound) as raised:
        bridge.call("catalog.get", {"name": "bronze.faers"})
    assert json.loads(error_body(raised.value))["error"]["code"] == "dataset_not_found"


def test_a_fault_of_ours_is_told_without_its_words() -> None:
    body = json.loads(error_body(RuntimeError("secret value 42")))
    assert "42" not in json.dumps(body)
    assert body["error"]["fix"]


def test_an_upload_comes_piece_by_piece_and_leaves_nothing_behind(bridge: Bridge) -> None:
    upload = Upload("C:\\somewhere\\..\\routes.csv")
    folder = upload._folder
    for piece in (b"a,b\n1", b",x\n2,y\n"):
        upload.add(piece)
    staged = upload.finish(bridge.workspace)
    assert (staged.name, staged.bytes) == ("routes.csv", 12)
    assert not folder.exists()
    seen = json.loads(bridge.call("ingest.preview", {"source": staged.source}))
    assert [(c["name"], c["type"]) for c in seen["columns"]] == [("a", "long"), ("b", "string")]
