"""A team's workspace as the tests of ingestion by its engineers use it: who there is, what is hidden from whom, and how files come."""

from __future__ import annotations

import hashlib
import itertools
import sqlite3
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from workbench.app.local import LocalWorkspace
from workbench.core.config import create_workspace_file, load_settings
from workbench.core.principals import Principal
from workbench.ingest.records import LoadOptions
from workbench.ingest.staging import Arrived
from workbench.quality.records import Expectation

ADMIN = Principal(name="root")
ERIN = Principal(name="erin", roles=("engineer",), attributes={"region": "north"})
IVAN = Principal(name="ivan", roles=("engineer",), attributes={"region": "south"})
ANN = Principal(name="ann", roles=("analyst",))
WALT = Principal(name="walt", roles=("engineer",), attributes={"region": "all"})
CANARY = "canary"  # in whatever is hidden from erin, and nowhere else
POLICY = """
version: 1
grants:
  - {to: analyst, what: silver.open}
  - {to: engineer, what: "bronze.*", may: [read, write]}
  - {to: engineer, what: silver.people, may: [read, write]}
  - {to: engineer, what: silver.regions, may: [read, write]}
  - {to: engineer, what: silver.open, may: [read, write]}
  - {to: engineer, what: "silver.e_*", may: [read, write]}
  - {to: engineer, what: gold.shown}
  - {to: engineer, what: "connection:shop"}
  - {to: "user:walt", what: "gold.*", may: [write]}
  - {to: keeper, what: "*.*", may: [write]}
roles:
  keeper: {}
masks:
  - {name: pay, what: [silver.people.pay], unless: ["user:walt", "user:flo", "user:wendy"], mask: {kind: "null"}}
rows:
  - {name: own region, what: [silver.regions], unless: ["user:walt", "user:max", "user:wendy"], where: region = principal.region}
"""
PEOPLE = pa.table({"id": [1, 2], "name": ["ada", "bob"], "pay": [987_654_321, 987_654_322]})
REGIONS = pa.table({"id": [1, 2], "region": ["north", "canary land"]})
OPEN = pa.table({"id": [1, 2, 3], "total": [5, 6, 7]})


@dataclass
class World:
    """The workspace, and each person's. ``up`` brings a file as an upload of somebody's, and names it."""

    ws: LocalWorkspace
    folder: Path
    done: set[str] = field(default_factory=set)
    _count: Any = field(default_factory=itertools.count)

    def by(self, who: Principal) -> LocalWorkspace:
        return self.ws if who.name == "root" else self.ws.as_principal(who)

    def up(self, who: Principal, content: str | bytes, name: str = "data.csv") -> str:
        folder = self.ws.settings.state / "uploads" / f"req-{next(self._count)}"
        folder.mkdir(parents=True)
        path, raw = folder / name, content.encode() if isinstance(content, str) else content
        path.write_bytes(raw)
        arrived = Arrived(path, f"sha256:{hashlib.sha256(raw).hexdigest()}")
        return self.by(who).ingest.stage(arrived).source  # type: ignore[arg-type]

    def load(self, who: Principal, content: str | bytes, into: str, **options: Any) -> Any:
        return self.by(who).ingest.load(self.up(who, content), LoadOptions(name=into, **options))

    def look(self, who: Principal, content: str | bytes, into: str | None = None, **options: Any) -> Any:
        return self.by(who).ingest.preview(self.up(who, content), LoadOptions(name=into, **options))


def make(root: Path) -> World:
    create_workspace_file(root, "team")
    ws = LocalWorkspace(
        load_settings(root, {"WORKBENCH_QUERY_ISOLATE": "never", "WORKBENCH_INGEST_ALLOW_PRIVATE_ADDRESSES": "true"}), ADMIN
    )
    for name, rows in {
        "silver.people": PEOPLE,
        "silver.regions": REGIONS,
        "silver.open": OPEN,
        "gold.shown": OPEN,
        "silver.canary": OPEN,
        "gold.canary": OPEN,
        "bronze.judged": pa.table({"id": [1], "key": ["k1"]}),
        **dict.fromkeys(("silver.e_alike", "silver.canary_alike"), pa.table({"lat": [1, 2], "lon": [3, 4]})),
        "silver.canary_keys": pa.table({"key": ["k1", "k2"]}),
    }.items():
        ws.datasets.write(name, rows)
    points = {"kind": "foreign_key", "column": "key", "dataset": "silver.canary_keys", "key": "key", "severity": "gate"}
    ws.quality.expect("bronze.judged", Expectation.model_validate(points))
    ws.quality.expect("silver.open", Expectation(kind="in_range", column="total", low=0, severity="gate"))
    for who in (ERIN, IVAN, ANN, WALT):
        ws.users.add(who.name, who.roles, dict(who.attributes))
    ws.compliance.apply(POLICY)
    (root / "inside.csv").write_text("canary_column\n1\n")
    with sqlite3.connect(root / "shop.db") as database:
        database.execute("CREATE TABLE orders (id INTEGER, region TEXT)")
        database.execute("INSERT INTO orders VALUES (1, 'north'), (200, 'canary')")
    database.close()
    for name in ("shop", "pay"):
        ws.services.connections.save(name, "sqlite", {"path": str(root / "shop.db")})
    return World(ws, root)
