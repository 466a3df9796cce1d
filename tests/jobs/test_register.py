"""Whom a worker takes over, told from the register alone."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import select, update

from workbench.jobs.workers import Register
from workbench.store import Store
from workbench.store.tables import workers


@pytest.mark.parametrize(("facts", "shared", "alone"), [({}, True, True), ({"boot": "another"}, False, True), ({"boot": None}, True, True)])
def test_a_worker_of_a_machine_of_the_same_name_is_left_alone_while_it_is_heard_of(
    store: Store, facts: dict[str, Any], shared: bool, alone: bool
) -> None:
    mine, other = Register(store, "a-1", "a", 60), Register(store, "a-2", "a", 60)
    other.enter()
    with store.write() as conn:
        info = {
            name: value
            for name, value in (json.loads(conn.execute(select(workers.c.info)).scalar_one()) | facts).items()
            if value is not None
        }
        conn.execute(update(workers).values(info=json.dumps(info)))
    # Of our own name on our own machine it is an earlier incarnation; a record without a boot is older than that fact.
    assert [one.id for one in mine.dead()] == (["a-2"] if (shared if store.path is None else alone) else [])
    other.leave()
    assert [(one.id, one.here) for one in mine.dead()] == [("a-2", shared if store.path is None else alone)]
