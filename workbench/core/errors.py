"""The error tree. Every error says what went wrong and what to do about it.

    WorkbenchError                      500
    ├── InvalidInput                    400
    │   ├── InvalidSetting
    │   ├── InvalidName
    │   ├── InvalidSQL                  (line, column, suggestion)
    │   └── UnreadableFile
    ├── Unauthenticated                 401
    ├── Forbidden                       403
    ├── NotFound                        404
    │   ├── DatasetNotFound
    │   ├── SnapshotNotFound
    │   ├── ColumnNotFound
    │   ├── RunNotFound
    │   ├── PipelineNotFound
    │   └── WorkspaceNotFound
    ├── Conflict                        409
    │   ├── AlreadyExists
    │   ├── CommitConflict              (main moved since the branch point, or a concurrent commit won)
    │   ├── HeldBack                    (rows are not as good as the dataset asks for)
    │   └── Fenced                      (a newer incarnation of the worker owns this step)
    ├── TooLarge                        413
    ├── TooManyRequests                 429
    ├── FormatMismatch                  409  (the workspace was made by another version)
    ├── Cancelled                       499
    ├── MissingDependency               501
    └── Unavailable                     503
        ├── StorageUnavailable
        │   └── StoreUnreachable        (nothing that asks for anything is at fault)
        ├── ServiceNotRunning
        └── UnsupportedFileSystem

The JSON shape that every face shows is made here and nowhere else (:meth:`WorkbenchError.to_body`), and
:func:`from_body` turns it back, so a remote workspace raises what a local one would.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any, Self

__all__ = [
    "AlreadyExists",
    "Cancelled",
    "ColumnNotFound",
    "CommitConflict",
    "Conflict",
    "DatasetNotFound",
    "Fenced",
    "Forbidden",
    "FormatMismatch",
    "HeldBack",
    "InvalidInput",
    "InvalidName",
    "InvalidSQL",
    "InvalidSetting",
    "MissingDependency",
    "NotFound",
    "PipelineNotFound",
    "RunNotFound",
    "ServiceNotRunning",
    "SnapshotNotFound",
    "StorageUnavailable",
    "StoreUnreachable",
    "TooLarge",
    "TooManyRequests",
    "Unauthenticated",
    "Unavailable",
    "UnreadableFile",
    "UnsupportedFileSystem",
    "WorkbenchError",
    "WorkspaceNotFound",
    "from_body",
    "nearest",
    "rebuilt",
    "unwritable",
]


class WorkbenchError(Exception):
    """Root of every error this package raises on purpose.

    Parameters
    ----------
    message
        What went wrong, in one sentence, without values that may be personal data.
    fix
        What the reader can do about it. Shown after the message in every face.
    details
        Machine-readable facts (names, positions, counts). JSON types only. Under ``examples`` there may be some of the caller's own
        rows, which are shown to him and kept nowhere.
    """

    code = "internal"
    status = 500

    def __init__(self, message: str, *, fix: str | None = None, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix
        self.details = details

    def __str__(self) -> str:
        return f"{self.message} {self.fix}" if self.fix else self.message

    def copy(self) -> Self:
        """The same error anew, for one that is kept: raising the same object again would pile up its traceback."""
        made = type(self).__new__(type(self), self.message)
        made.message, made.fix, made.details = self.message, self.fix, dict(self.details)
        return made

    @property
    def examples(self) -> list[str]:
        """The examples among the details, a line each."""
        return [", ".join(f"{name}: {value}" for name, value in row.items()) for row in self.details.get("examples", ())]

    def to_body(self) -> dict[str, Any]:
        """The one JSON error shape: ``{"error": {code, message, fix, details}}``."""
        return {"error": {"code": self.code, "message": self.message, "fix": self.fix, "details": self.details}}


class InvalidInput(WorkbenchError):
    code, status = "invalid_input", 400


class InvalidSetting(InvalidInput):
    code = "invalid_setting"


class InvalidName(InvalidInput):
    code = "invalid_name"


class InvalidSQL(InvalidInput):
    """A statement that cannot be run. ``line`` and ``column`` count from 1, where known."""

    code = "invalid_sql"

    def __init__(
        self,
        message: str,
        *,
        fix: str | None = None,
        line: int | None = None,
        column: int | None = None,
        suggestion: str | None = None,
        **details: Any,
    ) -> None:
        super().__init__(message, fix=fix, line=line, column=column, suggestion=suggestion, **details)


class UnreadableFile(InvalidInput):
    code = "unreadable_file"


class Unauthenticated(WorkbenchError):
    code, status = "unauthenticated", 401


class Forbidden(WorkbenchError):
    code, status = "forbidden", 403


class NotFound(WorkbenchError):
    code, status = "not_found", 404


class DatasetNotFound(NotFound):
    code = "dataset_not_found"


class SnapshotNotFound(NotFound):
    code = "snapshot_not_found"


class ColumnNotFound(NotFound):
    code = "column_not_found"


class RunNotFound(NotFound):
    code = "run_not_found"


class PipelineNotFound(NotFound):
    code = "pipeline_not_found"


class WorkspaceNotFound(NotFound):
    code = "workspace_not_found"


class Conflict(WorkbenchError):
    code, status = "conflict", 409


class AlreadyExists(Conflict):
    code = "already_exists"


class CommitConflict(Conflict):
    code = "commit_conflict"


class HeldBack(Conflict):
    """``details`` have the ``checks`` that did not hold, with counts, and the ``score``."""

    code = "held_back"


class Fenced(Conflict):
    code = "fenced"


class TooManyRequests(WorkbenchError):
    """``details`` have ``retry_after``: seconds after which it may be asked again. Nothing was carried out."""

    code, status = "too_many_requests", 429


class FormatMismatch(Conflict):
    code = "format_mismatch"


class TooLarge(WorkbenchError):
    code, status = "too_large", 413


class Cancelled(WorkbenchError):
    code, status = "cancelled", 499


class MissingDependency(WorkbenchError):
    """An optional package is not installed: ``MissingDependency("s3fs", fix="pip install 'workbench-lab[s3]'")``."""

    code, status = "missing_dependency", 501


class Unavailable(WorkbenchError):
    code, status = "unavailable", 503


class StorageUnavailable(Unavailable):
    code = "storage_unavailable"


class StoreUnreachable(StorageUnavailable):
    code = "store_unreachable"


def unwritable(folder: os.PathLike[str], error: OSError) -> StorageUnavailable:
    """The error for a workspace's folder that may not be written."""
    return StorageUnavailable(
        f"The workspace's folder {os.fspath(folder)} cannot be written: {error.strerror}.",
        fix="Open it as the user that it belongs to, on a file system that can be written.",
    )


