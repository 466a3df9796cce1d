"""How a person is reached: mail, telephone, machines' addresses, where she lives."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence

from workbench.catalog.index.text import fold
from workbench.quality.personal.base import DIGITS, PersonalDetector, Votes, each
from workbench.quality.personal.naming import listed, together
from workbench.quality.personal.words import ADDRESS, PHONE, THING

__all__ = ["DETECTORS"]

_FIRST = 16  # values that tell which country's numbers they are
_EMAIL = re.compile(r"(?:mailto:|.{1,60}<)?[\w.!#$%&'*+/=?^`{|}~-]{1,64}@(?:\w(?:[\w-]{0,61}\w)?\.)+[^\W\d_]{2,24}>?")
_MAC = re.compile(r"(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}|(?:[0-9a-f]{4}\.){2}[0-9a-f]{4}", re.IGNORECASE)
_PHONE = re.compile(r"(?:tel:)?\+?[\d(][\d\s()./‑-]{4,22}\d(?:\s?(?:x|ext\.?|#)\s?\d{1,6})?", re.IGNORECASE)
_WRITTEN = re.compile(r"[\s()/.‑-]|^\+|^00")
_MOMENT = re.compile(r"\d{4}[-./ ]\d{1,2}[-./ ]\d{1,2}.*|\d{1,2}[-./ ]\d{1,2}[-./ ]\d{4}.*|(?:19|20)\d{12,}")
_REGIONS = (
    "US",
    "GB",
    "DE",
    "FR",
    "ES",
    "IT",
    "PT",
    "NL",
    "BE",
    "CH",
    "AT",
    "PL",
    "SE",
    "NO",
    "DK",
    "FI",
    "CZ",
    "HU",
    "RO",
    "GR",
    "TR",
    "RU",
    "UA",
    "BR",
    "MX",
    "AR",
    "CO",
    "CL",
    "IN",
    "CN",
    "JP",
    "KR",
    "AU",
    "NZ",
    "ZA",
    "IL",
    "IE",
    "ID",
    "TH",
    "PH",
    "VN",
    "NG",
    "EG",
    "SA",
)


def _phone(values: Sequence[str], hinted: bool) -> Votes:
    """Numbers of the world's plans (libphonenumber); where a column's name says so the form is enough, for people
    write them as they like."""
    likely = [text for text in values if _PHONE.fullmatch(text) and not _MOMENT.fullmatch(text) and 7 <= sum(map(str.isdigit, text)) <= 17]
    if hinted:
        return Votes(len(likely), "the form of a telephone number", 0.3)
    written = [text for text in likely if _WRITTEN.search(text)]
    if len(written) < 0.5 * len(values):
        return Votes(0, "a country's numbering plan")
    abroad = [text for text in written if text.startswith(("+", "tel:+", "00"))]
    home = [text for text in written if not text.startswith(("+", "tel:+", "00"))]
    matched = sum(_is_phone("+" + text.removeprefix("tel:").lstrip("+").removeprefix("00"), None) for text in abroad)
    if home:
        first = home[:_FIRST]
        region = max(_REGIONS, key=lambda region: sum(_is_phone(text, region) for text in first))
        matched += sum(_is_phone(text, region) and _is_written_so(text, region) for text in home)
    return Votes(matched, "a country's numbering plan", 0.9 if len(abroad) > len(home) else 0.7)


def _is_written_so(text: str, region: str) -> bool:
    """Whether its digits stand in groups as that country writes them: the numbers of orders and books have groups of their own."""
    import phonenumbers

    usual = phonenumbers.format_number(phonenumbers.parse(text, region), phonenumbers.PhoneNumberFormat.NATIONAL)
    return re.findall(r"\d+", usual) == re.findall(r"\d+", re.split(r"\s?(?:x|ext|#)", text, maxsplit=1)[0])


def _is_phone(text: str, region: str | None) -> bool:
    import phonenumbers

    try:
        return bool(phonenumbers.is_valid_number(phonenumbers.parse(text, region)))
    except phonenumbers.NumberParseException:
        return False


def _address_of_a_machine(values: Sequence[str], hinted: bool) -> Votes:
    """Versions of programs look like addresses, but their numbers are small, and what is a mask of a network is nobody's."""
    found = [made for text in values if (made := _ip(text)) is not None]
    fourth = [one for one in found if isinstance(one, ipaddress.IPv4Address)]
    small = sum(max(one.packed) < 40 for one in fourth)
    masks = sum(str(one).startswith("255.") or str(one) == "0.0.0.0" for one in fourth)  # noqa: S104 - compared, not bound
    if (not hinted and small > 0.3 * len(values)) or masks > 0.3 * len(values):
        return Votes(0, "the form of an IP address")
    return Votes(len(found) - masks, "the form of an IP address")


