"""What may be written to the log, in which form, and how older forms become today's.

Bodies, by type:

==================== ============================================================================================
run.queued           kind, job, principal; params, parent_id, attributes
run.started          kind, job, principal; params, parent_id, attributes (of a queued run they may be left out)
run.repaired         attributes (all that it has from now on); params, where they are others; by: an ended run waits to be carried out again
run.read, run.wrote  a :class:`~workbench.runs.records.DatasetIO`
run.metric           name, value (a finite number)
run.attributes       attributes (merged over those there are)
run.progress         step; share (0 to 1), rows, note: how far a load is (:class:`workbench.ingest.records.Progress`)
run.succeeded        nothing; ``metrics``: name to finite number (so also the other two ends)
run.failed           error: a :class:`~workbench.runs.records.RunError`
run.cancelled        nothing; ``by``: who asked for it; ``error``: why, where she did not stop it herself
dataset.described    table_uuid, name; description, owner; column, where the description is of one
dataset.renamed      table_uuid, name, new_name
dataset.dropped      table_uuid, name
dataset.undropped    table_uuid, name
dataset.tagged       table_uuid, name, tag; column (untagged: the same)
dataset.linked       table_uuid, name, term; column (unlinked: the same)
view.made            view (its UUID), name, version
view.dropped         view, name
view.described       view, name; description, owner
term.defined         term (its id), name, tables (UUIDs of the datasets linked to it)
term.deleted         term (its id), name, tables
policy.applied       version
access.changed       nothing: somebody's roles or attributes, or tags or filters, are others
==================== ============================================================================================
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from datetime import date, datetime
from pathlib import PurePath
from typing import Any
from uuid import UUID

from workbench.core.clock import from_iso, iso
from workbench.core.errors import FormatMismatch, InvalidInput
from workbench.core.records import Record
from workbench.core.telemetry import redact
from workbench.runs.records import DatasetIO, RunError, RunEvent

__all__ = ["SCHEMA_VERSION", "decode", "encode", "upcaster"]

SCHEMA_VERSION = 2  # 2: a run.wrote may name what is unrelated to it; without it (as in 1) all that was read before is a source

_TYPE = re.compile(r"^[a-z]+(\.[a-z_]+)+$")
_REQUIRED: dict[str, tuple[str, ...]] = {
    "run.queued": ("kind", "job", "principal"),
    "run.repaired": ("attributes",),
    "run.metric": ("name", "value"),
    "run.attributes": ("attributes",),
    "run.progress": ("step",),
    "run.failed": ("error",),
    "dataset.described": ("table_uuid", "name"),
    "dataset.renamed": ("table_uuid", "name", "new_name"),
    "dataset.dropped": ("table_uuid", "name"),
    "dataset.undropped": ("table_uuid", "name"),
    "dataset.tagged": ("table_uuid", "name", "tag"),
    "dataset.untagged": ("table_uuid", "name", "tag"),
    "dataset.linked": ("table_uuid", "name", "term"),
    "dataset.unlinked": ("table_uuid", "name", "term"),
    "view.made": ("view", "name"),
    "view.dropped": ("view", "name"),
    "view.described": ("view", "name"),
    "term.defined": ("term", "name", "tables"),
    "term.deleted": ("term", "name", "tables"),
    "policy.applied": ("version",),
}

#: Attributes that hold names of columns and of steps, and no values: a column that is called ``token`` is no credential.
_BY_COLUMN = frozenset({"columns", "column_sources", "row_sources", "copied_columns", "transforms", "steps"})
_LONGEST = {"kind": 64, "id": 80, "table_uuid": 64, "parent_id": 64, "operation": 32}  # characters; longer ones are refused
_SHOWN = 500  # characters of a job's or dataset's name; longer ones are cut
_WORDS = 10_000  # of what went wrong, which may quote all that somebody has sent

Body = dict[str, Any]
_upcasters: dict[tuple[str, int], Callable[[Body], Body]] = {}


def upcaster(type: str, version: int) -> Callable[[Callable[[Body], Body]], Callable[[Body], Body]]:
    """Mark a function that turns the body of a ``type`` event from ``version`` into ``version + 1``."""

    def mark(function: Callable[[Body], Body]) -> Callable[[Body], Body]:
        _upcasters[type, version] = function
        return function

    return mark


def encode(type: str, body: Body) -> str:
    """The body as the JSON text that is stored: checked, credentials replaced, empty fields left out.

    Raises
    ------
    InvalidInput
        A field is missing, or a value has no place in the log.
    """
    if not _TYPE.match(type):
        raise InvalidInput(f"{type!r} is no event type.", fix="Write two words with a dot between: run.started.")
    missing = [key for key in _REQUIRED.get(type, ()) if body.get(key) is None]
    if missing:
        raise InvalidInput(f"A {type} event needs {', '.join(missing)}.", fix="See workbench.runs.events.")
    cleaned = {key: value for key, value in body.items() if value is not None}
    _bound(cleaned)
    if type in ("run.read", "run.wrote"):
        cleaned = DatasetIO.model_validate(cleaned).model_dump(mode="json", exclude_defaults=True)
    elif type == "run.metric":
        cleaned["value"] = _finite(str(cleaned["name"]), cleaned["value"])
    if isinstance(cleaned.get("metrics"), dict):
        cleaned["metrics"] = {str(name): _finite(str(name), value) for name, value in cleaned["metrics"].items()}
    if type == "run.failed":
        cleaned["error"] = _in_short(redact(RunError.model_validate(cleaned["error"]).model_dump(mode="json")))
    for key in ("params", "attributes"):
        if key in cleaned:
            told = {name: value for name, value in cleaned[key].items() if name in _BY_COLUMN} if key == "attributes" else {}
            cleaned[key] = redact(cleaned[key]) | told
    text = json.dumps(cleaned, default=_json, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text if _storable(text) else json.dumps(_clean(json.loads(text)), ensure_ascii=False, separators=(",", ":"))


def decode(row: Any) -> RunEvent:
    """A row of ``run_events`` as today's version of its event.

    Raises
    ------
    FormatMismatch
        A newer version of the workbench wrote it.
    """
    version, body = row.schema_version, json.loads(row.body)
    if version > SCHEMA_VERSION:
        raise FormatMismatch("A newer version of the workbench has written to the run log.", fix="Install that version.")
    while version < SCHEMA_VERSION:
        step = _upcasters.get((row.type, version))
        body = step(body) if step else body
        version += 1
    return RunEvent(seq=row.seq, id=row.id, run_id=row.run_id, type=row.type, at=from_iso(row.at), schema_version=version, body=body)


def _bound(body: Body) -> None:
    """An event that is in the log must fit every projection, now and when it is rebuilt on another database."""
    for key, longest in _LONGEST.items():
        if isinstance(body.get(key), str) and len(body[key]) > longest:
            raise InvalidInput(f"An event's {key} is longer than {longest} characters.", fix="Use a shorter one.")
    for key in ("job", "name", "new_name"):
        if isinstance(body.get(key), str) and len(body[key]) > _SHOWN:
            body[key] = body[key][: _SHOWN - 1] + "…"
    for key in ("snapshot_id", "rows", "bytes"):
        if isinstance(body.get(key), int) and not -(2**63) <= body[key] < 2**63:
            raise InvalidInput(f"An event's {key} has more than 64 bits.", fix="Leave it out.")


def _in_short(error: Body) -> Body:
    return {key: f"{text[: _WORDS - 1]}…" if isinstance(text, str) and len(text) > _WORDS else text for key, text in error.items()}


def _storable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\\u0000" not in text


def _clean(value: Any) -> Any:
    """Without what PostgreSQL's text (NUL) or UTF-8 (half a surrogate pair) cannot hold."""
    if isinstance(value, str):
        return value.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [_clean(each) for each in value]
    if isinstance(value, dict):
        return {_clean(key): _clean(each) for key, each in value.items()}
    return value


def _finite(name: str, value: Any) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise InvalidInput(f"The metric {name!r} is not a finite number.", fix="Record it only where it has a value.")
    return number


def _json(value: Any) -> Any:
    if isinstance(value, Record):
        return value.to_json()
    if isinstance(value, datetime):
        return iso(value) if value.tzinfo else value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, PurePath | UUID):
        return str(value)
    if isinstance(value, set | frozenset):
        return sorted(value)
    if hasattr(value, "item"):  # numpy's scalars
        return value.item()
    raise InvalidInput(f"A {type(value).__name__} cannot be written to the run log.", fix="Use text, numbers, lists and objects.")
