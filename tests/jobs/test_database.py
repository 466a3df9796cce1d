"""The job database works with the SQLite that the machine's Python brings, old or new."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from workbench.jobs import database


@pytest.mark.parametrize("since", [(3, 42, 0), (99, 0, 0)], ids=["as it is here", "as with an SQLite from before 3.42"])
def test_milliseconds_can_be_a_columns_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, since: tuple[int, int, int]) -> None:
    # On Python 3.12 and later DBOS writes this default, whatever the SQLite.
    monkeypatch.setattr(database, "_SUBSECONDS_SINCE", since)
    engine = database.sqlite_engine(f"sqlite:///{tmp_path / 'dbos.db'}")
    with engine.begin() as conn:
        conn.execute(sa.text("create table t (at integer not null default (unixepoch('subsec') * 1000), x int)"))
        conn.execute(sa.text("insert into t (x) values (1)"))
        found = conn.execute(sa.text("select at from t")).scalar_one()
    assert abs(found / 1000 - time.time()) < 60
