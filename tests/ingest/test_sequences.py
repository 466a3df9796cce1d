"""Whatever is done to a dataset one after another, its rows and its quarantine are those that a few lines of Python reckon: each record
that came is in one of them, or what took it out is named, and none is there twice."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pytest
from loads import Loads

from tests.quick import scale
from workbench.app.services import Services
from workbench.core.errors import AlreadyExists, InvalidInput
from workbench.ingest import IngestReport
from workbench.ingest.records import Correction, LoadMode

NAME, MODES = "bronze.t", ("append", "append", "upsert", "upsert", "overwrite", "create")
SEEDS, STEPS = (60, 30) if scale() >= 1 else (5, 16)


class Row(NamedTuple):
    id: int
    name: str
    size: float
    note: str | None


class Aside(NamedTuple):
    """A record in quarantine: of which content, the row that it is once it is corrected, whether an upsert set it aside, and a number."""

    content: str
    row: Row
    keyed: bool
    number: int


@dataclass
class Content:
    """What a file holds: rows, and records with a value too many. A note is a column that only some files have."""

    name: str
    good: list[Row]
    bad: list[Row]
    noted: bool
    backwards: bool

    def text(self) -> str:
        columns = Row._fields if self.noted else Row._fields[:3]
        order = columns[::-1] if self.backwards else columns
        good = [",".join(str(getattr(row, column)) for column in order) for row in self.good]
        bad = [",".join([*(str(getattr(row, column)) for column in order), "too", "many"]) for row in self.bad]
        return "\n".join([",".join(order), *good, *bad]) + "\n"

    @property
    def has_keys(self) -> bool:
        return len({row.id for row in self.good}) == len(self.good)


@dataclass
class State:
    """The dataset as it should be. ``changes`` lead to it: of each commit what left quarantine and what came."""

    rows: list[Row] = field(default_factory=list)
    held: frozenset[str] = frozenset()
    changes: tuple[tuple[int, tuple[Aside, ...], tuple[Aside, ...]], ...] = ()


class Machine:
    def __init__(self, ingest: Loads, services: Services, folder: Path, seed: int) -> None:
        self.ingest, self.services, self.folder, self.chance = ingest, services, folder, random.Random(seed)
        self.number = itertools.count()
        self.files: list[Content] = []
        self.now, self.aside = State(), list[Aside]()
        self.known: dict[int, State] = {}  # by snapshot
        self.done: list[str] = []

    def run(self, steps: int) -> None:
        verbs: list[tuple[Callable[[], None], int]] = [
            (self.file, 10),
            (self.several, 3),
            (self.correct, 4),
            (self.discard, 1),
            (self.back, 3),
            (self.delete, 1),
            (self.update, 1),
            (self.write, 1),
            (self.keep_house, 2),
        ]
        weights = [weight for _, weight in verbs]
        for _ in range(steps):
            before, was, head = list(self.aside), self.now.changes, self.head
            chosen = self.chance.choices([verb for verb, _ in verbs], weights)[0]
            chosen()
            if chosen not in (self.back, self.discard) and self.head != head:
                gone = tuple(each for each in before if each not in self.aside)
                came = tuple(each for each in self.aside if each not in before)
                self.now.changes = (*was, (next(self.number), gone, came))
            self.check()

    @property
    def there(self) -> bool:
        return self.services.lake.exists(NAME)

    @property
    def head(self) -> int | None:
        return self.services.lake.info(NAME).snapshot_id if self.there else None

    def check(self) -> None:
        if not self.there:
            return
        found = Counter(
            Row(row["id"], row["name"], row["size"], row.get("note")) for row in self.services.lake.plan(NAME).to_arrow().to_pylist()
        )
        wanted = Counter(self.now.rows)
        assert found == wanted, (self.done, "lost", wanted - found, "too many", found - wanted)
        names = Counter(self.name_of(each.row, each.text) for each in self.ingest.misfits(NAME, 1000))
        assert names == Counter(each.row.name for each in self.aside), self.done
        head = self.head
        assert head is not None
        self.known[head] = State(list(self.now.rows), self.now.held, self.now.changes)

    @staticmethod
    def name_of(row: dict[str, str | None], text: str | None) -> str:
        return row.get("name") or next(value for value in (text or "").split(",") if value.startswith("c"))

    # ------------------------------------------------------------------------------------------------------------ loads

    def content(self) -> Content:
        if self.files and self.chance.random() < 0.45:
            return self.chance.choice(self.files)
        count, noted, name = self.chance.choice((1, 3, 6, 12)), self.chance.random() < 0.3, f"c{len(self.files)}"
        odd = self.chance.choice((0, 1, 2)) if count > 3 else 0

        def row(kind: str, place: int) -> Row:
            return Row(self.chance.randint(1, 25), f"{name}-{kind}{place}", place + 0.25, f"n{place}" if noted else None)

        good, bad = ([row(kind, place) for place in range(many)] for kind, many in (("good", count), ("bad", odd)))
        self.files.append(Content(name, good, bad, noted, self.chance.random() < 0.5))
        return self.files[-1]

    def put(self, content: Content, folder: Path, name: str) -> Path:
        folder.mkdir(exist_ok=True)
        (folder / name).write_text(content.text(), encoding="utf-8")
        return folder / name

    def brought(self, content: Content, mode: str) -> None:
        now = self.now
        held = now.held if mode != "overwrite" else frozenset()
        if mode == "overwrite":
            now.rows, self.aside = [], []
        new = content.good
        if mode == "upsert":
            new = list({row.id: row for row in content.good}.values())
            now.rows = [row for row in now.rows if row.id not in {each.id for each in new}]
        if content.name not in held:
            self.aside = [each for each in self.aside if each.content != content.name]
        now.rows = [*now.rows, *new]
        now.held = held | {content.name}
        self.aside += [Aside(content.name, row, mode == "upsert", next(self.number)) for row in content.bad]

    def file(self) -> None:
        content, mode = self.content(), self.chance.choice(MODES)
        path = self.put(content, self.folder / f"f{next(self.number)}", self.chance.choice(("t.csv", f"{content.name}.csv")))
        taken, there = content.name in self.now.held, self.there
        last = mode == "upsert" and self.chance.random() < 0.5
        try:
            report = self.load(path, mode, last)
        except AlreadyExists:
            assert mode == "create" and there and not taken, self.done
            return
        except InvalidInput:
            assert mode == "upsert" and not last and not content.has_keys, self.done
            return
        if report.unchanged:
            assert taken and (mode != "overwrite" or Counter(self.now.rows) == Counter(content.good)), self.done
            return
        assert mode == "overwrite" or not taken, self.done
        assert report.rows + report.rejected + report.removed == len(content.good) + len(content.bad), self.done
        self.brought(content, mode if there or mode == "upsert" else "append")

    def several(self) -> None:
        contents = [self.content() for _ in range(2)]
        if contents[0] is contents[1]:
            return
        folder, mode, there = self.folder / f"d{next(self.number)}", self.chance.choice(MODES), self.there
        for place, content in enumerate(contents):
            self.put(content, folder, f"{place}.csv")
        new = [content for content in contents if content.name not in self.now.held]
        try:
            report = self.load(folder, mode, mode == "upsert")
        except AlreadyExists:
            assert mode == "create" and there and len(new) == len(contents), self.done
            return
        if mode == "overwrite" and report.unchanged:
            assert Counter(self.now.rows) == Counter(row for content in contents for row in content.good), self.done
            return
        if mode == "overwrite":
            self.now.rows, self.now.held, self.aside, new = [], frozenset(), [], contents
        assert report.unchanged == (not new), self.done
        for content in new:
            self.brought(content, "upsert" if mode == "upsert" else "append")

    def load(self, source: Path, mode: str, last: bool) -> IngestReport:
        asked: LoadMode = mode  # type: ignore[assignment]
        keys = ("id",) if mode == "upsert" else ()
        self.done.append(f"{mode} {[each.read_text() for each in sorted(source.iterdir())] if source.is_dir() else source.read_text()}")
        return self.ingest.ingest(source, "t", mode=asked, keys=keys, duplicates="last" if last else "error")

    # ------------------------------------------------------------------------------------------------- what did not parse

    def chosen(self) -> list[tuple[str, Aside, Sequence[str]]]:
        """The ids of some records, what they are, and the columns that they know."""
        found = {each.row.name: each for each in self.aside}
        misfits = self.ingest.misfits(NAME, 1000) if self.there else ()
        some = self.chance.sample(misfits, self.chance.randint(1, len(misfits))) if misfits else []
        return [(each.id, found[self.name_of(each.row, each.text)], tuple(each.row)) for each in some]

    def correct(self) -> None:
        some = self.chosen()
        asked = [
            Correction(id=each, row=dict.fromkeys(columns) | {k: str(v) for k, v in what.row._asdict().items() if v is not None})
            for each, what, columns in some
        ]
        self.done.append(f"correct {[what for _, what, _ in some]}")
        try:
            done = self.ingest.correct("t", asked) if asked else None
        except InvalidInput:  # by different keys, or two with one
            kinds = {what.keyed for _, what, _ in some}
            assert len(kinds) > 1 or len({what.row.id for _, what, _ in some}) < len(some), self.done
            return
        failed = {each.id for each in done.failed} if done is not None else set()  # those with a column that a rollback has taken
        for each, what, _ in some:
            if each not in failed:
                self.aside.remove(what)
                self.now.rows = [row for row in self.now.rows if not (what.keyed and row.id == what.row.id)] + [what.row]

    def discard(self) -> None:
        some = self.chosen()
        self.done.append(f"discard {[what for _, what, _ in some]}")
        if some:
            self.ingest.discard("t", [each for each, _, _ in some])
            self.aside = [each for each in self.aside if each not in {what for _, what, _ in some}]

    # --------------------------------------------------------------------------------------------------------- what else

    def back(self) -> None:
        kept = [each.id for each in self.services.lake.snapshots(NAME) if each.id in self.known] if self.there else []
        if not kept:
            return
        target = self.chance.choice(kept)
        self.done.append(f"rollback to {target}")
        self.services.writer.rollback(NAME, target)
        here, there = self.now.changes, self.known[target].changes
        both = len(list(itertools.takewhile(lambda pair: pair[0] == pair[1], zip(here, there, strict=False))))
        for _, gone, came in here[both:][::-1]:
            self.aside = [each for each in self.aside if each not in came] + [each for each in gone if each not in self.aside]
        for _, gone, came in there[both:]:
            self.aside = [each for each in self.aside if each not in gone] + [each for each in came if each not in self.aside]
        self.now = State(list(self.known[target].rows), self.known[target].held, there)

    def delete(self) -> None:
        part = self.chance.randint(0, 3)
        every = self.chance.random() < 0.15
        if self.there:
            self.done.append(f"delete {'all' if every else part}")
            self.services.query.run(f"delete from {NAME} where {'id > 0' if every else f'id % 4 = {part}'}", confirm=True)
            self.now.rows = [row for row in self.now.rows if not every and row.id % 4 != part]
            if not self.now.rows:
                self.now.held = frozenset()

    def update(self) -> None:
        part = self.chance.randint(0, 2)
        if self.there:
            self.done.append(f"update {part}")
            self.services.query.run(f"update {NAME} set size = size + 100 where id % 3 = {part}", confirm=True)
            self.now.rows = [row._replace(size=row.size + 100) if row.id % 3 == part else row for row in self.now.rows]

    def write(self) -> None:
        row, part = Row(self.chance.randint(1, 25), f"w{next(self.number)}", 9.5, None), self.chance.randint(1, 25)
        how = self.chance.choice(("append", "upsert", "where"))
        if not self.there:
            return
        self.done.append(f"write {how} {row} {part}")
        data = pa.table({"id": [row.id], "name": [row.name], "size": [row.size]})
        if how == "append":
            self.services.writer.write(NAME, data)
        elif how == "upsert":
            self.services.writer.write(NAME, data, mode="upsert", keys=["id"])
            self.now.rows = [each for each in self.now.rows if each.id != row.id]
        else:
            self.services.writer.write(NAME, data, mode="overwrite", where=f"id < {part}")
            self.now.rows = [each for each in self.now.rows if each.id >= part]
            if not self.now.rows:
                self.now.held = frozenset()
        self.now.rows = [*self.now.rows, row]

    def keep_house(self) -> None:
        how = self.chance.choice(("compact", "expire", "drop", "rename"))
        if not self.there:
            return
        self.done.append(how)
        writer = self.services.writer
        if how == "compact":
            writer.compact(NAME)
        elif how == "expire":
            writer.expire(NAME)
        elif how == "drop":
            writer.drop(NAME)
            writer.undrop(NAME)
        else:
            writer.rename(NAME, "bronze.u")
            writer.rename("bronze.u", NAME)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(SEEDS))
def test_no_record_is_lost_or_doubled_by_any_sequence(ingest: Loads, services: Services, tmp_path: Path, seed: int) -> None:
    Machine(ingest, services, tmp_path, seed).run(STEPS)
