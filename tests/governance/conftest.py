from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from lakes import ALICE, HIDDEN, Lake, make


@pytest.fixture(scope="session")
def lakes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Lake]]:
    """Two lakes, a and b, that differ in what alice may not see; with one key of hashes."""
    first = make(tmp_path_factory.mktemp("a"), HIDDEN["a"])
    first.ws.as_principal(ALICE).query.run("select ssn from silver.people")
    made = {"a": first, "b": make(tmp_path_factory.mktemp("b"), HIDDEN["b"], first.ws.settings.state / "secrets" / "masks.key")}
    yield made
    for lake in made.values():
        lake.ws.close()
