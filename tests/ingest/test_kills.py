"""SIGKILL at each step of a load: never a half table, never a lost or doubled row, the original always there, a re-run completes."""

from __future__ import annotations

import hashlib
import os
import random
import signal
from dataclasses import dataclass
from pathlib import Path

import pytest
from loads import Loads

from tests.quick import PRELOADED, start_script
from workbench.app.services import Services
from workbench.core.names import quarantine_of
from workbench.ingest.records import STEPS, LoadOptions

CHILD = Path(__file__).parent / "kill_child.py"
ROWS, ODD = 400, 3
PRELOADED += ["tests.forked_script", "tests.writes.child", "workbench.app.services"]


@dataclass(frozen=True)
class Case:
    """One way to load: into what is there already (``before`` rows), from so many files."""

    mode: str
    files: int
    quick: bool
    before: int = 0


CASES = [
    Case("create", 1, quick=True),
    Case("create", 3, quick=False),
    Case("append", 2, quick=True, before=10),
    Case("overwrite", 1, quick=False, before=10),
    Case("upsert", 1, quick=False, before=10),
]


def make(folder: Path, number: int, rows: int = ROWS, odd: int = ODD) -> Path:
    """A file of rows that no other has, and a few that do not parse."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"part-{number}.csv"
    lines = [f"{number * 100_000 + n},2026-01-{n % 28 + 1:02},text {number} {n},{n}.5" for n in range(rows)]
    misfits = [f"{number * 100_000 + 90_000 + n},2026-01-01,odd,many" for n in range(odd)]
    path.write_text("\n".join(["id,day,what,amount", *lines, *misfits]) + "\n", encoding="utf-8")
    return path


def keys(services: Services, name: str, column: str) -> list[object]:
    if not services.lake.exists(name):
        return []
    found: list[object] = services.lake.plan(name, [column]).to_arrow().column(column).to_pylist()
    return found


def check(services: Services, name: str, case: Case, files: list[Path], complete: bool) -> None:
    """Each file is there whole, with what it rejected and its original, or not at all; nothing is there twice."""
    ids = keys(services, name, "id")
    assert len(set(ids)) == len(ids), "a row is there twice"
    came = {file: sum(1 for each in ids if int(str(each)) // 100_000 == number) for number, file in enumerate(files, 1)}
    rejected = keys(services, quarantine_of(name), "file")
    for file, rows in came.items():
        assert rows in (0, ROWS), f"{rows} of {ROWS} rows of {file.name}"
        assert rejected.count(file.name) == (ODD if rows else 0), "rows and rejects come together"
        assert rows or not complete, f"{file.name} is missing"
        if rows:
            assert services.blobs.exists(f"sha256:{hashlib.sha256(file.read_bytes()).hexdigest()}"), f"{file.name} is not kept"
    kept = sum(1 for each in ids if int(str(each)) < 100_000)
    gone = case.mode == "overwrite" and any(came.values())
    assert kept == (0 if gone else case.before)
    if gone or (case.mode == "create" and any(came.values())):
        ref = services.catalog.resolve(name)
        made = services.lake.snapshots(name)[0 if gone else -1].id
        assert services.quality.kept.assessment(ref.table_uuid, made) is not None, "rows came without their assessment"


def kill(services: Services, source: Path, options: LoadOptions, step: str, nth: int, delay: float, quick: bool) -> bool:
    """Load in a process of its own, which ends itself; whether it was killed before it had finished."""
    words = [str(services.settings.root), str(source), options.model_dump_json(), step, str(nth), str(delay), "quick" if quick else "-"]
    said = services.settings.root.parent / "said"
    child = start_script(CHILD, *words, output=said)
    child.wait(120)
    assert child.returncode in (0, -signal.SIGKILL), f"the load ended with {child.returncode}: {said.read_text()}"
    return "done" not in said.read_text()


@pytest.mark.timeout(1800)
def test_a_killed_load_leaves_all_or_nothing_and_a_rerun_completes(
    ingest: Loads, services: Services, tmp_path: Path, scale: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(int(os.environ.get("WORKBENCH_TEST_SCALE", "1").replace(".", "")) or 1)
    killed = 0
    for number in range(max(len(CASES), round(50 * scale))):
        case, step = CASES[number % len(CASES)], STEPS[(6 + 3 * number) % len(STEPS)]
        name = f"bronze.t{number}"
        folder = tmp_path / f"round-{number}"
        files = [make(folder / "data", n) for n in range(1, case.files + 1)]
        if case.before:
            ingest.ingest(make(folder / "before", 0, case.before, odd=0), name=name)
        source = folder / "data" if case.files > 1 else files[0]
        options = LoadOptions(name=name, mode=case.mode, keys=("id",) if case.mode == "upsert" else ())  # type: ignore[arg-type]
        nth = chance.randint(1, case.files)
        delay = chance.choice([0.0, chance.random() * 0.02, chance.random() * 0.1])
        killed += kill(services, source, options, step, nth, delay, case.quick)
        services.log.reconcile()
        check(services, name, case, files, complete=False)
        report = ingest.service.ingest(source, options)
        check(services, name, case, files, complete=True)
        assert report.files == case.files
        assert ingest.service.ingest(source, options).unchanged
        check(services, name, case, files, complete=True)
    assert killed > 0, "no load was killed before its end"
