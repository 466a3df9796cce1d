"""The only place that changes the lake: every change is a run, recorded in the transaction that commits it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.writes.writer import Writer

__all__ = ["Writer"]


def __getattr__(name: str) -> Any:
    # Needs PyIceberg and Arrow, which take their time.
    if name == "Writer":
        from workbench.writes.writer import Writer

        return Writer
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
