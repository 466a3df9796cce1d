"""Amounts with a currency's code instead of its sign: ``CHF 1'234.50``, ``1,234.50 EUR``. The code gives way to one mark that no text has,
and is then read like any sign; which codes a column has is kept beside it."""

from __future__ import annotations

import re
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["CODED", "CODES", "MAYBE_CODED", "WORDS", "coded", "codes_in", "without_code"]

#: What stands in the place of a code: of Unicode's private area.
CODED = "\ue0a4"

_CODES = """
AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CLF CLP CNH CNY
COP CRC CUC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IQD IRR
ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD
NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS SRD SSP STN SVC SYP SZL
THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG ZWL
"""
#: Those of ISO 4217 that somebody pays with.
CODES = frozenset(_CODES.split())
#: Those that are words, names or other codes as well: ``TOP 10``, ``PEN 12``, ``AMD 5600``.
WORDS = frozenset(("ALL", "AMD", "BAM", "CAD", "COP", "CUP", "CVE", "GEL", "LAK", "MAD", "MOP", "PEN", "RON", "SOS", "TOP", "TRY"))

# Right beside its number a code is one where that has decimals; USD12 may be an article.
_SPACE, _MARKS = " \u00a0\u202f", "\\d.,'\u2019\u00a0\u202f\u2009"
_AHEAD = rf"^(?P<before>[-+]?\(?)(?P<code>[A-Z]{{3}})(?P<after>[{_SPACE}]\(?-?\d[{_MARKS}]*[-)]?|\d[{_MARKS}]*[.,]\d+-?\)?)$"
_BEHIND = rf"^(?P<before>\(?[-+]?\(?\d[{_MARKS}]*-?\)?[{_SPACE}]|\(?[-+]?\d[{_MARKS}]*[.,]\d+-?)(?P<code>[A-Z]{{3}})(?P<after>\)?-?)$"
#: What may be an amount with a code.
MAYBE_CODED = rf"^[-+(]{{0,2}}[A-Z]{{3}}[{_SPACE}]?[-(]?\d|\d[-)]?[{_SPACE}]?[A-Z]{{3}}\)?-?$"
_KNOWN = pa.array(sorted(CODES))


def coded(values: Any) -> Any:
    """The values (an array of text), where an amount has :data:`CODED` for its code.

    >>> [text.replace(CODED, "#") for text in coded(pa.array(["CHF 1'234.50", "(12.00 EUR)", "USD12", "ABC 5"])).to_pylist()]
    ["# 1'234.50", '(12.00 #)', 'USD12', 'ABC 5']
    """
    if not pc.any(pc.match_substring_regex(values, MAYBE_CODED)).as_py():
        return values
    for pattern in (_AHEAD, _BEHIND):
        parts = pc.extract_regex(values, pattern)
        known = pc.fill_null(pc.is_in(pc.struct_field(parts, "code"), value_set=_KNOWN), False)
        made = pc.binary_join_element_wise(pc.struct_field(parts, "before"), CODED, pc.struct_field(parts, "after"), "")
        values = pc.if_else(known, made, values)
    return values


def codes_in(values: Any) -> frozenset[str]:
    """The codes of the amounts among values that are trimmed."""
    found = set[str]()
    for pattern in (_AHEAD, _BEHIND):
        parts = pc.extract_regex(values, pattern)
        found.update(filter(None, pc.unique(pc.struct_field(parts, "code")).to_pylist()))
    return frozenset(found & CODES)


def without_code(cell: str) -> str:
    """A text without what may be a code before or behind it.

    >>> without_code("CHF 1,5"), without_code("1,5EUR")
    ('1,5', '1,5')
    """
    return re.sub(r"^[A-Z]{3} ?(?=[-\d(])|(?<=\d) ?[A-Z]{3}$", "", cell)
