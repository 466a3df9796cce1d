"""A lake with a policy, and statements run in somebody's name."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from workbench.core.config import create_workspace_file, load_settings
from workbench.core.principals import Principal
from workbench.engines.duckdb import DuckDBEngine, IsolatedEngine
from workbench.governance.access import AccessService
from workbench.lake import Lake
from workbench.query import QueryService
from workbench.runs import RunLog
from workbench.store import Store
from workbench.writes import Writer

POLICY = """
version: 1
grants:
  - {to: analyst, what: silver.*}
  - {to: clerk, what: "silver.*", may: [read, write]}
  - {to: clerk, what: "gold.*", may: [read, write]}
roles:
  clerk: {description: writes}
masks:
  - {name: pay, what: [silver.people.pay], to: [clerk, analyst], mask: {kind: "null"}}
rows:
  - {name: region, what: [silver.regions], to: [clerk], where: region = principal.region}
"""
CLERK = Principal(name="carla", roles=("clerk",), attributes={"region": "north"})
ANALYST = Principal(name="anna", roles=("analyst",))


class Place:
    """A lake with a policy, and statements run in somebody's name."""

    def __init__(self, root: Any, isolated: bool = False) -> None:
        if not root.exists():
            create_workspace_file(root, "writes")
        self.settings = load_settings(root, env={})
        self.store = Store(self.settings.store_url)
        self.store.migrate()
        self.lake, self.log = Lake(self.store, self.settings.warehouse), RunLog(self.store)
        make = IsolatedEngine if isolated else DuckDBEngine
        self.engine = make(self.settings.state / "tmp", threads=2, memory_mb=1024)
        self.access = AccessService(self.store, lambda: bytes(32))
        self.writer = Writer(self.lake, self.log, self.settings.retention, lambda: self.engine)
        self.query = QueryService(self.lake, self.log, self.engine, self.settings, self.access)

    def do(self, sql: str, params: Any = None, who: Principal | None = None) -> dict[str, Any]:
        table = self.query.arrow(sql, params, principal=who)
        (row,) = table.to_pylist()
        return {key: value for key, value in row.items() if key in ("inserted", "updated", "deleted")} | {
            "said": table.schema.metadata[b"said"]
        }

    def rows(self, sql: str, who: Principal | None = None) -> list[tuple[Any, ...]]:
        return [tuple(row.values()) for row in self.query.arrow(sql, principal=who).to_pylist()]

    def counts(self, sql: str, params: Any = None, who: Principal | None = None) -> tuple[int, int, int]:
        found = self.do(sql, params, who)
        return found["inserted"], found["updated"], found["deleted"]

    def head(self, name: str) -> int | None:
        return self.lake.info(name).snapshot_id

    def close(self) -> None:
        self.engine.close()
        self.store.close()


def peopled(root: Any) -> Place:
    """A place with people, whose pay the policy masks, and regions, whose rows it filters."""
    made = Place(root)
    made.access.policies.apply(POLICY, Principal(name="test"))
    made.writer.write("silver.people", pa.table({"id": [1, 2, 3], "name": ["a", "b", "c"], "pay": [10, 20, 30]}))
    made.writer.write("silver.regions", pa.table({"id": [1, 2, 3], "region": ["north", "south", "south"]}))
    return made
