"""What a notebook's write was made from: the reads of its cell, and of the cells from which names flow into it.

Kept while the cells run, because values tell what a text cannot: whether a name is the workspace, a module or a function, through
which no data comes, or something that a method may have altered. In doubt a read counts as a source.
"""

from __future__ import annotations

import builtins
import re
import sys
import sysconfig
import threading
import types
from collections import defaultdict
from typing import Any

from workbench.jupyter.kernels.names import Uses, uses_of

__all__ = ["Flow"]

_OUTPUTS = re.compile(r"_{1,3}|_\d+|Out|_oh|_dh")  # what IPython keeps of the cells before
_FRAMES = {"pandas", "polars", "pyarrow", "numpy", "geopandas", "duckdb"}
_OWN_MODULES = "<modules>"  # stands for all that the person's own modules keep


class Flow:
    """One a kernel; ``names`` is the shell's namespace.

    A cell begins with :meth:`begin` and ends with :meth:`end`. :meth:`read` and :meth:`unrelated` are asked by whatever reads and writes
    (see :func:`workbench.runs.context.provide_flow`).
    """

    def __init__(self, names: dict[str, Any]) -> None:
        self._names = names
        self._guard = threading.RLock()
        self._reads: defaultdict[str, set[str]] = defaultdict(set)  # by run
        self._unplaced: set[str] = set()  # read outside of cells, and by threads that an earlier cell has started
        self._cell: Uses | None = None
        self._here: set[str] = set()
        self._older: set[int] = set()
        self._carried: defaultdict[str, set[str]] = defaultdict(set)
        self._later: dict[str, list[Uses]] = {}
        self._unsure = False
        self._sure: set[str] = set()

    def begin(self, text: str) -> None:
        """A cell starts; ``text`` is its Python."""
        uses = uses_of(text)
        with self._guard:
            self._cell, self._here = uses, set()
            current = threading.current_thread()
            self._older = {thread.ident for thread in threading.enumerate() if thread.ident is not None and thread is not current}

    def end(self, succeeded: bool) -> None:
        """The cell is done: what it bound carries what it has read and what flowed into it."""
        with self._guard:
            uses, self._cell = self._cell, None
            if uses is None:
                return
            total, everything, acts = self._flowing(uses)
            total |= self._here
            if everything:
                total |= self._all()
            sets = uses.sets if succeeded else set()
            for name in sets:
                # A plain function brings in nothing but what it uses when it is called.
                own = uses.later.get(name)
                self._later[name] = [each for each in (own, uses.hidden if own is None else None) if each is not None]
                self._carried[name] = set() if own is not None and name not in uses.changes else set(total)
            for name in self._changed(acts) | (uses.sets - sets) | (acts.changes - sets):
                self._carried[name] |= total
                more = [each for each in (uses.later.get(name), uses.hidden) if each is not None]
                self._later[name] = self._later.get(name, []) + [each for each in more if each not in self._later.get(name, [])]
            if uses.unseen or acts.unseen:
                self._unsure = True
                self._sure.clear()
            else:
                self._sure |= sets

    def read(self, run_id: str, dataset_id: str) -> None:
        """The run has read this, here and now."""
        with self._guard:
            self._reads[run_id].add(dataset_id)
            (self._here if self._in_cell() else self._unplaced).add(dataset_id)

    def unrelated(self, run_id: str) -> frozenset[str]:
        """Of what the run has read, that which has no part in a write here and now."""
        with self._guard:
            if self._cell is None or not self._in_cell():
                return frozenset()
            sources, everything, _ = self._flowing(self._cell)
            return frozenset() if everything else frozenset(self._reads[run_id] - sources - self._here - self._unplaced)

    def _in_cell(self) -> bool:
        return self._cell is not None and threading.get_ident() not in self._older

    def _all(self) -> set[str]:
        return set().union(*self._reads.values())

    def _flowing(self, uses: Uses) -> tuple[set[str], bool, Uses]:
        """The datasets that come in by names; whether it may be any; and what the cell does with what it calls."""
        acts = Uses(unseen=uses.unseen)
        acts.add(uses)
        acts.changes = set(uses.changes)
        sources: set[str] = set()
        everything = uses.unseen
        waiting, seen = set(uses.loads), set[str]()
        for called in [uses.hidden, *(what for name, what in uses.later.items() if name in uses.mentions)]:
            if called is not None:
                acts.add(called)
                waiting |= called.loads
        while waiting:
            name = waiting.pop()
            if name in seen:
                continue
            seen.add(name)
            if self._is_own(name):
                sources |= self._carried[_OWN_MODULES]
                acts.changes.add(_OWN_MODULES)
            if not self._carries(name):
                continue
            sources |= self._carried.get(name, set())
            everything = everything or (self._unsure and name not in self._sure)
            everything = everything or (name not in self._carried and _OUTPUTS.fullmatch(name) is not None)
            for called in (*self._later.get(name, ()), *([uses.later[name]] if name in uses.later else ())):
                acts.add(called)
                waiting |= called.loads
        return sources, everything or acts.unseen, acts

    def _carries(self, name: str) -> bool:
        if name not in self._names:
            return name in self._carried or not hasattr(builtins, name)
        value = self._names[name]
        return not (_is_handle(value) or isinstance(value, types.ModuleType) or (_is_code(value) and _installed(_module(value))))

    def _is_own(self, name: str) -> bool:
        if name not in self._names:
            return False
        module = _module(self._names[name])
        return module is not None and module != "__main__" and not _installed(module)

    def _changed(self, acts: Uses) -> set[str]:
        """What the cell may have put its reads into: what it has bound or altered, and all other names of the same thing."""
        found = set(acts.changes)
        for name in acts.mentions & self._names.keys():
            value = self._names[name]
            kind = type(value)
            if not self._carries(name) or isinstance(value, str | bytes | int | float | complex | tuple | frozenset | None):
                continue
            if _is_frame(value):
                altered = name in acts.given
            elif kind in (list, dict, set, bytearray):
                altered = name in acts.called | acts.given
            else:
                altered = not isinstance(value, types.FunctionType) or value.__closure__ is not None
            if altered:
                found.add(name)
        things = {
            id(self._names[name]) for name in found & self._names.keys() if not isinstance(self._names[name], str | int | float | None)
        }
        return found | {name for name, value in list(self._names.items()) if id(value) in things and not name.startswith("_")}


def _is_handle(value: Any) -> bool:
    """The workspace, and what only names a dataset in it."""
    kind = type(value)
    return kind.__module__.partition(".")[0] == "workbench" and kind.__name__ != "Result" and not kind.__module__.endswith(".records")


def _is_code(value: Any) -> bool:
    return isinstance(value, type | types.FunctionType | types.BuiltinFunctionType)


def _is_frame(value: Any) -> bool:
    return type(value).__module__.partition(".")[0] in _FRAMES


def _module(value: Any) -> str | None:
    if isinstance(value, types.ModuleType):
        return value.__name__
    name = getattr(value, "__module__", None) if _is_code(value) else type(value).__module__
    return name if isinstance(name, str) else None


def _installed(name: str | None) -> bool:
    """Whether a module is one of Python's or of a package, and not the person's own."""
    top = (name or "builtins").partition(".")[0]
    if top == "__main__":
        return False
    if top in sys.stdlib_module_names or top == "workbench":
        return True
    module = sys.modules.get(top)
    file = getattr(module, "__file__", None) or next(iter(getattr(module, "__path__", ())), None)  # a folder may be a package
    paths = sysconfig.get_paths()
    return file is None or file.startswith((paths["purelib"], paths["platlib"])) or "-packages" in file
