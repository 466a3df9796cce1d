"""Whatever is wrong with a file is said with the place and what to do, and nothing is written."""

from __future__ import annotations

import gzip
import io
import os
import random
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from loads import Loads

from workbench.app.services import Services
from workbench.core.errors import InvalidInput, InvalidName, UnreadableFile, WorkbenchError

pytestmark = pytest.mark.sampled(every=2, of="file")


def zipped(**files: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "."), content)
    return stream.getvalue()


def parquet() -> bytes:
    stream = io.BytesIO()
    pq.write_table(pa.table({"a": list(range(1000))}), stream)
    return stream.getvalue()


def arrow(name: str) -> bytes:
    stream = io.BytesIO()
    table = pa.table({name: [{name: 1}]})
    with pa.ipc.new_file(stream, table.schema) as writer:
        writer.write_table(table)
    return stream.getvalue()


def of_later(archive: bytes) -> bytes:
    """An archive whose list asks for a version of the format that there is not."""
    place = archive.index(b"PK\x01\x02") + 6
    return archive[:place] + b"\xff" + archive[place + 1 :]


def nameless(archive: bytes) -> bytes:
    """An archive whose list has a file without a name: it is called a comment."""
    place = archive.index(b"PK\x01\x02") + 28
    lengths = archive[place : place + 2], archive[place + 2 : place + 4]
    return archive[:place] + b"\x00\x00" + lengths[1] + lengths[0] + archive[place + 6 :]


def before_its_beginning(archive: bytes) -> bytes:
    """An archive whose end says that its list begins far later than it does."""
    place = archive.index(b"PK\x05\x06") + 16
    return archive[:place] + b"\xff\xff\xff\x7f" + archive[place + 4 :]


RUBBISH = random.Random(7).randbytes(5000)
GOOD = "".join(f"{i},{i}\n" for i in range(400_000))

CASES: list[tuple[str, str, bytes | str, str, int | None]] = [
    ("empty", "x.csv", "", "is empty", None),
    ("blank", "x.csv", "\n \n\n", "is empty", None),
    ("header only", "x.csv", "a,b\n", "header but no rows", None),
    ("binary rubbish", "x.csv", RUBBISH, "binary data", None),
    ("binary rubbish as JSON", "x.json", RUBBISH, "binary data", None),
    ("a zero byte", "x.csv", "a,b\n1,2\n3,\x00" + "x" * 99 + "\n", "line 3: a zero byte", 3),
    ("too few values", "x.csv", "a,b\n1,2\n3\n", "line 3: 1 value found where the header has 2", 3),
    ("too many values", "x.csv", "a,b\n1,2\n3,4,5\n", "line 3: 3 values found where the header has 2", 3),
    ("too many values after line breaks", "x.csv", 'a,b\n"1\n\n1",2\n3,4,5\n', "line 5: 3 values found", 5),
    ("ragged far down", "x.csv", "a,b\n" + GOOD + "1,2,3\n" * 110_000, "line 400,002: 3 values found", 400_002),
    ("quote never closed", "x.csv", 'a,b\n1,"2\n3,4\n', "line 2: quotes are not closed", 2),
    ("something after a closing quote", "x.csv", 'a,b\n1,2\n"3"x,4\n', "line 3: quotes are not closed, or", 3),
    ("two broken quotes that pair", "x.csv", 'a,b\n1,"x\n2,y"z\n', "line 2: quotes", 2),
    ("a broken quote among escaped ones", "x.csv", 'a,b\n"say \\"hi\\"",1\n"3"x,4\n', "line 3: quotes", 3),
    ("broken UTF-8", "x.csv", "a,b\né,2\n3,".encode() + b"\xff\n", "line 3: a character cannot be decoded as UTF-8", 3),
    ("UTF-8 cut off", "x.csv", "a,b\né,é".encode()[:-1], "line 2: a character cannot be decoded", 2),
    ("no encoding at all", "x.csv", b"a,b\n1,\x81\x8d\n", "line 2: a character cannot be decoded", 2),
    ("Parquet called CSV", "x.csv", parquet(), "its content is Parquet", None),
    ("CSV called Parquet", "x.parquet", "a,b\n1,2\n", "its content is text", None),
    ("CSV called Excel", "x.xlsx", "a,b\n1,2\n", "its content is text", None),
    ("no ending", "x", "a,b\n1,2\n", "has no ending", None),
    ("unknown ending", "x.dat", "a,b\n1,2\n", "ends in '.dat'", None),
    ("Parquet cut off", "x.parquet", parquet()[:-20], "damaged or incomplete Parquet", None),
    ("Arrow cut off", "x.arrow", b"ARROW1\x00\x00abc", "damaged or incomplete Arrow", None),
    ("a name that is no text", "x.arrow", arrow("name").replace(b"name", b"nam\xff"), "damaged or incomplete Arrow", None),
    ("keys deep down that differ in case", "x.json", '[{"a": {"id": 1, "ID": 2}}]', "keys differ in their case only", None),
    ("a zip of a later version", "x.zip", of_later(zipped(a__csv="a,b\n1,2\n")), "damaged zip", None),
    ("a zip of a file without a name", "x.zip", nameless(zipped(a__csv="a,b\n1,2\n")), "damaged zip", None),
    ("a zip with a wrong place", "x.zip", before_its_beginning(zipped(a__csv="a,b\n1,2\n")), "damaged zip", None),
    ("a workbook of a later version", "x.xlsx", of_later(zipped(a__xml="")), "damaged or incomplete workbook", None),
    ("a workbook cut off", "x.xlsx", zipped(a__xml="")[:-9], "damaged or incomplete workbook", None),
    ("a zip that is no workbook", "x.xlsx", zipped(a__csv="a,b\n1,2\n"), "is a zip archive, not a workbook", None),
    ("gzip cut off", "x.csv.gz", gzip.compress(b"a,b\n1,2\n" * 1000)[:-12], "damaged gzip", None),
    ("CSV called gzip", "x.csv.gz", "a,b\n1,2\n", "is not compressed, though its name ends in '.gz'", None),
    ("a blank before quotes", "x.csv", 'a, b\n1, "x, y"\n', "with no blank before them", 2),
    ("JSON cut off", "x.json", '[{"a": 1},\n {"a": 2}', "line 2: not valid JSON", None),
    ("JSON with a word", "x.json", '[{"a": 1},\n {"a": two}]', "line 2: not valid JSON", None),
    ("JSON of numbers", "x.json", "[1, 2]", "no objects", None),
    ("JSON of nothing", "x.json", "[ ]", "holds no objects", None),
    ("NDJSON with too many broken lines", "x.ndjson", '{"a": 1}\n{"a": \n{"a\n', "line 2: not valid JSON", 2),
    ("the same key twice", "x.json", '[{"a": 1, "a": 2}]', "twice in one object", None),
]


