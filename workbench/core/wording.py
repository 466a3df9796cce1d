"""How an option is written in each face. Errors name options as Python does, between backticks; a face that writes them otherwise says so.

>>> spoken("Name them: `keys=['id', 'day']`, or set `mode='append'`.", "command line")
'Name them: `--keys id,day`, or set `--mode append`.'
>>> spoken("Take it all the same with `force=True`.", "rest")
'Take it all the same with `"force": true`.'
"""

from __future__ import annotations

import ast
import json
import re
import shlex
from collections.abc import Mapping
from typing import Any, Literal

__all__ = ["OPTIONS", "Face", "in_words_of", "spoken"]

Face = Literal["python", "command line", "rest"]

_CODE = re.compile(r"`([^`\n]+)`")
_PYTHON = re.compile(r"[a-z_]+=")
_JSON = re.compile(r'"[a-z_]+": ')
#: What may be named. A file's `month=3` is none of ours.
OPTIONS = frozenset(
    (
        "branch", "confirm", "dates", "decimal", "delimiter", "drift", "duplicates", "encoding", "flatten", "footer", "force", "format",
        "header", "keys", "limit", "misfits", "mode", "name", "params", "partition_by", "replace", "rows", "sheet", "since", "skip",
        "target", "zone",
    )
)  # fmt: skip
# Options of the command line that have another name there, or whose several values have commas between.
_CALLED = {"params": "param"}
_WITH_COMMAS = {"keys", "columns"}


def spoken(text: str, face: Face) -> str:
    """``text`` with the options that it names as ``face`` writes them, whichever face it was written for."""

    def said(match: re.Match[str]) -> str:
        options = _options(match[1])
        return match[0] if not options or not OPTIONS.issuperset(options) else f"`{_WRITTEN[face](options)}`"

    return _CODE.sub(said, text)


def in_words_of(body: Mapping[str, Any], face: Face) -> dict[str, Any]:
    """An error's body (see :mod:`.errors`) with its words as ``face`` writes them."""
    error = dict(body.get("error") or {})
    for part in ("message", "fix"):
        if isinstance(error.get(part), str):
            error[part] = spoken(error[part], face)
    return {**body, "error": error}


def _options(code: str) -> dict[str, Any]:
    """What is said between backticks, where that is options with their values; else nothing."""
    try:
        if _JSON.match(code):
            found = json.loads(f"{{{code}}}")
            return found if isinstance(found, dict) else {}
        if not _PYTHON.match(code):
            return {}
        call = ast.parse(f"f({code})", mode="eval").body
        assert isinstance(call, ast.Call)
        return {} if call.args else {each.arg or "": ast.literal_eval(each.value) for each in call.keywords}
    except (ValueError, SyntaxError, AssertionError, RecursionError, MemoryError):
        return {}


def _in_python(options: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in options.items())


def _in_json(options: Mapping[str, Any]) -> str:
    return ", ".join(f"{json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}" for name, value in options.items())


def _on_the_command_line(options: Mapping[str, Any]) -> str:
    return " ".join(word for name, value in options.items() for word in _words(name, value))


def _words(name: str, value: Any) -> list[str]:
    option = f"--{_CALLED.get(name, name).replace('_', '-')}"
    if isinstance(value, bool):
        return [option if value else f"--no-{option[2:]}"]
    if isinstance(value, Mapping):
        return [word for key, each in value.items() for word in (option, shlex.quote(f"{key}={each}"))]
    if isinstance(value, list | tuple):
        if name in _WITH_COMMAS:
            return [option, shlex.quote(",".join(map(str, value)))]
        return [word for each in value for word in (option, shlex.quote(str(each)))]
    return [option, shlex.quote(str(value))]


_WRITTEN = {"python": _in_python, "rest": _in_json, "command line": _on_the_command_line}
