"""Fences: who may still act for a run.

Every attempt at a run takes the next epoch of the run's fence. What an earlier attempt does later (its worker was thought
dead and was only asleep) carries an older epoch, and is refused in the transaction that would have made it so.
"""

from __future__ import annotations

from sqlalchemy import Connection, insert, select, update

from workbench.core.errors import Fenced
from workbench.store.tables import fences

__all__ = ["advance", "check"]


def advance(conn: Connection, run_id: str) -> int:
    """Take the next epoch, which ends all earlier ones; in a write transaction."""
    if conn.execute(update(fences).where(fences.c.name == run_id).values(epoch=fences.c.epoch + 1)).rowcount == 0:
        conn.execute(insert(fences).values(name=run_id, epoch=1))
    epoch: int = conn.execute(select(fences.c.epoch).where(fences.c.name == run_id)).scalar_one()
    return epoch


def check(conn: Connection, run_id: str, epoch: int) -> None:
    """Raises
    ------
    Fenced
        A later attempt, or a cancellation, has taken over.
    """
    now = conn.execute(select(fences.c.epoch).where(fences.c.name == run_id)).scalar()
    if now != epoch:
        raise Fenced("This attempt has been taken over by a later one.", fix="Nothing is to be done: the later one goes on.", run_id=run_id)
