"""The same examples through Python (local and remote), command line and REST give equal results, for every verb there is."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from verbs_examples import EXAMPLES, Story, prepare
from verbs_faces import VERBS, CommandLine, Face, PythonLocal, PythonRemote, Rest

from workbench.cli.commands.verbs import COMMANDS
from workbench.core.config import Settings, create_workspace_file, load_settings
from workbench.core.errors import WorkbenchError
from workbench.jobs.supervisor import down, up
from workbench.runs.log import RunLog
from workbench.store import Store

FACES: dict[str, Callable[[Settings, Path], Face]] = {
    "python": lambda settings, scratch: PythonLocal(settings),
    "remote": lambda settings, scratch: PythonRemote(settings),
    "rest": lambda settings, scratch: Rest(settings),
    "command line": CommandLine,
}
Told = list[tuple[str, Any]]


def test_every_verb_has_an_example_and_a_command() -> None:
    assert {example.verb for example in EXAMPLES} == set(VERBS)
    assert set(COMMANDS) == set(VERBS)


def tell(face: Face, root: Path) -> Told:
    """Every example's outcome, in order."""
    story = Story(root / "files")
    told: Told = []
    for example in EXAMPLES:
        arguments = example.arguments(story) if callable(example.arguments) else example.arguments
        try:
            result = face.call(example.verb, dict(arguments))
        except WorkbenchError as error:
            assert error.code == example.error, f"{example.verb} {arguments}: {error!r}"
            told.append((example.verb, error.to_body()))
            continue
        assert example.error is None, f"{example.verb} {arguments} should fail with {example.error}"
        if example.keep is not None:
            example.keep(result, story.known)
        told.append((example.verb, result))
    return told


@pytest.fixture(scope="module")
def stories(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], list[tuple[str, Any]]]]:
    """The story as each face tells it, in a workspace of its own; told once."""
    told: dict[str, Told] = {}
    RAN.clear()

    def story_of(name: str) -> Told:
        if name not in told:
            folder = tmp_path_factory.mktemp("face")
            root = folder / "project"
            create_workspace_file(root, "told")
            prepare(root)
            settings = load_settings(root, env={})
            up(settings, wait=90)
            try:
                face = FACES[name](settings, folder)
                told[name] = normal(tell(face, root), settings)
                RAN[name] = ran(settings)
                face.close()
            finally:
                down(settings, grace=5)
        return told[name]

    yield story_of


RAN: dict[str, Counter[tuple[str, ...]]] = {}


def ran(settings: Settings) -> Counter[tuple[str, ...]]:
    """The runs of a workspace: which there are too many or too few of, where numbers of them differ."""
    store = Store(settings.store_url)
    try:
        runs = RunLog(store).list(limit=None)
        return Counter((run.kind, run.job, run.status, str(run.params), str(run.error and run.error.code)) for run in runs)
    finally:
        store.close()


@pytest.mark.timeout(600)
# What is behind WORKBENCH_URL goes by REST, so that is seen there, too.
@pytest.mark.parametrize("name", [pytest.param(name, marks=[pytest.mark.full] * (name == "rest")) for name in FACES if name != "python"])
def test_every_verb_gives_what_it_gives_in_python(name: str, stories: Callable[[str], Told]) -> None:
    expected, found = stories("python"), stories(name)
    for index, (one, other) in enumerate(zip(expected, found, strict=True)):
        assert other == one, f"{EXAMPLES[index]}: {RAN['python'] - RAN[name]} less, {RAN[name] - RAN['python']} more"


# What differs from one workspace to the next is given a name by its first appearance: equal names, equal values.

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_TOKEN = re.compile(r"wb_[A-Za-z0-9_-]{43}")
_UPLOAD = re.compile(r"(?<=upload:)[0-9a-f]{32}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)")
_NOW = re.compile(r"^202[6-9]-(?!01-02)")
_MOMENTARY = {
    "pid",
    "started",
    "started_at",
    "ended_at",
    "queued_at",
    "restarts",
    "last_event",
    "log",
    "process",
    "message",
    "score",
    "bytes",
    "other_bytes",
    "seconds",
    "seconds_p50",
    "seconds_p95",
    "engine_seconds",
    "budget_seconds",
    "budget_bytes",
    "memory_mb",
    "share",
    "slowest",
    "based_on",
    "seq",
}


