"""Which verbs are for everybody. Imports little: each verb asks it."""

from __future__ import annotations

from workbench.core.errors import Forbidden
from workbench.core.principals import Principal

__all__ = ["GOVERNED", "check_verb"]

#: What shows everybody just what she may see. Other verbs know nothing of masks and filters yet, and are for admins.
GOVERNED = frozenset(
    {
        "datasets.read",
        "datasets.sample",
        *(f"query.{verb}" for verb in ("arrow", "complete", "explain", "export", "run", "stop")),
        # About oneself alone.
        *(f"users.{verb}" for verb in ("me", "my_tokens", "new_token", "rotate_token", "revoke_token", "change_password")),
    }
)


def check_verb(principal: Principal, verb: str) -> None:
    """Raises
    ------
    Forbidden
        The verb is for admins, and the principal is none.
    """
    if not principal.is_admin and verb not in GOVERNED:
        raise Forbidden(f"{verb} is for administrators.", fix="Ask in SQL: SHOW TABLES, DESCRIBE NAME, SELECT.")
