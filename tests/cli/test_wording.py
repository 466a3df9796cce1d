"""What the command line says to somebody new to it."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def test_json_before_the_command_is_told_where_it_goes(cli: Any, project: Path) -> None:
    code, _, err = cli("--json", "status")
    assert code == 2 and "--json follows the command" in err and "--version" not in err
    assert "No such option" in cli("--nonsense", "status")[2]


def test_one_file_is_not_some_files(cli: Any, project: Path) -> None:
    _, out, _ = cli("datasets", "show", "silver.people")
    assert "· 1 file ·" in out and "1 files" not in out
