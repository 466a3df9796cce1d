"""One server for a team a module, in this process."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.governance import users

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "api")]

from in_process import Team, make_workspace, serving  # noqa: E402


@pytest.fixture(autouse=True, scope="session")
def cheap_passwords() -> Iterator[None]:
    """Each hash costs a third of a second, and hundreds are made here; what it costs is tested in ``tests/governance``."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(users, "_COST", 2**10)
        patch.setattr(users, "_NOBODY", users._NOBODY.replace(str(2**17), str(2**10)))
        yield


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    settings = make_workspace(tmp_path_factory.mktemp("team"))
    with serving(settings) as found:
        yield found
