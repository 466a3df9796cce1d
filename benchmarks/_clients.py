"""Many people at one server: each asks mixed questions, knows what the answers must be, and compares."""

from __future__ import annotations

import random
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import psutil
import pyarrow as pa
import pyarrow.compute as pc

from workbench.app.local import LocalWorkspace
from workbench.app.remote import RemoteWorkspace
from workbench.core.config import Settings
from workbench.core.errors import Cancelled, TooLarge

REGIONS = tuple(f"r{number}" for number in range(8))
DAYS = 60
POLICY = """
version: 1
masks:
  - {name: mail, what: [silver.orders.mail], mask: {kind: partial, first: 1, last: 0}}
rows:
  - {name: own regions, what: [silver.orders], where: region IN principal.regions}
"""
RUNAWAY = "select count(*) from silver.orders a, silver.orders b, silver.orders c where a.amount + b.amount + c.amount = -1"
EXHAUSTS = "select list(a.mail || b.mail || a.id || b.id) as everything from silver.orders a, silver.orders b"


def make_orders(rows: int) -> pa.Table:
    """Rows whose values say where they belong."""
    draw = random.Random(7)
    numbers = range(rows)
    regions = [REGIONS[draw.randrange(len(REGIONS))] for _ in numbers]
    first = date(2026, 1, 1)
    return pa.table(
        {
            "id": pa.array(numbers, pa.int64()),
            "region": regions,
            "day": pa.array([first + timedelta(days=draw.randrange(DAYS)) for _ in numbers], pa.date32()),
            "amount": pa.array([draw.randrange(1, 10_000) for _ in numbers], pa.int64()),
            "mail": [f"person{number}@{region}.example.org" for number, region in zip(numbers, regions, strict=True)],
        }
    )


def fill(settings: Settings, orders: pa.Table, people: int) -> dict[str, tuple[tuple[str, ...], str]]:
    """Write the rows, the policy and the people: their regions and a token of each; ``runaway`` and ``glutton`` see every region."""
    found = {}
    with LocalWorkspace(settings) as workspace:
        workspace.services.lasting = False
        workspace.datasets.write("silver.orders", orders)
        workspace.compliance.apply(POLICY)
        names = [f"person{number:02}" for number in range(people)]
        for number, name in enumerate([*names, "runaway", "glutton"]):
            mine = tuple(REGIONS[(number + k) % len(REGIONS)] for k in range(1 + number % 3)) if name in names else REGIONS
            workspace.users.add(name, ("analyst",), {"regions": mine})
            found[name] = (mine, workspace.users.issue_token(name, "read").secret)
    return found


@dataclass
class Outcome:
    """Seconds of each answer, and what was wrong with any."""

    seconds: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    stopped: dict[str, int] = field(default_factory=dict)

    def percentile(self, share: float) -> float:
        return statistics.quantiles(self.seconds, n=100, method="inclusive")[int(share * 100) - 1]


