"""Keys that this workspace made for itself, and small secrets encrypted with one of them."""

from __future__ import annotations

import base64
import os
import secrets
import stat
from pathlib import Path

from workbench.core.errors import InvalidInput, StorageUnavailable
from workbench.core.names import check_identifier
from workbench.store.filesystem import make_private

__all__ = ["SecretBox"]

_SIZE = 32
_PREFIX = "wbx1:"


class SecretBox:
    """Keys in a folder of mode 0700, each made once in a file of mode 0600.

    Examples
    --------
    >>> import tempfile
    >>> box = SecretBox(Path(tempfile.mkdtemp()) / "secrets")
    >>> box.key("assertion") == box.key("assertion"), len(box.key("assertion"))
    (True, 32)
    >>> box.decrypt(box.encrypt("s3cret"))
    's3cret'
    """

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)

    def key(self, name: str) -> bytes:
        """32 random bytes, the same for every process and start that asks for this name.

        Raises
        ------
        StorageUnavailable
            The file is damaged or belongs to somebody else.
        """
        check_identifier(name, "key name")
        path = self.folder / f"{name}.key"
        if not path.exists():
            self._make(path)
        return self._read(path)

    def has(self, name: str) -> bool:
        """Whether that key was made already."""
        return (self.folder / f"{name}.key").exists()

    def encrypt(self, text: str) -> str:
        """The text, encrypted and authenticated (AES-256-GCM), as printable characters."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        nonce = os.urandom(12)
        sealed = nonce + AESGCM(self.key("box")).encrypt(nonce, text.encode(), _PREFIX.encode())
        return _PREFIX + base64.urlsafe_b64encode(sealed).decode()

    def decrypt(self, sealed: str) -> str:
        """The inverse of :meth:`encrypt`.

        Raises
        ------
        InvalidInput
            The text was changed, or encrypted with the key of another workspace.
        """
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        try:
            if not sealed.startswith(_PREFIX):
                raise ValueError(sealed[:0])
            data = base64.urlsafe_b64decode(sealed[len(_PREFIX) :])
            return AESGCM(self.key("box")).decrypt(data[:12], data[12:], _PREFIX.encode()).decode()
        except (InvalidTag, ValueError) as error:
            raise InvalidInput("A stored secret cannot be read with this workspace's key.", fix="Enter the secret again.") from error

    def _make(self, path: Path) -> None:
        make_private(self.folder)
        if self.folder.stat().st_uid == os.getuid():
            self.folder.chmod(0o700)
        temporary = self.folder / f".{path.name}.{secrets.token_hex(8)}"
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(secrets.token_bytes(_SIZE))
                file.flush()
                os.fsync(file.fileno())
            try:
                # A link, unlike a rename, fails where another process was first: all then read the same key.
                path.hardlink_to(temporary)
            except FileExistsError:
                return
        finally:
            temporary.unlink()

    @staticmethod
    def _read(path: Path) -> bytes:
        with path.open("rb") as file:
            found = os.fstat(file.fileno())
            if found.st_uid not in (os.getuid(), 0):
                raise StorageUnavailable(
                    f"{path} belongs to another user.", fix="Give the secrets folder to the user that runs the workbench."
                )
            if stat.S_IMODE(found.st_mode) & 0o077:
                os.fchmod(file.fileno(), 0o600)
            value = file.read(_SIZE + 1)
        if len(value) != _SIZE:
            raise StorageUnavailable(
                f"The key {path} is damaged.", fix="Restore it from a back-up, or delete it: a new one is made.", damaged=True
            )
        return value
