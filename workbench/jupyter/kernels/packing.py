"""Messages of a kernel that hold what UTF-8 has not: half a pair of surrogates, as texts that were cut in the middle of one do."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from workbench.core.texts import utf8

if TYPE_CHECKING:
    from jupyter_client.session import Session

__all__ = ["send_whole_characters"]


def send_whole_characters(session: Session | None) -> None:
    """Have a kernel's session send what it could not pack (an output, or the answer that the cell has ended, would be lost) with the sign
    for what is no character in the place of each half."""
    if session is None:
        return
    pack = session.pack

    def packed(content: Any) -> bytes:
        try:
            found: bytes = pack(content)
        except UnicodeEncodeError:
            from jupyter_client.jsonutil import json_clean, json_default

            text = json.dumps(json_clean(content), default=json_default, ensure_ascii=False, allow_nan=False)
            return utf8(text)
        return found

    session.pack = packed
