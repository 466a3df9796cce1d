"""Changing what stands at a path of a ``pipeline.yaml``: ``("steps", "clean", "retries")`` is a key of the step of that name.

As in :mod:`.yaml_text` nothing else of the text changes, and what comes out is read again and compared by who calls.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from workbench.pipelines.own import renamed
from workbench.pipelines.yaml_text import Text, end_of, flow

__all__ = ["ENTRIES", "Paths", "is_entry"]

#: What holds entries with names.
ENTRIES = ("steps", "parameters")

# Where a key of the top is put that is not there yet.
_ORDER = (
    "name", "description", "owner", "tags", "queue", "priority", "limits", "writes", "working_folder", "files", "ignore", "parameters",
    "steps",
)  # fmt: skip


def is_entry(path: Sequence[str]) -> bool:
    """Whether a step or a parameter stands at a path."""
    return len(path) == 2 and path[0] in ENTRIES


class Paths(Text):
    """A YAML text that is changed by paths. Raises LookupError where there is nothing at a path that is to be changed."""

    def put(self, path: Sequence[str], value: Any, instead: str | None = None) -> None:
        """Let a key say ``value``; mappings above it are made. It takes the place of the key ``instead``, if that is there."""
        *where, field = path
        body = self._at(where)
        if where and (body is None or not body.value):
            self.put(where, {field: value})
            return
        known = {key.value: (key, old) for key, old in body.value} if body is not None else {}
        if field in known or instead in known:
            key, old = known.get(field) or known[str(instead)]
            if isinstance(value, list) and old.id == "sequence" and not old.flow_style and self._put_items(old, value):
                return
            over = self._over(old)
            alone = not self.text[over : self._line_end(over)].strip() and not body.flow_style
            said = self._said(value, key.start_mark.column) if alone else flow(value)
            self._put(key.start_mark.index, max(key.end_mark.index + 1, over), f"{flow(field)}: {said}")
        elif not where:
            self._put_top(field, value)
        elif body.flow_style:
            over = self._over(body.value[-1][1])
            self._put(over, over, f", {flow(field)}: {flow(value)}")
        else:
            column = body.start_mark.column
            self._after(self._over(body), [f"{' ' * column}{flow(field)}: {self._said(value, column)}"])

    def drop(self, path: Sequence[str]) -> None:
        """Take a key away; a mapping that was nothing but that goes as well, if it is no entry."""
        *where, field = path
        body = self._at(where)
        at = next(place for place, (key, _) in enumerate(body.value) if key.value == field)
        if len(body.value) == 1 and where and not is_entry(where):
            self.drop(where)
            return
        key, old = body.value[at]
        if body.flow_style:
            self._cut([(name.start_mark.index, self._over(value)) for name, value in body.value], at)
            return
        start = self._line_start(key.start_mark.index)
        if self.text[start : key.start_mark.index].strip() and at + 1 < len(body.value):
            # It follows the dash of its entry: the next key takes its place, and comments between them go above.
            following = body.value[at + 1][0].start_mark.index
            between = self.text[self._line_end(self._over(old)) : following].split("\n")
            comments = [line for line in between if line.lstrip().startswith("#")]
            self._put(key.start_mark.index, following, "")
            self._put(start, start, "".join(f"{line}\n" for line in comments))
            return
        self._put(start, self._next_line(old), "")

    def remove(self, key: str, name: str) -> None:
        """Take the entry of a name away, with the comment right above it."""
        node = self._value(key)
        named = node.id == "mapping"
        parts = node.value if named else [(each, each) for each in node.value]
        spans = [(first.start_mark.index, self._over(last)) for first, last in parts]
        at = next(place for place, (first, _) in enumerate(parts) if (first.value if named else self._name(first)) == name)
        if node.flow_style:
            self._cut(spans, at)
            return
        start = self._line_start(spans[at][0])
        while not named and self.text[start + node.start_mark.column] != "-":
            start = self._line_start(start - 1)  # the dash has a line of its own
        while at > 0 and re.match(rf" {{{node.start_mark.column}}}#", self.text[self._line_start(start - 1) : start]):
            start = self._line_start(start - 1)
        self._put(start, self._next_line(parts[at][1]), "")

    def rename(self, key: str, name: str, new: str) -> None:
        """Give an entry another name. Of a step, what others say of it follows."""
        node = self._value(key)
        if node.id == "mapping":
            said = next(each for each, _ in node.value if each.value == name)
        else:
            entry = next(each for each in node.value if self._name(each) == name)
            said = next(value for each, value in entry.value if each.value == "name")
        changed = [(said, flow(new))]
        if key == "steps":
            for body in (each[1] if node.id == "mapping" else each for each in node.value):
                said_there = {each.value: value for each, value in body.value} if body.id == "mapping" else {}
                needs = said_there.get("needs")
                listed = [] if needs is None else needs.value if needs.id == "sequence" else [needs]
                changed += [(need, flow(new)) for need in listed if need.value == name]
                params = said_there.get("params")
                for _, value in params.value if params is not None and params.id == "mapping" else ():
                    if value.id == "scalar" and renamed(value.value, name, new) != value.value:
                        changed.append((value, flow(renamed(value.value, name, new))))
        for scalar, words in sorted(changed, key=lambda each: -each[0].start_mark.index):
            self._put(scalar.start_mark.index, scalar.end_mark.index, words)

    # --------------------------------------------------------------------------------------------------------------- places

    def _at(self, path: Sequence[str]) -> Any:
        """The node at a path; None where there is nothing."""
        import yaml

        node: Any = yaml.compose(self.text, Loader=yaml.SafeLoader)
        for depth, name in enumerate(path):
            if node is None:
                return None
            if node.id == "sequence" and depth == 1:
                node = next(each for each in node.value if self._name(each) == name)
            else:
                node = next((value for key, value in node.value if key.value == name), None)
        return node

    @staticmethod
    def _name(entry: Any) -> str | None:
        return next((str(value.value) for key, value in entry.value if key.value == "name"), None) if entry.id == "mapping" else None

    def _line_start(self, at: int) -> int:
        return self.text.rfind("\n", 0, at) + 1

    def _line_end(self, at: int) -> int:
        found = self.text.find("\n", at)
        return len(self.text) if found < 0 else found

    def _next_line(self, node: Any) -> int:
        """Where the line begins that follows a node."""
        return min(self._line_end(self._over(node)) + 1, len(self.text))

    def _over(self, node: Any) -> int:
        """Where what is written in a node ends. A text of several lines (``|``) takes in the empty lines that follow."""
        end = end_of(node)
        return len(self.text[:end].rstrip()) if self.text[end - 1 : end] == "\n" else end

    # --------------------------------------------------------------------------------------------------------------- words

    @staticmethod
    def _said(value: Any, column: int) -> str:
        """A value that is alone on its lines, below a key at a column: a text of several lines as a block."""
        if not isinstance(value, str) or "\n" not in value:
            return flow(value)
        lines = value.removesuffix("\n").split("\n")
        if not all(line.isprintable() for line in lines) or not lines[0].strip() or lines[0][0] == " " or not lines[-1].strip():
            return flow(value)
        kept = "|" if value.endswith("\n") else "|-"
        return "\n".join([kept, *(f"{' ' * (column + 2)}{line}" if line else "" for line in lines)])

    def _put_top(self, field: str, value: Any) -> None:
        place = _ORDER.index(field) if field in _ORDER else len(_ORDER)
        before = [said for name, said in self._top if name.value in _ORDER and _ORDER.index(name.value) < place]
        line = f"{flow(field)}: {self._said(value, 0)}"
        if before:
            self._after(self._over(before[-1]), [line])
        elif self._top:
            start = self._top[0][0].start_mark.index
            self._put(start, start, f"{line}\n")
        else:
            self._after(len(self.text), [line])

    def _put_items(self, node: Any, values: list[Any]) -> bool:
        """Let a block of ``- item`` lines be others, where some only go and some come at the end: what is written beside the rest stays."""
        old = [each.value if each.id == "scalar" and flow(each.value) == each.value else None for each in node.value]
        kept = [value for value in old if value in values]
        if None in old or not kept or kept != values[: len(kept)]:
            return False
        if added := values[len(kept) :]:
            self._after(self._over(node), [f"{' ' * node.start_mark.column}- {flow(value)}" for value in added])
        for each in reversed(node.value):
            if each.value not in values:
                self._put(self._line_start(each.start_mark.index), self._next_line(each), "")
        return True

    def _cut(self, spans: list[tuple[int, int]], at: int) -> None:
        """Take one away of those that stand between commas."""
        if at > 0:
            self._put(spans[at - 1][1], spans[at][1], "")
        else:
            self._put(spans[0][0], spans[1][0] if len(spans) > 1 else spans[0][1], "")
