"""Frozen records: what services return and faces render."""

from __future__ import annotations

from typing import Any, Self

from pydantic import BaseModel, ConfigDict

__all__ = ["Record"]


class Record(BaseModel):
    """A frozen value. Equality is by content; JSON there and back gives an equal record.

    Services return records, never ORM rows or third-party objects, so that a local workspace, a remote one,
    the command line and REST can be compared value by value.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_timedelta="float")

    def to_json(self) -> dict[str, Any]:
        """The record as JSON types (datetimes as ISO 8601 in UTC)."""
        return self.model_dump(mode="json")

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """The inverse of :meth:`to_json`."""
        return cls.model_validate(data)
