"""Ids, time, names, references, errors, redaction."""

from __future__ import annotations

import errno
import io
import json
import logging
import os
import threading
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core import clock, errors, ids, names, refs, telemetry
from workbench.core.config import create_workspace_file
from workbench.core.errors import StorageUnavailable


def test_ids_sort_by_time_across_threads_and_are_unique() -> None:
    made: list[list[uuid.UUID]] = [[] for _ in range(8)]
    threads = [threading.Thread(target=lambda box=box: box.extend(ids.uuid7() for _ in range(2000))) for box in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for box in made:
        assert box == sorted(box)
    everything = [one for box in made for one in box]
    assert len(set(everything)) == len(everything)
    assert {one.version for one in everything} == {7}
    assert {one.variant for one in everything} == {uuid.RFC_4122}


def test_an_id_tells_when_it_was_made() -> None:
    before = datetime.now(UTC)
    assert abs(ids.time_of(ids.new_id()) - before) < timedelta(seconds=5)
    with pytest.raises(ValueError, match="version 7"):
        ids.time_of(str(uuid.uuid4()))


def test_a_forked_child_makes_other_ids() -> None:
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.write(write, "".join(ids.new_id() for _ in range(50)).encode())
        os._exit(0)
    os.waitpid(pid, 0)
    child = os.read(read, 100_000).decode()
    theirs = {child[i : i + 36] for i in range(0, len(child), 36)}
    assert len(theirs) == 50
    assert theirs.isdisjoint(ids.new_id() for _ in range(50))


@given(st.datetimes(timezones=st.timezones(), min_value=datetime(1971, 1, 1), max_value=datetime(2100, 1, 1)))  # noqa: DTZ001
def test_times_come_back_as_they_were_and_sort_as_text(moment: datetime) -> None:
    # Compared in UTC: Python calls an ambiguous wall time unequal to everything in another zone (PEP 495).
    moment_utc = moment.astimezone(UTC)
    text = clock.iso(moment)
    assert clock.from_iso(text) == moment_utc
    assert text < clock.iso(moment_utc + timedelta(microseconds=1))


def test_naive_times_are_refused() -> None:
    with pytest.raises(ValueError, match="naive"):
        clock.iso(datetime(2026, 1, 1))  # noqa: DTZ001
    with pytest.raises(ValueError, match="no offset"):
        clock.from_iso("2026-01-01T00:00:00")


def test_an_unknown_zone_is_an_error_with_a_way_out() -> None:
    with pytest.raises(errors.InvalidSetting, match="IANA"):
        clock.zone("Atlantis/Capital")


@given(st.text(max_size=300))
def test_every_text_becomes_an_allowed_identifier(text: str) -> None:
    assert names.check_identifier(names.slug(text))


@pytest.mark.parametrize("bad", ["", "a.b", "1a", "a b", "a/b", "../x", "a'b", 'a"b', "a;b", "a\x00b", "a" * 129, "a\n"])
def test_other_identifiers_are_refused(bad: str) -> None:
    with pytest.raises(errors.InvalidName):
        names.check_identifier(bad)


def test_references_say_branch_and_snapshot() -> None:
    assert refs.DatasetRef.split("silver.flights#dev@7") == ("silver.flights", "dev", 7)
    ref = refs.DatasetRef(table_uuid="u", name="silver.flights", branch="dev", snapshot_id=7)
    assert str(ref) == "silver.flights#dev@7"
    assert refs.DatasetRef.from_json(ref.to_json()) == ref
    with pytest.raises(errors.InvalidName):
        refs.DatasetRef.split("a@b@c")


def _all_errors() -> list[type[errors.WorkbenchError]]:
    # What a face derives for itself is its own; here stands what all share.
    return [kind for kind in errors._tree(errors.WorkbenchError) if kind.__module__ == errors.__name__]


@pytest.mark.parametrize("kind", _all_errors())
def test_every_error_survives_the_wire(kind: type[errors.WorkbenchError]) -> None:
    original = kind("It broke.", fix="Mend it.", place="here")
    rebuilt = errors.from_body(original.to_body())
    assert type(rebuilt) is kind
    assert (str(rebuilt), rebuilt.details["place"]) == ("It broke. Mend it.", "here")


def test_error_codes_are_unique_and_the_tree_is_drawn_in_full() -> None:
    codes = [kind.code for kind in _all_errors()]
    assert len(codes) == len(set(codes))
    assert errors.__doc__ is not None
    for kind in _all_errors():
        assert kind.__name__ in errors.__doc__


def test_an_error_of_a_newer_server_keeps_its_words() -> None:
    error = errors.from_body({"error": {"code": "quota_exceeded", "message": "Too much.", "fix": "Wait."}}, 429)
    assert type(error) is errors.WorkbenchError
    assert str(error) == "Too much. Wait."


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("Authorization: Bearer abc123", "abc123"),
        ("GET /lab?token=s3cr3t&x=1", "s3cr3t"),
        ("postgresql://me:hunter2@host/db", "hunter2"),
        ("password=hunter2", "hunter2"),
        (f"DELETE /api/tokens/wb_{'x' * 43}", "xxxx"),
    ],
)
def test_secrets_are_taken_out_of_log_text(text: str, gone: str) -> None:
    assert gone not in telemetry.redact(text)


