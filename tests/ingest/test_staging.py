"""Uploads: only who brought a file can use it, by a name that cannot be guessed and is never made into a path."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path

import pytest

from workbench.core.errors import InvalidInput, NotFound, UnreadableFile
from workbench.core.principals import Principal
from workbench.ingest.staging import Arrived, Staging

ADA, BOB = Principal(name="ada"), Principal(name="bob")


@pytest.fixture
def staging(tmp_path: Path) -> Staging:
    return Staging(tmp_path / "state")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "My sales.csv"
    path.write_bytes(b"a,b\n1,2\n")
    return path


def test_a_staged_file_is_found_by_its_source_with_size_and_hash(staging: Staging, file: Path) -> None:
    staged = staging.stage(file, ADA)
    assert staged.name == "My sales.csv" and staged.bytes == 8
    assert staged.content_hash == f"sha256:{hashlib.sha256(file.read_bytes()).hexdigest()}"
    found = staging.find(staged.source, ADA)
    assert found.path.read_bytes() == file.read_bytes() and found.content_hash == staged.content_hash
    assert file.exists()


def test_a_file_that_arrived_is_moved_and_not_read_again(staging: Staging) -> None:
    folder = staging.folder / "arriving"
    folder.mkdir(parents=True)
    (folder / "x.csv").write_bytes(b"a\n1\n")
    staged = staging.stage(Arrived(folder / "x.csv", "sha256:told"), ADA)
    assert staged.content_hash == "sha256:told" and not (folder / "x.csv").exists()
    assert staging.find(staged.source, ADA).path.read_bytes() == b"a\n1\n"


def test_nobody_else_can_use_it_nor_learn_that_it_is_there(staging: Staging, file: Path) -> None:
    staged = staging.stage(file, ADA)
    with pytest.raises(NotFound) as of_bob:
        staging.find(staged.source, BOB)
    with pytest.raises(NotFound) as of_nobody:
        staging.find("upload:" + "0" * 32 + "/My sales.csv", ADA)
    assert of_bob.value.to_body() == of_nobody.value.to_body()


def test_sources_are_not_guessed_and_not_alike(staging: Staging, file: Path) -> None:
    sources = {staging.stage(file, ADA).source for _ in range(5)}
    assert len(sources) == 5 and all(len(source.split(":")[1].split("/")[0]) == 32 for source in sources)


@pytest.mark.parametrize(
    "name",
    [
        "../{id}/My sales.csv",
        "{id}/../{id}/My sales.csv",
        "{id}/.upload.json",
        "{id}/",
        "{id}",
        "{id}/My sales.csv/x",
        "{id}/My sales.csv\0",
        "{id}/My sales.csv#a\0",
        "{id}/My sales#.csv",
        "{id}/../{id}/My sales.csv#a",
        "",
    ],
)
def test_no_trick_with_a_path_reaches_a_file(staging: Staging, file: Path, name: str) -> None:
    identifier = staging.stage(file, ADA).source.removeprefix("upload:").partition("/")[0]
    with pytest.raises((InvalidInput, NotFound)):
        staging.find("upload:" + name.format(id=identifier), ADA)


def test_a_part_of_a_file_is_named_after_a_hash(staging: Staging, file: Path) -> None:
    staged = staging.stage(file, ADA)
    for part in ("Q1", "a/towns.csv", "../../x", "#", "two\nlines"):
        found = staging.find(f"{staged.source}#{part}", ADA)
        assert (found.path, found.inside) == (staging.find(staged.source, ADA).path, part)
    assert staging.find(staged.source, ADA).inside is None
    odd = file.with_name("a#b.csv")
    odd.write_text("a\n1\n")
    assert staging.find(staging.stage(odd, ADA).source, ADA).inside is None


def test_a_day_later_it_is_gone_unless_it_was_used(staging: Staging, file: Path) -> None:
    old, used = staging.stage(file, ADA), staging.stage(file, ADA)
    for staged in (old, used):
        folder = staging.find(staged.source, ADA).path.parent
        os.utime(folder, (time.time() - 90_000,) * 2)
    staging.find(used.source, ADA)
    staging.sweep()
    assert staging.find(used.source, ADA)
    with pytest.raises(NotFound):
        staging.find(old.source, ADA)


def test_a_file_that_is_not_there_leaves_nothing(staging: Staging, tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile):
        staging.stage(tmp_path / "nothing.csv", ADA)
    assert list(staging.folder.iterdir()) == []


def test_a_name_that_hides_is_shown(staging: Staging, tmp_path: Path) -> None:
    path = tmp_path / ".upload.json"
    path.write_text("{}")
    staged = staging.stage(path, ADA)
    assert staged.name == "upload.json" and staging.find(staged.source, ADA).path.read_text() == "{}"


def test_uploads_are_private(staging: Staging, file: Path) -> None:
    folder = staging.find(staging.stage(file, ADA).source, ADA).path.parent
    assert folder.stat().st_mode & 0o077 == 0 and folder.parent.stat().st_mode & 0o077 == 0


def test_what_is_needed_no_longer_goes_at_its_owners_word(staging: Staging, file: Path) -> None:
    staged = staging.stage(file, ADA)
    with pytest.raises(NotFound):
        staging.drop(staged.source, BOB)
    staging.drop(staged.source, ADA)
    assert list(staging.folder.iterdir()) == []