@pytest.mark.parametrize(("name", "content", "words", "line"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_bad_file_is_refused_and_nothing_is_written(
    ingest: Loads, services: Services, tmp_path: Path, name: str, content: bytes | str, words: str, line: int | None
) -> None:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(UnreadableFile) as caught:
        ingest.ingest(path, name="bad")
    assert words in str(caught.value)
    assert path.stem in caught.value.message, "the message names the file"
    assert caught.value.fix
    assert caught.value.details.get("line") == line
    assert services.lake.names() == ()
    assert not list(services.blobs), "only what is taken is kept"
    assert not list((services.settings.state / "tmp").glob("ingest-*"))
    run = services.log.list(kind="ingest")[0]
    assert run.status == "failed"
    assert run.error is not None and run.error.code == "unreadable_file"


def test_a_message_holds_no_value_of_the_file(ingest: Loads, tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("name,age\nAda,36\nGrace Hopper,1,2\n")
    with pytest.raises(UnreadableFile) as caught:
        ingest.ingest(path)
    assert "Grace" not in str(caught.value) + str(caught.value.details)


def missing(folder: Path) -> Path:
    (folder / "flights.csv").touch()
    return folder / "flihgts.csv"


def broken_link(folder: Path) -> Path:
    (folder / "x.csv").symlink_to(folder / "gone.csv")
    return folder / "x.csv"


def circle(folder: Path) -> Path:
    (folder / "x.csv").symlink_to(folder / "y.csv")
    (folder / "y.csv").symlink_to(folder / "x.csv")
    return folder / "x.csv"


def pipe(folder: Path) -> Path:
    os.mkfifo(folder / "x.csv")
    return folder / "x.csv"


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (missing, "There is no file"),
        (lambda folder: folder / "no" / "x.csv", "its folder is not there"),
        (lambda folder: folder, "no file to take"),
        (broken_link, "a link to something that is not there"),
        (circle, "cannot be reached"),
        (pipe, "no regular file"),
    ],
    ids=["missing", "missing folder", "folder", "broken link", "links in a circle", "pipe"],
)
def test_what_is_no_file_is_refused(ingest: Loads, tmp_path: Path, make: Callable[[Path], Path], words: str) -> None:
    with pytest.raises(UnreadableFile, match=words) as caught:
        ingest.ingest(make(tmp_path))
    assert caught.value.fix
    if make is missing:
        assert "flights.csv" in caught.value.fix


def test_a_link_to_a_file_is_that_file(ingest: Loads, tmp_path: Path) -> None:
    (tmp_path / "real.csv").write_text("a,b\n1,2\n")
    (tmp_path / "link.csv").symlink_to(tmp_path / "real.csv")
    assert ingest.ingest(tmp_path / "link.csv").dataset == "bronze.link"


def test_a_file_that_may_not_be_read_is_refused(ingest: Loads, services: Services, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("a,b\n1,2\n")
    path.chmod(0)
    nobody, scratch = 65534, services.settings.state / "tmp"
    if os.geteuid() == 0:
        scratch.mkdir(exist_ok=True)
        os.chown(scratch, nobody, nobody)
        services.settings.state.chmod(0o711)
        for folder in (tmp_path, *tmp_path.parents):
            if not folder.stat().st_mode & 0o001:
                folder.chmod(folder.stat().st_mode | 0o011)
        os.seteuid(nobody)
    try:
        with pytest.raises(UnreadableFile, match="may not be read") as caught:
            ingest.ingest(path)
    finally:
        if os.getuid() == 0:
            os.seteuid(0)
    assert "chmod" in (caught.value.fix or "")


@pytest.mark.parametrize(
    ("options", "kind", "words"),
    [
        ({"zone": "bronce"}, InvalidInput, "no zone 'bronce'"),
        ({"name": "copper.x"}, InvalidInput, "no zone 'copper'"),
        ({"name": "my table"}, InvalidName, "not a valid table name"),
        ({"name": "silver.a.b"}, InvalidName, "too many dots"),
        ({"name": "../x"}, InvalidInput, "no zone ''"),
        ({"name": ""}, InvalidName, "not a valid"),
        ({"mode": "upsert"}, InvalidInput, "goes with the keys"),
        ({"zone": "gold"}, InvalidInput, "not made from a file"),
    ],
)
def test_a_name_zone_or_mode_that_is_not_possible_is_refused(
    ingest: Loads, services: Services, tmp_path: Path, options: dict[str, str], kind: type[WorkbenchError], words: str
) -> None:
    path = tmp_path / "x.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(kind, match=words) as caught:
        ingest.ingest(path, **options)  # type: ignore[arg-type]
    assert caught.value.fix
    assert services.lake.names() == ()