def test_a_log_that_a_full_disk_does_not_take_covers_nothing_that_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full(io.StringIO):
        def write(self, _: str) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    logger = logging.getLogger("workbench")
    for name, value in (("handlers", []), ("propagate", logger.propagate), ("level", logger.level)):
        monkeypatch.setattr(logger, name, value)
    (tmp_path / "logs").mkdir()
    telemetry.configure_logging(tmp_path / "logs" / "x.jsonl")
    (handler,) = logger.handlers
    assert isinstance(handler, logging.StreamHandler)
    file = handler.setStream(Full())
    telemetry.get_logger("x").warning("lost")
    handler.setStream(file)
    telemetry.get_logger("x").warning("kept")
    assert json.loads((tmp_path / "logs" / "x.jsonl").read_text())["message"] == "kept"
    assert capsys.readouterr().err == ""
    handler.close()

    def refused(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(Path, "mkdir", refused)
    for write in (lambda: telemetry.configure_logging(tmp_path / "logs" / "x.jsonl"), lambda: create_workspace_file(tmp_path / "w", "w")):
        with pytest.raises(StorageUnavailable, match="cannot be written: Read-only file system"):
            write()


def test_secrets_are_taken_out_of_nested_fields() -> None:
    cleaned = telemetry.redact({"a": [{"s3_secret_access_key": "k"}], "rows": 3})
    assert cleaned == {"a": [{"s3_secret_access_key": "***"}], "rows": 3}


@pytest.mark.parametrize(
    ("typed", "known", "meant"),
    [
        ("flihgts", ["flights", "planes"], "flights"),
        ("silver.flight", ["silver.flights", "bronze.flight_plans"], "silver.flights"),
        ("dep_dealy", ["arr_delay", "dep_delay"], "dep_delay"),
        ("TAILNUM", ["tailnum"], "tailnum"),
        ("tail", ["seats", "tailnum"], "tailnum"),
        ("mnth", ["month", "math_score"], "month"),
        ("bronze.nope", ["bronze.planes"], None),
        ("arr_delay", ["dep_delay"], None),
        ("bronze.bar", ["bronze.cat"], None),
        ("bronze.weather", ["silver.flights"], None),
        ("x", ["y", "ab"], None),
        ("", ["a", "b"], None),
        ("anything", [], None),
    ],
)
def test_only_a_name_that_was_probably_meant_is_suggested(typed: str, known: list[str], meant: str | None) -> None:
    assert errors.nearest(typed, known) == meant