class Person:
    """Asks one question after another, and knows the answers from the rows that are hers."""

    def __init__(self, name: str, regions: tuple[str, ...], orders: pa.Table, workspace: RemoteWorkspace) -> None:
        self.name, self.regions, self.workspace = name, regions, workspace
        self.draw = random.Random(name)
        self.every = orders
        self.mine = orders.filter(pc.is_in(orders["region"], pa.array(regions)))
        self.questions: list[Callable[[], bool]] = [self.total, self.one, self.by_day, self.rows, self.masked, self.others, self.largest]

    def ask(self) -> bool:
        """One question, chosen at random; whether the answer was right."""
        return self.draw.choice(self.questions)()

    def _sql(self, text: str, params: Any = None) -> list[list[Any]]:
        return [list(row) for row in self.workspace.query.run(text, params).rows]

    def total(self) -> bool:
        found = self._sql("select count(*), sum(amount), min(id) from silver.orders")
        mine = self.mine
        return found == [[mine.num_rows, pc.sum(mine["amount"]).as_py(), pc.min(mine["id"]).as_py()]]

    def one(self) -> bool:
        number = self.draw.randrange(self.every.num_rows)
        row = self.every.slice(number, 1).to_pylist()[0]
        expected = [[number, row["amount"]]] if row["region"] in self.regions else []
        return self._sql("select id, amount from silver.orders where id = $id", {"id": number}) == expected

    def by_day(self) -> bool:
        grouped = self.mine.group_by("day").aggregate([("amount", "sum")]).sort_by("day")
        expected = [[str(row["day"]), row["amount_sum"]] for row in grouped.to_pylist()]
        found = self._sql("select day, sum(amount) from silver.orders group by day order by day")
        return [[str(day), amount] for day, amount in found] == expected

    def rows(self) -> bool:
        until = date(2026, 1, 1) + timedelta(days=self.draw.randrange(1, DAYS))
        found = self.workspace.query.arrow("select id, amount from silver.orders where day < $until", {"until": until.isoformat()})
        expected = self.mine.filter(pc.less(self.mine["day"], pa.scalar(until))).select(["id", "amount"])
        return bool(found.sort_by("id").replace_schema_metadata().equals(expected.sort_by("id")))

    def masked(self) -> bool:
        found = self._sql("select distinct mail from silver.orders where id < 2000 limit 20")
        return bool(found) and all(set(row[0][1:]) == {"*"} for row in found)

    def others(self) -> bool:
        other = self.draw.choice([region for region in REGIONS if region not in self.regions])
        return self._sql("select count(*) from silver.orders where region = $region", {"region": other}) == [[0]]

    def largest(self) -> bool:
        kept = self.mine.sort_by([("amount", "descending"), ("id", "ascending")]).slice(0, 10)
        expected = [[number] for number in kept["id"].to_pylist()]
        return self._sql("select id from silver.orders order by amount desc, id limit 10") == expected


def press(
    url: str,
    people: dict[str, tuple[tuple[str, ...], str]],
    orders: pa.Table,
    seconds: float,
    least: int = 2,
    stop: Callable[[], object] = lambda: None,
) -> Outcome:
    """All ask at once for ``seconds`` (each at least ``least`` times), while two others run what must be stopped: by the server's limits,
    and in the end by ``stop``."""
    outcome, guard = Outcome(), threading.Lock()
    end, over = time.monotonic() + seconds, threading.Event()

    def work(name: str) -> None:
        regions, token = people[name]
        with RemoteWorkspace(url, token) as workspace:
            person, count = Person(name, regions, orders, workspace), 0
            while time.monotonic() < end or count < least:
                began, wrong = time.monotonic(), ""
                try:
                    if not person.ask():
                        wrong = f"{name}: a wrong answer"
                except Exception as error:
                    wrong = f"{name}: {error!r}"
                with guard:
                    outcome.seconds.append(time.monotonic() - began)
                    if wrong:
                        outcome.wrong.append(wrong)
                count += 1

    def exceed(name: str, sql: str) -> None:
        with RemoteWorkspace(url, people[name][1]) as workspace:
            while not over.is_set():
                try:
                    workspace.query.run(sql)
                    kind = "answered"
                except (TooLarge, Cancelled) as error:
                    kind = error.code
                except Exception as error:
                    kind = repr(error)
                with guard:
                    outcome.stopped[f"{name}: {kind}"] = outcome.stopped.get(f"{name}: {kind}", 0) + 1

    honest = [threading.Thread(target=work, args=(name,)) for name in people if name.startswith("person")]
    beside = [threading.Thread(target=exceed, args=pair) for pair in (("runaway", RUNAWAY), ("glutton", EXHAUSTS))]
    for thread in (*beside, *honest):
        thread.start()
    for thread in honest:
        thread.join()
    over.set()
    for thread in beside:
        while thread.is_alive():
            stop()
            thread.join(1.0)
    return outcome


@contextmanager
def memory_of(pid: int) -> Iterator[list[tuple[float, float]]]:
    """Pairs of MB as they are seen meanwhile: of a process, and of it with all that it has started."""
    server, seen, stop = psutil.Process(pid), [(0.0, 0.0)], threading.Event()

    def measure() -> tuple[float, float]:
        own = total = server.memory_info().rss / 1e6
        for child in server.children(recursive=True):
            try:
                total += child.memory_info().rss / 1e6
            except psutil.NoSuchProcess:
                continue
        return own, total

    def watch() -> None:
        while not stop.wait(0.2):
            seen.append(measure())

    seen[0] = measure()
    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        stop.set()
        thread.join()
        seen.append(measure())
