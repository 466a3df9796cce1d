"""Who acts: a person or a service."""

from __future__ import annotations

import getpass
import os
from typing import Literal

from pydantic import Field

from workbench.core.records import Record

__all__ = ["ADMIN", "Attribute", "Principal", "local_principal"]

#: Who has it may do everything and sees everything. No policy changes that: somebody must be able to mend the policy.
ADMIN = "admin"

#: What is known of a person beside the name, for row filters: ``region: north``, ``regions: [north, east]``.
Attribute = str | int | bool | tuple[str | int, ...]


class Principal(Record):
    """An identity that has been established (by the operating system, Jupyter or a token), with its roles and attributes."""

    name: str
    kind: Literal["user", "service"] = "user"
    display_name: str = ""
    roles: tuple[str, ...] = (ADMIN,)
    attributes: dict[str, Attribute] = Field(default_factory=dict)
    #: Datasets, by patterns (``gold.*``), beyond which there is nothing to the principal: who came with a token made for those. Empty: any.
    only: tuple[str, ...] = ()
    #: Who came with a token that may only look changes nothing, whatever she may otherwise.
    looks_only: bool = False

    @property
    def is_admin(self) -> bool:
        """Nothing is kept from the principal."""
        return ADMIN in self.roles and not self.only

    def __str__(self) -> str:
        return self.display_name or self.name


def local_principal() -> Principal:
    """The operating system's user: who a local kernel and the command line act as.

    The environment (``USER``) is not believed where the system knows better.
    """
    try:
        import pwd

        entry = pwd.getpwuid(os.getuid())
        return Principal(name=entry.pw_name, display_name=entry.pw_gecos.split(",")[0] or entry.pw_name)
    except (ImportError, KeyError):  # Windows, or a container whose uid has no passwd entry
        try:
            return Principal(name=getpass.getuser())
        except (KeyError, OSError):
            return Principal(name=f"uid-{os.getuid()}")
