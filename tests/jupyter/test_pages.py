"""What a page of JupyterLab costs its server: no program is started for it, and no schema is checked twice."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from jsonschema import Draft7Validator, SchemaError
from jupyterlab_server import settings_utils
from tornado.web import HTTPError

from workbench.jupyter.extension import _tell_pages
from workbench.jupyter.schemas import CheckedOnce


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A page's configuration, as our hook leaves it."""
    monkeypatch.setattr(settings_utils, "Validator", Draft7Validator)
    app = SimpleNamespace(settings={"page_config_hook": lambda _, config: {**config, "theirs": 1}})
    _tell_pages(app, SimpleNamespace(identity=lambda: "a workspace"))  # type: ignore[arg-type]
    return app.settings["page_config_hook"](None, {"buildCheck": True})


def test_a_page_does_not_ask_whether_jupyterlab_is_to_be_built(told: Any) -> None:
    assert told == {"theirs": 1, "workbenchWorkspace": "a workspace", "buildCheck": False}


def test_a_schema_of_settings_is_checked_until_it_was_found_well_formed(told: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(settings_utils.Validator, CheckedOnce)
    checked: list[Any] = []

    def check(schema: Any) -> None:
        checked.append(schema)
        Draft7Validator.check_schema(schema)

    monkeypatch.setattr(settings_utils.Validator, "_validator", SimpleNamespace(check_schema=check))
    folder = tmp_path / "ours"
    folder.mkdir()
    for content, times, fails in (({"type": "object"}, 1, False), ({"type": "no type"}, 4, True), ({"type": "string"}, 5, False)):
        (folder / "panel.json").write_text(json.dumps(content))
        for _ in range(3):
            if fails:
                with pytest.raises((HTTPError, SchemaError)):
                    settings_utils._get_schema(str(tmp_path), "ours:panel", {}, None)
            else:
                settings_utils._get_schema(str(tmp_path), "ours:panel", {}, None)
        assert len(checked) == times
