"""What a column's name says of its values, where they alone do not: ``ship_date``, ``is_late``, ``total_price``."""

from __future__ import annotations

import re

__all__ = ["is_about_days", "is_about_money", "is_about_truth", "is_about_versions"]

_DAYS = frozenset(("date", "day", "datum", "yyyymmdd", "ymd", "dt", "fecha", "jour"))
_AMOUNTS = """
price prices amount amt cost costs total subtotal balance betrag prix preis fee fees tax vat salary wage revenue discount fare tip toll
tolls netto brutto umsatz summe montant precio importe coste prezzo importo usd eur gbp chf
"""
_MONEY = frozenset(_AMOUNTS.split())
_MONEY_ENDS = ("price", "amount", "cost", "balance", "betrag", "preis", "salary", "revenue", "discount", "acctbal", "tax")
_VERSIONS = frozenset(("version", "versions", "release", "revision", "build", "firmware", "chapter", "section", "kapitel"))
_TRUTH_BEGINS, _TRUTH_ENDS = ("is", "has", "was", "can", "should", "ist", "hat"), ("flag", "flg", "yn", "bool", "boolean")


def is_about_days(name: str) -> bool:
    """Whether eight digits are a day: ``ship_date``, ``datum``, ``yyyymmdd``."""
    return bool(_DAYS & set(_words(name))) or name.lower().endswith("date")


def is_about_money(name: str) -> bool:
    """Whether decimals are of money: ``total_price``, ``l_extendedprice``, ``betrag``."""
    words = _words(name)
    return bool(_MONEY & set(words)) or any(word.endswith(_MONEY_ENDS) for word in words)


def is_about_truth(name: str) -> bool:
    """Whether 0 and 1 are no and yes: ``is_late``, ``has_wifi``, ``late_flag``."""
    words = _words(name)
    return len(words) > 1 and (words[0] in _TRUTH_BEGINS or words[-1] in _TRUTH_ENDS)


def is_about_versions(name: str) -> bool:
    """Whether 20.04.01 is no day: ``version``, ``os_release``."""
    return bool(_VERSIONS & set(_words(name)))


def _words(name: str) -> list[str]:
    return [word for word in re.split(r"[\W_]+", name.lower()) if word]