class ServiceNotRunning(Unavailable):
    code = "service_not_running"


class UnsupportedFileSystem(Unavailable):
    code = "unsupported_file_system"


def _tree(root: type[WorkbenchError]) -> Iterable[type[WorkbenchError]]:
    yield root
    for child in root.__subclasses__():
        yield from _tree(child)


def from_body(body: Mapping[str, Any], status: int = 500) -> WorkbenchError:
    """Rebuild the error that :meth:`WorkbenchError.to_body` described.

    An unknown code (a newer server) becomes a plain :class:`WorkbenchError` with the server's words.

    >>> from_body(DatasetNotFound("There is no dataset 'x'.", fix="Try 'y'.").to_body())
    DatasetNotFound("There is no dataset 'x'.")
    """
    from workbench.core.wording import in_words_of

    return rebuilt(in_words_of(body, "python"), status)


def rebuilt(body: Mapping[str, Any], status: int = 500) -> WorkbenchError:
    """The same in the words that were written: for another process of ours, behind which there is a face yet."""
    error = body["error"]
    kinds = {kind.code: kind for kind in _tree(WorkbenchError) if "code" in vars(kind)}
    kind = kinds.get(error.get("code", ""), WorkbenchError)
    return kind(error.get("message") or f"The server answered {status}.", fix=error.get("fix"), **(error.get("details") or {}))


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that was most likely meant, or None: a slip or two of the fingers (by length), or a beginning cut short.

    A suggestion that is far from what was typed misleads more than none. Of several as near it is the first; a set has no first, so its
    names are taken in order.

    >>> nearest("flihgts", ["flights", "planes"]), nearest("nope", ["planes"]), nearest("tail_n", ["tail_num", "tail"])
    ('flights', None, 'tail_num')
    """
    typed = name.casefold()
    ordered = sorted(known) if isinstance(known, set | frozenset) else known
    close = [(distance, other) for other in ordered if (distance := _slips(typed, other.casefold())) is not None]
    return min(close, key=lambda pair: pair[0])[1] if close else None


def _slips(typed: str, known: str) -> float | None:
    """How far a name is from another, in letters left out, added, changed or swapped with the next; None when it is too far."""
    while "." in typed and "." in known and typed.partition(".")[0] == known.partition(".")[0]:
        typed, known = typed.partition(".")[2], known.partition(".")[2]
    longer = max(len(typed), len(known))
    allowed = 0 if longer < 3 else min(3, max(1, longer // 4))
    distance = _distance(typed, known) if abs(len(typed) - len(known)) <= allowed else longer
    if distance <= allowed:
        return distance
    return allowed + 0.5 if len(typed) >= 4 and known.startswith(typed) else None


def _distance(typed: str, known: str) -> int:
    while typed and known and typed[0] == known[0]:
        typed, known = typed[1:], known[1:]
    while typed and known and typed[-1] == known[-1]:
        typed, known = typed[:-1], known[:-1]
    before: list[int] = []
    row = list(range(len(known) + 1))
    for i, letter in enumerate(typed, 1):
        before, above, row = row, before, [i]
        for j, other in enumerate(known, 1):
            row.append(min(before[j] + 1, row[-1] + 1, before[j - 1] + (letter != other)))
            if i > 1 and j > 1 and letter == known[j - 2] and typed[i - 2] == other:
                row[j] = min(row[j], above[j - 2] + 1)
    return row[-1]
