"""Why a message has not come out."""

from __future__ import annotations

__all__ = ["NotNow", "Refused"]


class Refused(Exception):
    """It will not come out by trying again."""


class NotNow(Exception):
    """It may come out later. ``everybody``: the server answers nobody, so that nothing else need be tried there now."""

    def __init__(self, reason: str, everybody: bool = True) -> None:
        super().__init__(reason)
        self.everybody = everybody
