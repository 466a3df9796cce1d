"""One server for a team a module, in this process."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "api")]

from in_process import Team, make_workspace, serving  # noqa: E402


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    settings = make_workspace(tmp_path_factory.mktemp("team"))
    with serving(settings) as found:
        yield found
