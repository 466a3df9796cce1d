"""Structured logs and OpenTelemetry spans.

Logs are one JSON object a line, carry the current run and principal, and never a secret: values under keys that look
like credentials, and tokens inside messages, are replaced before anything is written.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from workbench.core.clock import iso, now
from workbench.core.errors import unwritable

__all__ = ["bind", "configure_logging", "get_logger", "redact", "span"]

_context: ContextVar[dict[str, Any]] = ContextVar("workbench_log_context", default={})  # noqa: B039 - replaced, never mutated

_SECRET_KEY = re.compile(r"(?i)(token|password|passwd|secret|authorization|cookie|api[_-]?key|access[_-]?key|assertion)")
_SECRET_TEXT = re.compile(
    r"(?i)(?P<lead>(?:bearer|token)\s+|(?:token|password|secret|api_key|access_key)[=:]\s*|://[^/\s:@]+:)(?P<value>[^\s&@,;'\"]+)"
)
# Of a number: how many there are of a text's, or may be. One that is called a token, or a password, is one.
_COUNTED = re.compile(r"(?i)tokens|token(?=_(?:count|limit|budget|length|size))")
# A token of ours, wherever it stands: somebody may have taken it for an id, in an address or as a name.
_OWN_TOKEN = re.compile(r"wb_[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])")
_STANDARD = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def redact(value: Any, key: str = "") -> Any:
    """A copy of ``value`` with credentials replaced by ``***``.

    >>> redact({"url": "postgresql://me:hunter2@db/x", "token": "abc"})
    {'url': 'postgresql://me:***@db/x', 'token': '***'}
    >>> redact(f"DELETE /api/tokens/wb_{'x' * 43}")
    'DELETE /api/tokens/wb_***'
    >>> redact({"max_tokens": 512, "use_cookies": True, "password": 1234, "token": 5678})
    {'max_tokens': 512, 'use_cookies': True, 'password': '***', 'token': '***'}
    """
    if key and _SECRET_KEY.search(key) and value is not None and not _is_plain(key, value):
        return "***"
    if isinstance(value, dict):
        return {k: redact(v, str(k)) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [redact(v) for v in value]
    if isinstance(value, str):
        return _OWN_TOKEN.sub("wb_***", _SECRET_TEXT.sub(lambda m: f"{m['lead']}***", value))
    return value


def _is_plain(key: str, value: Any) -> bool:
    return isinstance(value, bool) or (isinstance(value, int | float) and not _SECRET_KEY.search(_COUNTED.sub("", key)))


class _JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {"at": iso(now()), "level": record.levelname.lower(), "logger": record.name}
        entry["message"] = redact(record.getMessage())
        entry.update(_context.get())
        entry.update({k: redact(v, k) for k, v in vars(record).items() if k not in _STANDARD})
        if record.exc_info:
            entry["exception"] = redact(self.formatException(record.exc_info))
        return json.dumps(entry, default=str, ensure_ascii=False)


def get_logger(name: str) -> logging.Logger:
    """A logger below ``workbench``; extra fields go in ``extra={...}``."""
    return logging.getLogger(name if name.startswith("workbench") else f"workbench.{name}")


def configure_logging(path: Path | None = None, level: str = "INFO") -> None:
    """Send the package's logs to a file (rotated at 10 MB, five kept) or to standard error, as JSON lines.

    Raises
    ------
    StorageUnavailable
        The folder of the file may not be written. It is the first that is written of a workspace.
    """
    root = logging.getLogger("workbench")
    for old in list(root.handlers):
        root.removeHandler(old)
        old.close()
    handler: logging.Handler
    if path is None:
        handler = logging.StreamHandler(sys.stderr)
    else:
        from logging.handlers import RotatingFileHandler

        class _File(RotatingFileHandler):
            def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's own name
                """What a full disk does not take is lost: Python would print a traceback over what is told to a person."""

        try:
            # No further up: the folder of a workspace that was deleted is not made again.
            for folder in (path.parent.parent, path.parent):
                folder.mkdir(exist_ok=True)
            handler = _File(path, maxBytes=10_000_000, backupCount=5, encoding="utf-8")
        except OSError as error:
            if isinstance(error, FileNotFoundError):
                raise
            raise unwritable(path.parent.parent, error) from error
    handler.setFormatter(_JsonFormatter())
    root.addHandler(handler)
    root.setLevel(level)
    root.propagate = False


@contextmanager
def bind(**fields: Any) -> Iterator[None]:
    """Add fields (``run_id``, ``principal``) to every log line written inside the block."""
    token = _context.set({**_context.get(), **fields})
    try:
        yield
    finally:
        _context.reset(token)


@contextmanager
def span(name: str, **attributes: Any) -> Iterator[Any]:
    """An OpenTelemetry span; costs next to nothing when no exporter is configured."""
    from opentelemetry import trace

    tracer = trace.get_tracer("workbench")
    with tracer.start_as_current_span(name, attributes={k: v for k, v in redact(attributes).items() if v is not None}) as current:
        yield current