class _Names:
    def __init__(self, settings: Settings) -> None:
        self.places = {str(settings.state): "<state>", str(settings.root): "<root>"}
        self.names: dict[str, str] = {}

    def of(self, kind: str, value: str) -> str:
        return self.names.setdefault(value, f"<{kind} {len(self.names)}>")

    def text(self, text: str) -> str:
        for place, name in self.places.items():
            text = text.replace(place, name)
        text = _UPLOAD.sub(lambda m: self.of("upload", m[0]), text)
        text = _TOKEN.sub("<token>", text)
        text = _UUID.sub(lambda m: self.of("id", m[0]), text)
        text = _TIME.sub(lambda m: "<time>" if _NOW.match(m[0]) else m[0], text)
        return re.sub(r"\d{15,19}", lambda m: self.of("snapshot", m[0]) if m[0] != str(2**60) else m[0], text)

    def value(self, value: Any, key: str = "") -> Any:
        if isinstance(value, pa.Table):
            # Rows have no order of their own.
            return (value.schema.remove_metadata(), sorted(self.value(value.to_pylist()), key=repr))
        if key in _MOMENTARY and value is not None and not isinstance(value, dict | list):
            return f"<{key}>" if key != "message" else "<message>" if not isinstance(value, str) else self.text(value)
        if isinstance(value, dict):
            return {k: self.value(v, k) for k, v in value.items() if k not in ("process", "used_at")}
        if isinstance(value, list | tuple):
            return [self.value(item) for item in value]
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 10**14 and value != 2**60:
            return self.of("snapshot", str(value))
        return value


def normal(told: Told, settings: Settings) -> Told:
    """The story without what is true of one workspace only."""
    names = _Names(settings)
    result: Told = []
    for verb, outcome in told:
        if verb == "system.health":
            # Free space and ports are the machine's affair.
            outcome = [(check["check"], check["status"]) for check in outcome if check["check"] not in ("disk", "port")]
        if verb == "runs.notebook" and "cells" in outcome:
            # Times, and the random id of the cell with the parameters.
            outcome = [(cell["source"], cell["metadata"]["papermill"]["status"]) for cell in outcome["cells"]]
        if verb == "pipelines.diff" and "steps" in outcome:
            # What a cell shows has moments in it, as Python writes them.
            told_of = {"first_seconds": None, "second_seconds": None}
            outcome |= {"steps": [step | told_of | {"cells": [cell["number"] for cell in step["cells"]]} for step in outcome["steps"]]}
        if verb == "runs.events":
            # A load that takes longer tells how far it is.
            outcome = [event for event in outcome if event["type"] != "run.progress"]
        if verb in ("sources.watch", "sources.watches", "sources.look"):
            # A worker may have looked already, or not.
            outcome = [each | {"looked_at": None} for each in outcome] if isinstance(outcome, list) else outcome | {"looked_at": None}
        if verb == "runs.cancel":
            # A worker may have begun it, or not.
            outcome = {key: outcome[key] for key in ("kind", "job", "status", "params", "principal")}
        if verb == "schedules.presets":
            # The next full hour is another one soon.
            outcome = [each | {"dates": ()} for each in outcome]
        if verb == "query.metrics":
            # Which were the slowest is the machine's affair.
            outcome = {key: value for key, value in outcome.items() if key != "slowest"}
        if verb == "compliance.verify_audit" and "ok" in outcome:
            # Each workspace has a key of its own, and each face acts with other tokens.
            outcome = {key: outcome[key] for key in ("ok", "bad", "problem")}
        if verb == "compliance.audit_log":
            outcome = [{key: entry[key] for key in ("who", "verb", "outcome", "code", "about", "policy")} for entry in outcome]
        if verb in ("ingest.start", "schedules.run"):
            # A worker may have taken it up already, or not.
            outcome = {key: outcome[key] for key in ("kind", "job", "params", "principal")}
        result.append((verb, names.value(outcome)))
    return result
