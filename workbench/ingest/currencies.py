"""Amounts of another currency than a dataset's: a column of numbers does not say of which one each is, so it is told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from workbench.engines.readers.remarks import currency_of
from workbench.ingest.history import job_name

if TYPE_CHECKING:
    from workbench.runs.log import RunLog

__all__ = ["currencies_in", "said_of_currencies", "said_of_several"]

_MIXED = (
    "In one column they are added up as if they were the same: take it into another dataset with `name='...'`, or keep the currency in a "
    "column of its own."
)
_LOADS = 20  # that are looked at, the newest first


def currencies_in(warnings: Sequence[str]) -> dict[str, str]:
    """By column, as loads tell it of amounts that they read with a sign or a code."""
    return dict(filter(None, map(currency_of, warnings)))


def said_of_several(told: Sequence[tuple[str, Sequence[str]]]) -> Iterator[str]:
    """The same of files that were taken together: each as it is called, and the warnings of how it was read."""
    found: dict[str, dict[str, str]] = {}
    for shown, warnings in told:
        for column, currency in currencies_in(warnings).items():
            found.setdefault(column, {}).setdefault(currency, shown)
    for column, currencies in found.items():
        if len(currencies) > 1:
            named = ", ".join(f"{currency} ({shown})" for currency, shown in currencies.items())
            yield f"{column} is in several currencies: {named}. {_MIXED}"


def said_of_currencies(log: RunLog, name: str, warnings: Sequence[str]) -> Iterator[str]:
    """What to say of columns whose amounts came in another currency before; ``warnings`` are of how a file was read that goes into the
    dataset ``name``."""
    now = currencies_in(warnings)
    if not now:
        return
    before: dict[str, str] = {}
    for run in log.list(kind="ingest", status="succeeded", job=job_name(name), limit=_LOADS):
        told = (run.attributes.get("report") or {}).get("warnings") or ()
        before = currencies_in(told) | before
    for column, currency in now.items():
        if before.get(column, currency) != currency:
            yield f"{column} is in {currency} here, and came in {before[column]} before. {_MIXED}"
