"""Verbs: what can be done with a workspace, said once.

A verb is a method of one of the Protocols in :mod:`workbench.app.protocol`, marked with its REST route. The local
workspace implements it, the API's route, the remote workspace's call and the OpenAPI document are derived from it, and
the command line is tested against it: the faces cannot drift apart.
"""

from __future__ import annotations

import functools
import inspect
import typing
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

__all__ = ["Transport", "Verb", "verb", "verb_named", "verbs_of"]

Transport = Literal["json", "arrow-out", "arrow-in", "file-out", "upload"]
F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Verb:
    """One verb. ``path`` holds ``{name}`` for arguments that are part of the address; of the others, GET and DELETE
    take query parameters, POST, PUT and PATCH one JSON object. ``any_text`` names the one that is any text, such as EUR/USD, where
    others are names: it may have slashes.

    ``safe``: carried out twice it does no more than once, so a broken call may be made again.

    ``transport``: ``json`` there and back; ``arrow-out`` answers an Arrow IPC stream; ``arrow-in`` takes one as the body
    (other arguments go in the query); ``file-out`` answers the bytes of a file, whose
    ``format`` is an argument; ``upload`` takes a multipart form with one file.
    """

    name: str
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    path: str
    transport: Transport
    safe: bool
    summary: str
    signature: inspect.Signature
    result: Any
    any_text: str | None = None

    @property
    def parameters(self) -> tuple[inspect.Parameter, ...]:
        """The arguments without ``self``, with resolved annotations."""
        return tuple(self.signature.parameters.values())


def verb(method: str, path: str, *, transport: Transport = "json", safe: bool = False, any_text: str | None = None) -> Callable[[F], F]:
    """Mark a Protocol's method as a verb with its REST route below ``/api``; the rest is as :class:`Verb` has it. What is got is ``safe``
    anyway."""

    def mark(function: F) -> F:
        function.__verb__ = (method, path, transport, safe or method == "GET", any_text)  # type: ignore[attr-defined]
        return function

    return mark


def verbs_of(protocol: type) -> Iterator[Verb]:
    """The verbs of one Protocol, in the order they are written."""
    return (verb_named(protocol, name) for name, function in vars(protocol).items() if hasattr(function, "__verb__"))


@functools.cache
def verb_named(protocol: type, name: str) -> Verb:
    """One verb of a Protocol."""
    function = vars(protocol)[name]
    method, path, transport, safe, any_text = function.__verb__
    hints = typing.get_type_hints(function, localns=_arrow(transport), include_extras=True)
    signature = inspect.signature(function)
    parameters = [p.replace(annotation=hints.get(p.name, Any)) for p in signature.parameters.values() if p.name != "self"]
    return Verb(
        name=name,
        method=method,
        path=path,
        transport=transport,
        safe=safe,
        summary=(inspect.getdoc(function) or "").split("\n")[0],
        signature=signature.replace(parameters=parameters),
        result=hints.get("return", type(None)),
        any_text=any_text,
    )


def _arrow(transport: Transport) -> dict[str, Any]:
    """What a verb's annotations need beside their module: Arrow, which takes a while, only where rows go."""
    if not transport.startswith("arrow"):
        return {}
    import pyarrow

    return {"pa": pyarrow}
