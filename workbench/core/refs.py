"""References to datasets: stable across renames, exact about branch and snapshot."""

from __future__ import annotations

import re

from workbench.core.errors import InvalidName
from workbench.core.records import Record

__all__ = ["MAIN", "DatasetRef", "snapshot_number"]

MAIN = "main"

_REF = re.compile(r"^(?P<name>[^@#]+)(?:#(?P<branch>[^@#]+))?(?:@(?P<snapshot>\d+))?\Z")


def snapshot_number(text: str) -> int | None:
    """The snapshot's id that a text says, where it says one: Iceberg's have 64 bits. Else it may be the name of a branch or tag.

    >>> snapshot_number("42"), snapshot_number("v42"), snapshot_number("1" * 20)
    (42, None, None)
    """
    return int(text) if text.isdecimal() and len(text) < 20 else None


class DatasetRef(Record):
    """A dataset at a place in its history.

    ``table_uuid`` is the identity (Iceberg's own), so a rename keeps history and lineage; ``name`` is what it was
    called when the reference was made. ``snapshot_id`` None means "the head of the branch, whatever it is".

    >>> ref = DatasetRef(table_uuid="0190...", name="silver.flights", snapshot_id=42)
    >>> str(ref)
    'silver.flights@42'
    """

    table_uuid: str
    name: str
    branch: str = MAIN
    snapshot_id: int | None = None

    def __str__(self) -> str:
        branch = "" if self.branch == MAIN else f"#{self.branch}"
        snapshot = "" if self.snapshot_id is None else f"@{self.snapshot_id}"
        return f"{self.name}{branch}{snapshot}"

    @staticmethod
    def split(text: str) -> tuple[str, str, int | None]:
        """``"silver.flights#dev@42"`` as ``("silver.flights", "dev", 42)``.

        >>> DatasetRef.split("silver.flights")
        ('silver.flights', 'main', None)
        """
        match = _REF.match(text)
        if match is None:
            raise InvalidName(f"{text!r} is not a dataset reference.", fix="Write name, name#branch, name#tag or name@snapshot (a number).")
        snapshot = match["snapshot"]
        return match["name"], match["branch"] or MAIN, int(snapshot) if snapshot else None
