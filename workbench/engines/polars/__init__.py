"""Polars frames from Arrow and back, for who asks for a frame; governed results are never computed by Polars."""

from workbench.engines.polars.frames import from_arrow, is_frame, to_arrow

__all__ = ["from_arrow", "is_frame", "to_arrow"]
