"""Makes ``tests/fixtures/format-1.tar.gz``: a workspace of this version's format, for every later version to upgrade.

Run once a format: ``python tests/operations/make_fixture.py``. Never made again for a format that has been released.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from conftest import fill
from state import state_of

from workbench.app import init
from workbench.app.operations.backup import backup
from workbench.core.config import FORMAT

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"


def main() -> None:
    """Write the archive and what it must say when it is opened."""
    FIXTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        ws = init(Path(scratch) / "workspace", f"format {FORMAT}")
        fill(ws)
        expected = {
            "datasets": [d.to_json() for d in ws.catalog.list()],
            "events": len(ws.services.log.events(limit=None)),
            "runs": [(r.id, r.kind, r.status) for r in ws.runs.list(limit=10_000)],
            "rows": state_of(ws)["rows"],
            "lineage": {d.name: len(ws.lineage.graph(d.name).edges) for d in ws.catalog.list()},
        }
        backup(ws.services, FIXTURES / f"format-{FORMAT}.tar.gz")
        ws.close()
    (FIXTURES / f"format-{FORMAT}.json").write_text(json.dumps(expected, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
