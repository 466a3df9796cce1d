"""The detectors of semantic types: by checksum where there is one, by list where there is one, else by form."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

__all__ = ["BUILT_IN", "Detector"]

_TEXT = frozenset({"text"})
_DIGITS = frozenset({"text", "integer"})
_NUMBERS = frozenset({"integer", "float", "decimal"})


@dataclass(frozen=True)
class Detector:
    """A semantic type. ``matches`` is asked about one value as text, without white space around it; it must not raise.

    ``kinds`` are the column kinds it looks at, ``hints`` words of a column's name that speak for it; ``needs_hint``: the form
    alone says too little.
    """

    name: str
    matches: Callable[[str], bool]
    hints: frozenset[str] = frozenset()
    kinds: frozenset[str] = _TEXT
    needs_hint: bool = False


def _form(pattern: str, flags: re.RegexFlag = re.NOFLAG) -> Callable[[str], bool]:
    compiled = re.compile(pattern, flags)
    return lambda text: compiled.fullmatch(text) is not None


_EMAIL = _form(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@(?:[\w](?:[\w-]{0,61}[\w])?\.)+[^\W\d_]{2,24}")
_UUID = _form(r"\{?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\}?", re.IGNORECASE)
_URL = _form(r"(?:https?|ftp)://(?:[^\s/?#@]+@)?(?:[\w-]+\.)*[\w-]+(?::\d{1,5})?(?:[/?#]\S*)?", re.IGNORECASE)
_MAC = _form(r"(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}", re.IGNORECASE)
_POSTAL = _form(r"(?=.*\d)[A-Z0-9][A-Z0-9 -]{2,9}", re.IGNORECASE)
_PERCENT = _form(r"[+-]?\d{1,3}(?:[.,]\d+)?\s?%")
_IBAN = _form(r"[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}", re.IGNORECASE)
_CARD = _form(r"\d(?:[ -]?\d){12,18}")
_PHONE = _form(r"\+?[\d(][\d\s()./-]{5,20}\d")
_VAT = _form(r"[A-Z]{2}[A-Z0-9+*.-]{2,13}", re.IGNORECASE)
# Visa, Mastercard (51-55, 2221-2720), American Express, Discover, JCB, Diners, Maestro: the networks' own ranges.
_NETWORKS = re.compile(r"4|5[1-5]|2(?:22[1-9]|2[3-9]|[3-6]|7[01]|720)|3[47]|6(?:011|4[4-9]|5)|35(?:2[89]|[3-8])|3(?:0[0-5]|[68])|5[06-8]|6")
_DATE = re.compile(
    r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[T ]\d{1,2}:\d{2}.*)?|\d{8}|\d{1,2}[ -][A-Za-z]{3,9}[ -]\d{2,4}|[A-Za-z]{3,9} \d{1,2},? \d{4}"
)
_DATE_FORMS = (
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d.%m.%Y",
    "%d-%m-%Y",
    "%Y/%m/%d",
    "%d %b %Y",
    "%d %B %Y",
    "%d-%b-%Y",
    "%b %d, %Y",
    "%B %d, %Y",
    "%d/%m/%y",
)


def _iban(text: str) -> bool:
    if not _IBAN(text):
        return False
    from stdnum import iban

    return bool(iban.is_valid(text))


def _card(text: str) -> bool:
    if not _CARD(text):
        return False
    from stdnum import luhn

    digits = re.sub(r"\D", "", text)
    return _NETWORKS.match(digits) is not None and bool(luhn.is_valid(digits)) and len(set(digits)) > 1


def _vat(text: str) -> bool:
    if not _VAT(text):
        return False
    from stdnum.eu import vat

    return bool(vat.is_valid(text))


def _phone(text: str, region: str | None = None) -> bool:
    if not _PHONE(text) or not (text.startswith("+") or region):
        return False
    import phonenumbers

    try:
        return bool(phonenumbers.is_possible_number(phonenumbers.parse(text, region)))
    except phonenumbers.NumberParseException:
        return False


def _ip(text: str) -> bool:
    import ipaddress

    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return "." in text or ":" in text


def _date_text(text: str) -> bool:
    if not _DATE.fullmatch(text):
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return any(_parses(text, form) for form in _DATE_FORMS)
    return True


def _parses(text: str, form: str) -> bool:
    try:
        datetime.strptime(text, form)  # noqa: DTZ007 - only whether it is a date
    except ValueError:
        return False
    return True


def _between(low: float, high: float) -> Callable[[str], bool]:
    def within(text: str) -> bool:
        try:
            return low <= float(text) <= high
        except ValueError:
            return False

    return within


@lru_cache(maxsize=1)
def _countries() -> frozenset[str]:
    from babel.core import Locale, get_global

    names = {
        code: name
        for code, name in Locale("en").territories.items()
        if re.fullmatch("[A-Z]{2}", code) and code not in ("EU", "EZ", "UN", "ZZ")
    }
    three = {code for code, alias in get_global("territory_aliases").items() if re.fullmatch("[A-Z]{3}", code) and alias[0] in names}
    return frozenset({*names, *three, *(name.casefold() for name in names.values())})


@lru_cache(maxsize=1)
def _currencies() -> frozenset[str]:
    from babel.core import get_global

    return frozenset(get_global("all_currencies"))


@lru_cache(maxsize=1)
def _languages() -> frozenset[str]:
    from babel.core import Locale

    found = Locale("en").languages
    return frozenset({*(str(code).lower() for code in found), *(str(name).casefold() for name in found.values())})


@lru_cache(maxsize=1)
def _airports() -> frozenset[str]:
    import airportsdata

    return frozenset(airportsdata.load("IATA"))


def _country(text: str) -> bool:
    return text in _countries() or (len(text) > 3 and text.casefold() in _countries())


_THREE = _form("[A-Z]{3}")
_CODE = _form(r"[A-Za-z]{2,3}(?:[-_][A-Za-z]{2,4})?|[A-Za-z ()]{4,30}")

BUILT_IN: tuple[Detector, ...] = (
    Detector("email", _EMAIL, frozenset({"email", "mail", "mails", "emails"})),
    Detector("iban", _iban, frozenset({"iban", "account"})),
    Detector("payment_card", _card, frozenset({"card", "pan", "cc"}), _DIGITS),
    Detector("vat", _vat, frozenset({"vat", "tax", "ust"})),
    Detector("uuid", _UUID, frozenset({"uuid", "guid"})),
    Detector("url", _URL, frozenset({"url", "uri", "link", "website", "homepage"})),
    Detector("ip_address", _ip, frozenset({"ip", "address", "host"})),
    Detector("mac_address", _MAC, frozenset({"mac"})),
    Detector("phone", _phone, frozenset({"phone", "mobile", "tel", "telephone", "fax", "cell"})),
    Detector("phone", lambda text: _phone(text, "US"), frozenset({"phone", "mobile", "tel", "telephone", "fax", "cell"}), _DIGITS, True),
    Detector("country", _country, frozenset({"country", "nation", "nationality", "land", "pays", "countrycode"}), needs_hint=True),
    Detector("country", lambda text: len(text) > 3 and _country(text), frozenset({"country", "nation"})),
    Detector("currency", lambda text: text in _currencies(), frozenset({"currency", "ccy", "curr"}), needs_hint=True),
    Detector(
        "language",
        lambda text: _CODE(text) and re.split("[-_]", text.casefold())[0] in _languages(),
        frozenset({"language", "lang", "locale"}),
        needs_hint=True,
    ),
    Detector(
        "airport", lambda text: _THREE(text) and text in _airports(), frozenset({"airport", "iata", "faa", "origin", "dest", "destination"})
    ),
    Detector("postal_code", _POSTAL, frozenset({"zip", "zipcode", "postal", "postcode", "postalcode", "plz"}), _DIGITS, True),
    Detector("percentage", _PERCENT, frozenset({"percent", "percentage", "pct", "rate", "share"})),
    Detector("percentage", _between(0, 100), frozenset({"percent", "percentage", "pct"}), _NUMBERS, True),
    Detector("latitude", _between(-90, 90), frozenset({"lat", "latitude"}), _NUMBERS | _TEXT, True),
    Detector("longitude", _between(-180, 180), frozenset({"lon", "lng", "long", "longitude"}), _NUMBERS | _TEXT, True),
    Detector("date_text", _date_text, frozenset({"date", "day", "time", "at", "on"})),
)
