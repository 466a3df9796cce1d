"""Every nasty file below ``tests/data`` comes in as the table it means, or is refused with the right words; and no row is lost."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from workbench.app.services import Services
from workbench.core.config import create_workspace_file, load_settings
from workbench.core.errors import UnreadableFile
from workbench.engines.readers import Request, Source, open_source
from workbench.ingest.records import IngestReport, LoadOptions
from workbench.lake.arrow import normalise

sys.path.insert(0, str(Path(__file__).parents[1] / "data"))
from cases import EXPECTED, FILES, Case
from make import CASES


def each(cases: list[Case]) -> pytest.MarkDecorator:
    made = [pytest.param(c, id=c.name, marks=[pytest.mark.xfail(reason=c.gap, strict=True)] if c.gap else []) for c in cases]
    return pytest.mark.parametrize("case", made)


TABLES = [case for case in CASES if case.expect is not None]
REFUSED = [case for case in CASES if case.error]


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    folder = tmp_path_factory.mktemp("corpus") / "project"
    create_workspace_file(folder, "corpus")
    built = Services(load_settings(folder, env={}))
    yield built
    built.close()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy: what is checked in is never written to."""
    return Path(shutil.copytree(FILES, tmp_path_factory.mktemp("data") / "files"))


def opened(case: Case, scratch: Path) -> Source:
    return open_source(Request(case.path, case.file, scratch, {}, case.sheet, case.reading))


def taken(services: Services, files: Path, case: Case) -> IngestReport:
    place = f"{files / case.file}#{case.sheet}" if case.sheet else files / case.file
    name = f"corpus_{CASES.index(case)}"
    return services.ingest.ingest(
        str(place), LoadOptions(name=name, reading=None if case.reading == type(case.reading)() else case.reading)
    )


def meant(case: Case) -> pa.Table:
    """What is checked in."""
    with pa.memory_map(str(case.expected)) as stream:
        table: pa.Table = pa.ipc.open_file(stream).read_all()
    return table


def assert_same(found: pa.Table, expected: pa.Table) -> None:
    """The same columns in the types of the lake, and the same rows."""
    found, expected = (table.cast(normalise(table.schema)) for table in (found, expected))
    assert [(field.name, str(field.type)) for field in found.schema] == [(field.name, str(field.type)) for field in expected.schema]
    assert str(found.to_pylist()) == str(expected.to_pylist())  # as text: a NaN is not equal to itself


@each(TABLES)
def test_a_nasty_file_is_the_table_that_it_means(case: Case, tmp_path: Path) -> None:
    source = opened(case, tmp_path)
    table = source.reader().read_all()
    assert_same(table, meant(case))
    rejects = source.rejects().to_pylist()
    assert {each["line"] or each["record"]: each["column"] for each in rejects} == dict(case.aside)
    assert all(each["reason"] and (each["text"] or each["row"] != "{}") for each in rejects), "what is set aside is kept, with the reason"
    assert table.num_rows + source.rejected + source.left_out == case.records
    assert source.rows in (None, case.records - source.left_out)


@pytest.mark.sampled(every=6)
@each(TABLES)
def test_how_it_was_read_reads_it_again_the_same_way(case: Case, tmp_path: Path) -> None:
    (tmp_path / "again").mkdir()
    source = opened(case, tmp_path)
    assert len(source.seen) == len(source.reading.columns)
    assert [column.name for column in source.reading.columns if column.take] == source.schema.names
    again = open_source(Request(case.path, case.file, tmp_path / "again", {}, case.sheet, source.reading))
    assert_same(again.reader().read_all(), meant(case))


@pytest.mark.sampled(every=6)
@each(TABLES)
def test_its_rows_are_stored_or_set_aside(case: Case, services: Services, files: Path) -> None:
    report = taken(services, files, case)
    assert report.rows + report.rejected + report.removed == case.records
    assert report.rejected == len(case.aside)
    stored = services.lake.table(report.dataset).scan().to_arrow()
    assert stored.num_rows == report.rows
    assert_same(stored, meant(case))


@each(REFUSED)
def test_what_is_no_table_is_refused_with_words(case: Case, tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile) as caught:
        opened(case, tmp_path).reader().read_all()
    assert case.error in f"{caught.value.message} {caught.value.fix}"
    assert caught.value.fix


@pytest.mark.sampled(every=6)
@each(REFUSED)
def test_nothing_is_written_of_what_is_refused(case: Case, services: Services, files: Path) -> None:
    before = services.lake.names()
    with pytest.raises(UnreadableFile) as caught:
        taken(services, files, case)
    assert case.error in f"{caught.value.message} {caught.value.fix}"
    assert services.lake.names() == before


def test_the_corpus_is_what_was_written_by_hand() -> None:
    for case in CASES:
        if case.stable:
            assert case.path.read_bytes() == case.made(), case.name
        if case.expect is not None:
            assert meant(case).schema == case.expect.schema, case.name
            assert str(meant(case).to_pylist()) == str(case.expect.to_pylist()), case.name
    assert len({case.name for case in CASES}) == len(CASES)
    known = {case.path for case in CASES} | {case.expected for case in TABLES}
    assert {path for folder in (FILES, EXPECTED) for path in folder.rglob("*") if path.is_file()} == known


def test_the_corpus_is_large_enough() -> None:
    assert len({case.file for case in CASES}) >= 80
    assert len({case.file for case in TABLES if not case.gap}) >= 60
