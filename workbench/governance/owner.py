"""The owner's token: a file only the workspace's owner can read, made for `workbench serve`."""

from __future__ import annotations

from pathlib import Path

from workbench.core.errors import Unauthenticated
from workbench.core.principals import local_principal
from workbench.governance.tokens import TokenService
from workbench.store.filesystem import make_private, write_private

__all__ = ["owner_token_file"]


def owner_token_file(tokens: TokenService, folder: Path) -> Path:
    """The file ``owner.token`` (0600) in ``folder`` (0700), with a token that is valid now; made anew where it is not."""
    path = make_private(folder) / "owner.token"
    try:
        tokens.verify(path.read_text(encoding="ascii").strip())
    except (OSError, UnicodeDecodeError, Unauthenticated):
        issued = tokens.issue(local_principal(), "write", name="owner")
        write_private(path, issued.secret + "\n")
    else:
        path.chmod(0o600)
    return path
