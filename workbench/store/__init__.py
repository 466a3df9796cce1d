"""The metadata store: one database (SQLite or PostgreSQL), its tables, locks, secrets and blobs.

Names are imported on first use, so that who needs a secret does not pay for SQLAlchemy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.store.blobs import BlobStore
    from workbench.store.secrets import SecretBox
    from workbench.store.store import Store

__all__ = ["BlobStore", "SecretBox", "Store"]

_HOME = {"BlobStore": "workbench.store.blobs", "SecretBox": "workbench.store.secrets", "Store": "workbench.store.store"}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOME[name]), name)
