"""Amounts of named resources (``gpu: 1``, ``memory: 8GB``), as they are written in settings and pipelines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.core.errors import InvalidInput, WorkbenchError
from workbench.core.names import check_identifier
from workbench.core.sizes import shown, size_of

__all__ = ["OF_A_MACHINE", "amount_shown", "resources_of"]

#: What each worker's machine has for itself. Resources of any other name are the workspace's, counted over all workers.
OF_A_MACHINE = frozenset({"cpu", "gpu", "memory"})

_A_SIZE = 1e6


def resources_of(said: Any) -> dict[str, float]:
    """Amounts by name of a mapping, or of a text such as ``gpu=1 memory=8GB``.

    Raises
    ------
    InvalidInput
        A name is not allowed, or an amount is no number above zero and no size; ``details["name"]`` says which.

    >>> resources_of("gpu=1 memory=8GB")
    {'gpu': 1.0, 'memory': 8000000000.0}
    """
    if isinstance(said, str):
        said = dict(part.partition("=")[::2] for part in said.split())
    if not isinstance(said, Mapping):
        raise InvalidInput("resources must be a mapping.", fix="For example {gpu: 1, memory: 8GB}.", name="")
    return {str(name): _amount(str(name), value) for name, value in said.items()}


def _amount(name: str, value: Any) -> float:
    try:
        check_identifier(name, "name")
    except WorkbenchError as error:
        raise InvalidInput(f"{name!r} is not allowed as a resource's name.", fix=error.fix, name=name) from error
    amount = None if isinstance(value, bool) else size_of(str(value))
    if amount is None and not isinstance(value, bool):
        try:
            amount = float(value)  # type: ignore[assignment]
        except (TypeError, ValueError):
            amount = None
    if amount is None or not 0 < amount < float("inf"):
        raise InvalidInput(f"{name} is {value!r}, which is no amount.", fix="A number above zero, or a size such as 8GB.", name=name)
    return float(amount)


def amount_shown(amount: float) -> str:
    """As people read it: a count, or a size.

    >>> amount_shown(2.0), amount_shown(8e9)
    ('2', '8 GB')
    """
    return shown(amount) if amount >= _A_SIZE else f"{amount:g}"
