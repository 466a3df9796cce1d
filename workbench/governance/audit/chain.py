"""The chain: each entry's digest is made of the one before, with a key, so that who can write to the database alone cannot make another."""

from __future__ import annotations

import hashlib
import hmac
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from workbench.store.filesystem import make_private, write_private

__all__ = ["START", "Head", "HeadFile", "digest_of", "link"]

#: What stands before the first entry.
START = "0" * 64

Head = tuple[int, str]


def link(key: bytes, before: str, body: str) -> str:
    """The digest of an entry: 64 hexadecimal digits."""
    return hmac.new(key, f"workbench-audit-1:{before}:{body}".encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def digest_of(key: bytes, what: Any) -> str:
    """What stands for a statement or arguments. Without the key nobody can try which text it was."""
    text = what if isinstance(what, str) else json.dumps(what, sort_keys=True, default=str)
    return hmac.new(key, b"workbench-audit-text-1:" + text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


class HeadFile:
    """How far the chain had come, signed and apart from it: what is cut off at its end is missed. Never ahead of what was committed."""

    def __init__(self, path: Path, key: bytes) -> None:
        self.path = path
        self._key = key

    def write(self, head: Head) -> None:
        """Replace it. That it cannot be written does not stop what is audited: the next entry tries again."""
        seq, digest = head
        text = json.dumps({"seq": seq, "digest": digest, "mac": self._mac(seq, digest)})
        with suppress(OSError):
            make_private(self.path.parent)
            write_private(self.path, text)

    def begin(self, head: Head = (0, START)) -> None:
        """Write the first one: from here on it is missed where it is not there."""
        if not self.path.exists():
            self.write(head)

    def read(self) -> Head | None:
        """None where there is none.

        Raises
        ------
        ValueError
            It is not one that this workspace has signed.
        """
        try:
            facts = json.loads(self.path.read_text(encoding="ascii"))
            seq, digest, mac = int(facts["seq"]), str(facts["digest"]), str(facts["mac"])
        except FileNotFoundError:
            return None
        except (KeyError, TypeError) as error:
            raise ValueError("not a head of the log") from error
        if not hmac.compare_digest(mac.encode(), self._mac(seq, digest).encode()):
            raise ValueError("not signed with the key of this workspace")
        return seq, digest

    def _mac(self, seq: int, digest: str) -> str:
        return hmac.new(self._key, f"workbench-audit-head-1:{seq}:{digest}".encode(), hashlib.sha256).hexdigest()
