"""Kinds of database that can be read from, a module a kind. Others come by the entry-point group ``workbench.sources``."""

from workbench.ingest.sources.databases.base import Database, Session, TableFound, Wanted

__all__ = ["Database", "Session", "TableFound", "Wanted"]
