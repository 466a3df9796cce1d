"""Where rows come from: files, folders, addresses, databases, frames. Each gives files on this disk, one after another."""

from workbench.ingest.sources.base import Fetched, Note, Notes, Since

__all__ = ["Fetched", "Note", "Notes", "Since"]
