"""Changing the text of a ``pipeline.yaml`` where it has to change, and nowhere else: a person's comments, order and layout stay.

What stands where is asked of the YAML parser; what comes out is read again and compared by who calls.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

__all__ = ["Text", "end_of", "flow"]


def flow(value: Any) -> str:
    """A value on one line.

    >>> flow("a: b"), flow(["x", "y"]), flow(None), flow("two\\nlines")
    ("'a: b'", '[x, y]', 'null', '"two\\\\nlines"')
    """
    import yaml

    if isinstance(value, str) and not value.isprintable():
        return json.dumps(value)
    said: str = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=2**31, sort_keys=False)
    return said.removesuffix("...\n").strip()


@dataclass
class Text:
    """A YAML text whose top is a block of ``key: value`` lines. Each change leaves places before it as they are."""

    text: str

    @property
    def _top(self) -> list[tuple[Any, Any]]:
        """Keys and values with their places. Raises LookupError where the text is none that can be changed."""
        import yaml

        node = yaml.compose(self.text, Loader=yaml.SafeLoader)
        if node is None:
            return []
        if not isinstance(node, yaml.MappingNode) or node.flow_style:
            raise LookupError("no block of keys")
        return node.value  # type: ignore[no-any-return]

    def _value(self, key: str) -> Any:
        return next((value for name, value in self._top if name.value == key), None)

    def append(self, key: str, entry: dict[str, Any]) -> None:
        """Add an entry (with ``name``) to the list, or the names, at a key of the top, in the way that those there are written."""
        node = self._value(key)
        if node is None or not node.value:
            self._begin(key, node, entry)
            return
        name, body = entry["name"], {k: v for k, v in entry.items() if k != "name"}
        named = node.id == "mapping"
        if node.flow_style:
            last = node.value[-1][1] if named else node.value[-1]
            said = f"{flow(name)}: {flow(body)}" if named else flow(entry)
            self._put(last.end_mark.index, last.end_mark.index, f", {said}")
            return
        indent = " " * node.start_mark.column
        if named:
            lines = [f"{indent}{flow(name)}:", *(f"{indent}  {k}: {flow(v)}" for k, v in body.items())]
        else:
            lines = [f"{indent}{'- ' if i == 0 else '  '}{k}: {flow(v)}" for i, (k, v) in enumerate(entry.items())]
        self._after(end_of(node), lines)

    def _begin(self, key: str, node: Any, entry: dict[str, Any]) -> None:
        """The first entry of a key, which may not be there: then before the steps."""
        lines = [f"  {'- ' if i == 0 else '  '}{k}: {flow(v)}" for i, (k, v) in enumerate(entry.items())]
        if node is None:
            here = next((self._with_comments(name.start_mark.index) for name, _ in self._top if name.value == "steps"), len(self.text))
            lead = "" if here == 0 or self.text[here - 1] == "\n" else "\n"
            self._put(here, here, lead + "\n".join([f"{key}:", *lines]) + ("\n\n" if here < len(self.text) else "\n"))
            return
        # There is `parameters:` and nothing, or an empty list.
        at = next(name for name, value in self._top if value.start_mark.index == node.start_mark.index)
        self._put(at.start_mark.index, max(at.end_mark.index + 1, node.end_mark.index), "\n".join([f"{key}:", *lines]))

    def _with_comments(self, start: int) -> int:
        """Where the comments begin that stand right above a line."""
        while start:
            before = self.text.rfind("\n", 0, start - 1) + 1
            if not self.text[before:start].startswith("#"):
                break
            start = before
        return start

    def _after(self, end: int, lines: list[str]) -> None:
        """Put lines below the one that a place is in."""
        # A text of several lines (`|`) ends where the next line begins.
        over = end > 0 and self.text[end - 1] == "\n"
        here = end if over else self.text.find("\n", end) + 1 or len(self.text)
        lead = "" if here == 0 or self.text[here - 1] == "\n" else "\n"
        self._put(here, here, lead + "\n".join(lines) + "\n")

    def _put(self, start: int, end: int, words: str) -> None:
        if "\r\n" in self.text:
            words = words.replace("\n", "\r\n")
        self.text = self.text[:start] + words + self.text[end:]


def end_of(node: Any) -> int:
    """Where the last thing that is written in a node ends: a block's own end is where the next one begins."""
    if node.id == "scalar" or node.flow_style:
        return int(node.end_mark.index)
    last = node.value[-1]
    return end_of(last[1]) if node.id == "mapping" else end_of(last)
