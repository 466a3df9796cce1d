"""Names that no user can have, on each database that there may be a store in."""

from __future__ import annotations

import pytest

from workbench.core.errors import Unauthenticated
from workbench.governance.users import UserService
from workbench.store import Store


def test_whatever_is_written_for_a_name_is_a_wrong_name(store: Store) -> None:
    users = UserService(store)
    for name in ("a\0b", "\0", "", "ann ", "x" * 200):
        with pytest.raises(Unauthenticated, match="name or the password is not right"):
            users.sign_in(name, "correct horse")
