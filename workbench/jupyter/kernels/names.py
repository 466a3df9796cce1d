"""The names a cell loads, sets and may change, read off its text; nothing is run.

Control flow is kept simple on purpose: where it is not plain what happens, a name counts as loaded, as changed, and not as set anew.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

__all__ = ["Uses", "uses_of"]

_SQL_NAME = re.compile(r"\$([A-Za-z_]\w*)")
_UNSEEN = {"exec", "eval", "globals", "locals", "vars", "compile", "get_ipython"}
_PLAIN_MAGICS = {
    "matplotlib",
    "load_ext",
    "reload_ext",
    "autoreload",
    "config",
    "pip",
    "conda",
    "env",
    "pwd",
    "cd",
    "ls",
    "who",
    "whos",
    "pinfo",
}
_FOREIGN_CELLS = {"bash", "sh", "html", "HTML", "javascript", "js", "markdown", "latex", "svg", "script", "writefile"}
_TIMED = {"time", "timeit", "capture"}
_BUILTINS = frozenset(dir(builtins)) | {"display"}


@dataclass
class Uses:
    """``loads``: names whose value from before comes in. ``sets``: certainly bound anew. ``changes``: may be bound or altered.

    ``mentions`` are all names loaded, ``called`` those whose methods are called, ``given`` those handed to a function whose answer
    nobody keeps. ``later`` is what each function does when it is called, ``hidden`` the same of lambdas, methods and the like, which
    any name the cell binds may call. ``unseen``: the text does not tell everything.
    """

    loads: set[str] = field(default_factory=set)
    sets: set[str] = field(default_factory=set)
    changes: set[str] = field(default_factory=set)
    mentions: set[str] = field(default_factory=set)
    called: set[str] = field(default_factory=set)
    given: set[str] = field(default_factory=set)
    later: dict[str, Uses] = field(default_factory=dict)
    hidden: Uses | None = None
    unseen: bool = False

    def add(self, other: Uses) -> None:
        """Have what ``other`` does happen at some time: nothing of it is certain."""
        self.loads |= other.loads
        self.mentions |= other.mentions
        self.changes |= other.changes | other.sets
        self.called |= other.called
        self.given |= other.given
        self.unseen = self.unseen or other.unseen


def uses_of(text: str) -> Uses:
    """The names in a cell's Python (magics already turned into calls, as IPython does it)."""
    reader = _Reader()
    try:
        for statement in ast.parse(text).body:
            reader.visit(statement)
    except (SyntaxError, ValueError, RecursionError):
        reader.uses.unseen = True
    return reader.uses