def _ip(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    if "." not in text and text.count(":") < 2:
        return None
    try:
        return ipaddress.ip_address(text.partition("/")[0].strip("[]"))
    except ValueError:
        return None


_STREETS = listed("streets")
_ENDS = (
    "strasse",
    "str",
    "weg",
    "gasse",
    "allee",
    "platz",
    "ring",
    "damm",
    "ufer",
    "straat",
    "laan",
    "plein",
    "gracht",
    "kade",
    "singel",
    "gatan",
    "vagen",
    "vej",
    "gade",
    "veien",
    "gata",
    "katu",
    "tie",
    "kuja",
    "utca",
    "utja",
    "stigen",
    "polku",
    "vei",
    "stien",
    "alle",
    "dreef",
    "hof",
    "steeg",
    "stieg",
)
_EAST = re.compile(r"[\u3400-\u9fff].*(?:路|街|巷|号|弄|室|丁目|番|区|市|県|都|村)|[가-힣].*(?:로|길|동|번지)\s?\d*")
_LETTER_AND_MORE = re.compile(r"[^\W\d_].*\d|\d.*[^\W\d_]|[^\W\d_]{2,}\s+[^\W\d_]|[路街巷号室丁区市県都村로길동]", re.DOTALL)
_WORD = re.compile(r"[^\W\d_]+")
_TWO_NUMBERS = re.compile(r"\d[^\d.,]*[\s#][^\d.,]*\d")


def _lived_at(values: Sequence[str], hinted: bool) -> Votes:
    if hinted:
        return Votes(sum(len(text) <= 250 and _LETTER_AND_MORE.search(text) is not None for text in values), "the form of an address", 0.3)
    return Votes(sum(map(_street, values)), "a street's word beside a number", 0.75)


def _street(text: str) -> bool:
    if len(text) > 250 or not any(map(str.isdigit, text)):
        return False
    if _EAST.search(text):
        return True
    words = [fold(word) for word in _WORD.findall(text)]
    if not words or len(words) > 25:
        return False
    if any(len(word) > 5 and word.endswith(_ENDS) for word in words):
        return True
    # "Row 12" and "unit 3" are a street's word and a number, and no address: one has its name beside it, or two numbers (Calle 5 # 12-34).
    return any(word in _STREETS for word in words) and (len(words) > 1 or _TWO_NUMBERS.search(text) is not None)


_OF_NOBODY = together("version release build firmware subnet netmask mask gateway oid section")

DETECTORS = (
    PersonalDetector(
        "email",
        each(lambda text: _EMAIL.fullmatch(text) is not None, "the form of a mail address"),
        together(
            "email mail emails emailaddress mailaddress mailadresse courriel correo correoelectronico emailadres epost eposta sahkoposti "
            "emailid pochta почта 邮箱 電子メール メール 이메일"
        ),
        against=together("template subject body message"),
        alone=0.6,
        allowed=0.5,
        said=0.3,
        telling=0.97,
        fewest=3,
    ),
    PersonalDetector(
        "phone",
        _phone,
        PHONE,
        together("contact number"),
        together(
            "order orderno ordernumber invoice sku product part serial version isbn "
            "reference ref tracking ticket model date time timestamp article range size dimension score"
        ),
        DIGITS,
        alone=0.75,
        allowed=0.65,
        said=0.5,
        telling=0.8,
        fewest=6,
    ),
    PersonalDetector(
        "ip address",
        _address_of_a_machine,
        together(
            "ip ipaddress ipaddr ipv4 ipv6 clientip remoteip remoteaddr sourceip lastip loginip ipadresse adresseip direccionip userip"
        ),
        together("address addr host client remote"),
        _OF_NOBODY,
        alone=0.8,
        allowed=0.7,
        said=0.5,
        telling=0.85,
        fewest=4,
    ),
    PersonalDetector(
        "mac address",
        each(lambda text: _MAC.fullmatch(text) is not None, "the form of a MAC address"),
        together("mac macaddress macaddr bssid hwaddr deviceaddress bluetooth"),
        alone=0.8,
        allowed=0.7,
        said=0.5,
        telling=0.9,
        fewest=4,
    ),
    PersonalDetector(
        "postal address",
        _lived_at,
        ADDRESS - THING | together("street streetname strasse rue calle"),
        together("home shipping billing delivery residence location line"),
        together("ip mac email mail web url host memory wallet server street2 bus register contract city state country zip suffix type"),
        alone=0.6,
        allowed=0.5,
        said=0.25,
        telling=0.75,
        fewest=8,
    ),
)
