"""Which databases are accepted, and how the ones on disk are protected."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from workbench.core.errors import InvalidSetting, MissingDependency, StorageUnavailable, UnsupportedFileSystem
from workbench.store import Store
from workbench.store.filesystem import check_local, file_system_of
from workbench.store.schema import HEAD


@pytest.mark.parametrize("url", ["", "meta.db", "mysql://host/db", "sqlite://", "sqlite:///:memory:", "postgresql://h/d?schema=a;b"])
def test_an_address_that_is_none_is_refused_with_words(url: str) -> None:
    with pytest.raises(InvalidSetting) as caught:
        Store(url)
    assert caught.value.fix


def test_where_a_database_is_and_its_password_are_not_told_with_an_error() -> None:
    pytest.importorskip("psycopg")
    store = Store("postgresql://ann:hunter2@127.0.0.1:1/lake?password=hunter3&schema=x")
    assert repr(store) == "Store('postgresql://ann:***@127.0.0.1:1/lake?schema=x')"
    with pytest.raises(StorageUnavailable) as caught, store.read():
        pass
    assert str(caught.value).startswith("The metadata store cannot be reached. Check that")
    store.close()


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs", "fuse.rclone", "ceph", "lustre"])
def test_network_file_systems_are_refused(kind: str, tmp_path: Path) -> None:
    mounts = [("/", "ext4"), (str(tmp_path / "share"), kind)]
    with pytest.raises(UnsupportedFileSystem, match="network file system"):
        check_local(tmp_path / "share" / "a" / "meta.db", mounts)
    check_local(tmp_path / "shared" / "meta.db", mounts)


@pytest.mark.parametrize("kind", ["ext4", "xfs", "btrfs", "apfs", "overlay", "tmpfs", "fuseblk", "zfs"])
def test_local_file_systems_are_taken(kind: str, tmp_path: Path) -> None:
    check_local(tmp_path / "meta.db", [("/", kind)])


def test_a_link_into_a_network_file_system_is_followed(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    (tmp_path / "near").symlink_to(tmp_path / "far")
    assert file_system_of(tmp_path / "near" / "meta.db", [("/", "ext4"), (str(tmp_path / "far"), "nfs")]) == "nfs"


def test_the_later_mount_on_a_point_counts() -> None:
    assert file_system_of(Path("/data/x"), [("/data", "nfs"), ("/data", "ext4")]) == "ext4"


def test_the_type_of_this_machines_disk_is_known(tmp_path: Path) -> None:
    assert file_system_of(tmp_path)


def test_database_files_and_folders_are_private(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path}/new/state/meta.db")
    store.migrate()
    with store.lock("x"):
        pass
    for path in (tmp_path / "new").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


def test_a_folder_that_is_there_keeps_its_mode(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared").chmod(0o755)
    Store(f"sqlite:///{tmp_path}/shared/meta.db").migrate()
    assert stat.S_IMODE((tmp_path / "shared").stat().st_mode) == 0o755


def test_nothing_is_made_before_the_first_use(tmp_path: Path) -> None:
    Store(f"sqlite:///{tmp_path}/state/meta.db")
    assert not (tmp_path / "state").exists()


def test_a_file_that_is_no_database_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "meta.db").write_text("once upon a time " * 100)
    with pytest.raises(StorageUnavailable, match="not a SQLite database"):
        Store(f"sqlite:///{tmp_path}/meta.db").migrate()


def test_a_folder_that_cannot_be_made_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageUnavailable) as caught:
        Store(f"sqlite:///{tmp_path}/file/meta.db").migrate()
    assert caught.value.fix


def test_an_unreachable_server_is_said_so_without_the_password() -> None:
    with pytest.raises(StorageUnavailable) as caught:
        Store("postgresql://me:hunter2@127.0.0.1:1/none").migrate()
    assert "hunter2" not in str(caught.value)
    assert caught.value.fix


@pytest.mark.postgres
@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_each_way_to_write_a_postgresql_address_is_taken(scheme: str, postgres_database: str) -> None:
    store = Store(scheme + "://" + postgres_database.split("://")[1])
    store.migrate()
    assert ":***@" in repr(store)
    store.close()


@pytest.mark.postgres
def test_two_schemas_of_one_database_do_not_wait_for_each_other(postgres_database: str) -> None:
    one, other = Store(f"{postgres_database}?schema=one"), Store(f"{postgres_database}?schema=other")
    one.migrate()
    other.migrate()
    with one.lock("x"), other.lock("x", timeout=1), one.write(), other.write():
        pass
    one.close()
    other.close()


def test_a_missing_driver_is_said_with_the_command_that_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(MissingDependency) as caught:
        Store("postgresql://host/db")
    assert caught.value.fix == "Run: pip install 'workbench-lab[postgres]'"


def test_the_newest_migration_is_the_one_that_the_quick_check_knows() -> None:
    versions = Path(sys.modules["workbench.store.schema"].__file__ or "").parent / "migrations" / "versions"
    assert max(path.name for path in versions.glob("0*.py")).startswith(HEAD)


def test_secrets_need_no_database_library() -> None:
    code = "import sys; from workbench.store import SecretBox, BlobStore; print('sqlalchemy' in sys.modules, 'fsspec' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split() == ["False", "False"]


def test_a_start_at_the_newest_state_imports_no_alembic(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/meta.db"
    Store(url).migrate()
    code = f"import sys; from workbench.store import Store; Store({url!r}).migrate(); print('alembic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "False"
