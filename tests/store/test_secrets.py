"""Keys and encrypted secrets."""

from __future__ import annotations

import multiprocessing
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core.errors import InvalidInput, InvalidName, StorageUnavailable
from workbench.store import SecretBox


def _key(folder: str) -> bytes:
    return SecretBox(Path(folder)).key("assertion")


def test_a_key_is_made_once_also_by_several_processes_at_once(tmp_path: Path) -> None:
    with multiprocessing.get_context("fork").Pool(6) as pool:
        keys = pool.map(_key, [str(tmp_path / "secrets")] * 24)
    assert len(set(keys)) == 1
    assert len(keys[0]) == 32
    assert [path.name for path in (tmp_path / "secrets").iterdir()] == ["assertion.key"]


def test_keys_of_two_names_differ(tmp_path: Path) -> None:
    box = SecretBox(tmp_path)
    assert box.key("a") != box.key("b")


def test_keys_are_for_their_owner_only(tmp_path: Path) -> None:
    box = SecretBox(tmp_path / "secrets")
    first = box.key("assertion")
    path = tmp_path / "secrets" / "assertion.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    path.chmod(0o644)
    assert box.key("assertion") == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_damaged_key_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "assertion.key").write_bytes(b"short")
    with pytest.raises(StorageUnavailable, match="damaged"):
        SecretBox(tmp_path).key("assertion")


def test_a_name_cannot_lead_out_of_the_folder(tmp_path: Path) -> None:
    with pytest.raises(InvalidName):
        SecretBox(tmp_path).key("../../etc/passwd")


@given(text=st.text())
def test_what_is_encrypted_comes_back(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    box = SecretBox(tmp_path_factory.getbasetemp() / "box")
    sealed = box.encrypt(text)
    assert box.decrypt(sealed) == text
    assert sealed != box.encrypt(text)


def test_what_was_changed_or_is_of_another_workspace_is_refused(tmp_path: Path) -> None:
    box = SecretBox(tmp_path / "a")
    sealed = box.encrypt("s3cret")
    changed = sealed[:-4] + ("AAAA" if sealed[-4:] != "AAAA" else "BBBB")
    for text, reader in ((changed, box), (sealed, SecretBox(tmp_path / "b")), ("", box), ("wbx1:", box), ("wbx1:é", box), ("other", box)):
        with pytest.raises(InvalidInput) as caught:
            reader.decrypt(text)
        assert "s3cret" not in str(caught.value)