class _Reader(ast.NodeVisitor):
    def __init__(self, local: Iterable[str] = (), function: bool = False) -> None:
        self.uses = Uses()
        self.local = set(local)
        self.function = function
        self.branch = 0

    # Names

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            self._load(node.id)
        else:
            self._set(node.id)

    def _load(self, name: str) -> None:
        if name in self.local:
            return
        if name in _UNSEEN:
            self.uses.unseen = True
        self.uses.mentions.add(name)
        if name not in self._bound:
            self.uses.loads.add(name)

    @property
    def _bound(self) -> set[str]:
        return self.uses.sets | self._for_now

    _for_now: set[str] = frozenset()  # type: ignore[assignment] # names bound in the branch that is being read

    def _set(self, name: str) -> None:
        if name in self.local:
            return
        if self.function:
            self.uses.changes.add(name)
        elif self.branch:
            self.uses.changes.add(name)
            self._for_now = self._for_now | {name}
        else:
            self.uses.sets.add(name)

    def _change(self, node: ast.AST) -> None:
        name = _root(node)
        if name is not None and name not in self.local:
            self.uses.changes.add(name)

    # Statements, in the order in which they happen

    def visit_Assign(self, node: ast.Assign) -> None:
        self.visit(node.value)
        for target in node.targets:
            self.visit(target)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self.visit(node.annotation)
        if node.value is not None:
            self.visit(node.value)
            self.visit(node.target)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self.visit(node.value)
        if isinstance(node.target, ast.Name):
            self._load(node.target.id)
        self._change(node.target)
        self.generic_visit(node.target)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.visit(node.value)
        self._branches([node.target])

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if not isinstance(node.ctx, ast.Load):
            self._change(node)
        self.visit(node.value)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        if not isinstance(node.ctx, ast.Load):
            self._change(node)
        self.generic_visit(node)

    def visit_Delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            if not isinstance(target, ast.Name):
                self.visit(target)

    def visit_Expr(self, node: ast.Expr) -> None:
        call = node.value.value if isinstance(node.value, ast.Await) else node.value
        if isinstance(call, ast.Call) and not (isinstance(call.func, ast.Name) and call.func.id in _BUILTINS):
            for argument in (*call.args, *(keyword.value for keyword in call.keywords)):
                name = _root(argument)
                if name is not None and name not in self.local:
                    self.uses.given.add(name)
        self.visit(node.value)

    def visit_Import(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            if alias.name in ("*", "__main__"):
                self.uses.unseen = True
            else:
                self._set(alias.asname or alias.name.partition(".")[0])

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        self.visit_Import(node)

    def visit_If(self, node: ast.If) -> None:
        self.visit(node.test)
        self._branches(node.body)
        self._branches(node.orelse)

    def visit_While(self, node: ast.While) -> None:
        self.visit(node.test)
        self._branches(node.body)
        self._branches(node.orelse)

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        self.visit(node.iter)
        if (name := _root(node.iter)) is not None and _assigns_into(node):
            self._change(ast.Name(name, ast.Load()))  # `for frame in frames: frame["x"] = ...`
        self._branches([node.target, *node.body])
        self._branches(node.orelse)

    def visit_AsyncFor(self, node: ast.AsyncFor) -> None:
        self.visit_For(node)

    def visit_Try(self, node: ast.Try) -> None:
        self._branches(node.body)
        for handler in node.handlers:
            self._branches([*([handler.type] if handler.type else []), *handler.body])
        self._branches(node.orelse)
        for statement in node.finalbody:
            self.visit(statement)

    def visit_TryStar(self, node: ast.AST) -> None:
        self.visit_Try(node)  # type: ignore[arg-type]

    def visit_Match(self, node: ast.Match) -> None:
        self.visit(node.subject)
        for case in node.cases:
            self._branches([case.pattern, *([case.guard] if case.guard else []), *case.body])

    def visit_MatchAs(self, node: ast.MatchAs) -> None:
        if node.name:
            self._set(node.name)
        self.generic_visit(node)

    def visit_MatchStar(self, node: ast.MatchStar) -> None:
        if node.name:
            self._set(node.name)

    def visit_MatchMapping(self, node: ast.MatchMapping) -> None:
        if node.rest:
            self._set(node.rest)
        self.generic_visit(node)

    def _branches(self, nodes: Iterable[ast.AST]) -> None:
        before = self._for_now
        self.branch += 1
        for node in nodes:
            self.visit(node)
        self.branch -= 1
        self._for_now = before

    # Scopes of their own

    def visit_ListComp(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> None:
        before = self.local
        self.visit(node.generators[0].iter)
        self.local = before | {name.id for part in node.generators for name in ast.walk(part.target) if isinstance(name, ast.Name)}
        for index, part in enumerate(node.generators):
            if index:
                self.visit(part.iter)
            for condition in part.ifs:
                self.visit(condition)
        for value in (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,):
            self.visit(value)
        self.local = before

    visit_SetComp = visit_GeneratorExp = visit_DictComp = visit_ListComp  # noqa: N815 - ast's names

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        arguments = node.args
        defaults = [*node.decorator_list, *arguments.defaults, *(each for each in arguments.kw_defaults if each is not None)]
        for each in defaults:
            self.visit(each)
        done = self._body(node.args, node.body)
        if defaults or self.branch or self.function or node.name in self.local:
            self._hide(done)
        else:
            self.uses.later[node.name] = done
        self._set(node.name)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self.visit_FunctionDef(node)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        for each in (*node.args.defaults, *node.args.kw_defaults):
            if each is not None:
                self.visit(each)
        self._hide(self._body(node.args, [node.body]))

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        for each in (*node.decorator_list, *node.bases, *(keyword.value for keyword in node.keywords)):
            self.visit(each)
        before, function = self.local, self.function
        self.local, self.function = before | _locals(node.body), True
        for statement in node.body:
            self.visit(statement)
        self.local, self.function = before, function
        self._set(node.name)

    def _body(self, arguments: ast.arguments, body: list[ast.stmt] | list[ast.expr]) -> Uses:
        every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
        inner = _Reader(self.local | {each.arg for each in every if each is not None} | _locals(body), function=True)
        inner.local -= _globals(body)
        for statement in body:
            inner.visit(statement)
        if inner.uses.hidden is not None:
            inner.uses.add(inner.uses.hidden)
            inner.uses.hidden = None
        return inner.uses

    def _hide(self, done: Uses) -> None:
        self.uses.hidden = self.uses.hidden or Uses()
        self.uses.hidden.add(done)

    # Calls

    def visit_Call(self, node: ast.Call) -> None:
        if self._magic(node):
            return
        if isinstance(node.func, ast.Attribute):
            name = _root(node.func.value)
            if name is not None and name not in self.local:
                self.uses.called.add(name)
                if any(keyword.arg in ("inplace", "in_place", "out") for keyword in node.keywords):
                    self.uses.changes.add(name)
        if isinstance(node.func, ast.Name) and node.func.id in ("setattr", "delattr") and node.args:
            self._change(node.args[0])
        self.generic_visit(node)

    def _magic(self, node: ast.Call) -> bool:
        function = node.func
        if not (isinstance(function, ast.Attribute) and isinstance(function.value, ast.Call) and not node.keywords):
            return False
        of = function.value.func
        if not (isinstance(of, ast.Name) and of.id == "get_ipython"):
            return False
        words = [each.value if isinstance(each, ast.Constant) and isinstance(each.value, str) else None for each in node.args]
        texts = [word for word in words if word is not None]
        if len(texts) != len(words) or not texts:
            return False
        if function.attr in ("system", "getoutput"):
            return True
        if function.attr == "run_line_magic" and len(texts) == 2:
            return self._line_magic(*texts)
        return function.attr == "run_cell_magic" and len(texts) == 3 and self._cell_magic(*texts)

    def _line_magic(self, name: str, line: str) -> bool:
        if name == "sql":
            self._sql(line)
        elif name == "time":
            return self._inner(line)
        return name in _PLAIN_MAGICS or name == "sql"

    def _cell_magic(self, name: str, line: str, cell: str) -> bool:
        if name == "sql":
            return self._sql_cell(line, cell)
        if name in _TIMED:
            if name == "capture" and line.split()[:1] and not line.startswith("-"):
                self._set(line.split()[0])
            return self._inner(cell)
        return name in _FOREIGN_CELLS and not (name in ("bash", "sh", "script") and "--" in line)

    def _sql_cell(self, line: str, cell: str) -> bool:
        from workbench.core.errors import InvalidInput
        from workbench.jupyter.kernels.options import sql_options

        try:
            options = sql_options(line)
        except InvalidInput:
            return True  # it will not run
        self._sql(f"{options.rest}\n{cell}")
        if options.target is not None:
            self._set(options.target)
        return True

    def _sql(self, text: str) -> None:
        for name in _SQL_NAME.findall(text):
            self._load(name)

    def _inner(self, text: str) -> bool:
        from IPython.core.inputtransformer2 import TransformerManager

        try:
            body = ast.parse(TransformerManager().transform_cell(text)).body  # type: ignore[no-untyped-call]
        except (SyntaxError, ValueError):
            return False
        for statement in body:
            self.visit(statement)
        return True


def _root(node: ast.AST) -> str | None:
    """``frame`` of ``frame.loc[0].x``."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Starred):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def _assigns_into(node: ast.AST) -> bool:
    return any(isinstance(each, ast.Attribute | ast.Subscript) and not isinstance(each.ctx, ast.Load) for each in ast.walk(node))


def _own(body: Iterable[ast.AST]) -> Iterable[ast.AST]:
    """The nodes of a scope, without those of the scopes in it."""
    waiting = list(body)
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            waiting.extend(ast.iter_child_nodes(node))


def _locals(body: Iterable[ast.AST]) -> set[str]:
    found: set[str] = set()
    for node in _own(body):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            found.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found |= {alias.asname or alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            found.add(node.name)
    return found - _globals(body)


def _globals(body: Iterable[ast.AST]) -> set[str]:
    return {name for node in _own(body) if isinstance(node, ast.Global) for name in node.names}
