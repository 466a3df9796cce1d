"""Who somebody is: names, birth, gender, where she is, and what is nobody's business."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime

from workbench.catalog.index.text import fold
from workbench.quality.personal.base import MOMENTS, NUMBERS, PersonalDetector, Votes
from workbench.quality.personal.names import ENDINGS, GIVEN_NAMES, HAN, HANGUL, KANJI, NO_NAMES, SURNAMES, TITLES
from workbench.quality.personal.naming import listed, together
from workbench.quality.personal.words import (
    BIRTH,
    COMPANY,
    GENDER,
    GIVEN,
    HEALTH,
    LOCATION,
    PAY,
    PERSON,
    PERSON_NAME,
    SPECIAL,
    SURNAME,
    THING,
    USER,
)

__all__ = ["DETECTORS"]

_NAME = re.compile(r"(?!.*\.\w{2,}$)[^\W\d_][^\d_@/\\|:;<>{}\[\]=+*%$#!?\"&]{0,60}")
_PARTS = re.compile(r"[\s,.\-'’()·]+")
_FIRM = re.compile("会社|公司|集团|集團|회사|法人|α\\.ε|Α\\.Ε")
_HAN, _HANGUL, _KANA = (
    re.compile(r"[\u4e00-\u9fff々\s]{2,6}"),
    re.compile(r"[가-힣\s]{2,6}"),
    re.compile(r"[\u3040-\u30ff\u4e00-\u9fff々\s・]{2,12}"),
)


def _names(values: Sequence[str], hinted: bool) -> Votes:
    """Lists know a part of all names: what they know speaks for the whole, as long as the rest has the same form and nothing speaks
    against it."""
    formed = known = against = single = 0
    for text in values:
        words = _words(text)
        if words is None:
            continue
        formed += 1
        single += len(words) < 2
        against += any(word in NO_NAMES for word in words) or _FIRM.search(text) is not None
        known += _is_known(text, words)
    total = len(values)
    passes = "the form of a name, or common names"
    if not formed or formed < 0.7 * total or against > (0.3 if hinted else 0.08) * total:
        return Votes(0, passes)
    share = known / total
    if hinted:
        return Votes(formed, passes, 0.3 + 0.4 * share)
    # One word by itself may be anything: a town, a brand.
    needed = 0.5 if single > 0.6 * total else 0.4
    return Votes(formed if share >= needed else known // 2, passes, min(0.85, 0.35 + 0.6 * share))


def _words(text: str) -> list[str] | None:
    """The words of what may be a name, folded, without titles; None where it cannot be one."""
    if not _NAME.fullmatch(text):
        return None
    words = [fold(word) for word in _PARTS.split(text) if word]
    left = [word for word in words if word not in TITLES and len(word) > 1] or words
    return left if 1 <= len(left) <= 6 else None


def _is_known(text: str, words: Sequence[str]) -> bool:
    if _HANGUL.fullmatch(text):
        return text[0] in HANGUL and len(text.replace(" ", "")) <= 4
    if _HAN.fullmatch(text) and text[0] in HAN and len(text.replace(" ", "")) <= 4:
        return True
    if _KANA.fullmatch(text):
        return text.startswith(KANJI)
    if any(word in GIVEN_NAMES for word in words):
        return True
    family = [word for word in words if word in SURNAMES or (len(word) > 5 and word.endswith(ENDINGS))]
    # By itself an ending tells little where Latin letters are written: a town may end so.
    alone = bool(family) and (words[0] in SURNAMES or not words[0].isascii())
    return bool(family) if len(words) > 1 else alone


_USER = re.compile(r"@?[^\s@/\\]{2,40}")


def _logins(values: Sequence[str], hinted: bool) -> Votes:
    """A login has no space in it, and is no number."""
    matched = sum(_USER.fullmatch(text) is not None and not text.isdigit() for text in values)
    return Votes(matched, "the form of a login", 0.1)


_DAYS = (
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d.%m.%Y",
    "%d-%m-%Y",
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%Y%m%d",
    "%d %b %Y",
    "%d %B %Y",
    "%b %d, %Y",
    "%d-%b-%Y",
    "%d/%m/%y",
    "%Y",
)
_YOUNGEST, _OLDEST = 0, 115  # years


def _births(values: Sequence[str], hinted: bool) -> Votes:
    """Days in the lives of people who live: not to come, most of them years ago."""
    today, found = date.today(), []  # noqa: DTZ011 - a day more or less is nothing to a year
    for text in values:
        day = _day(text)
        if day is not None and _YOUNGEST <= (today - day).days / 365.25 <= _OLDEST:
            found.append((today - day).days / 365.25)
    grown = sorted(found)[len(found) // 2] > 3 if found else False
    return Votes(len(found) if grown else 0, "a day within a lifetime", 0.3)


def _day(text: str) -> date | None:
    try:
        return datetime.fromisoformat(text).date()
    except ValueError:
        pass
    for form in _DAYS:
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    return None


_GENDERS = listed("genders")


def _genders(values: Sequence[str], hinted: bool) -> Votes:
    if len(values) > 40:
        return Votes(0, "words of a gender")
    matched = sum(re.sub(r"[\s.\-_]", "", fold(text)) in _GENDERS for text in values)
    return Votes(matched, "words of a gender", 0.3)


_PAIR = re.compile(r"(?:POINT\s*)?\(?\s*(-?\d{1,3}(?:\.\d+)?)\s*[,; ]\s*(-?\d{1,3}(?:\.\d+)?)\s*\)?", re.IGNORECASE)


def _places(values: Sequence[str], hinted: bool) -> Votes:
    """Where somebody is to a hundred metres: degrees with at least three digits after the point."""
    return Votes(sum(map(_place, values)), "the form of degrees to a hundred metres", 0.3)


def _place(text: str) -> bool:
    pair = _PAIR.fullmatch(text)
    if pair is not None:
        first, second = (abs(float(pair[at])) for at in (1, 2))
        return first <= 180 and second <= 180 and min(first, second) <= 90 and all(len(pair[at].partition(".")[2]) >= 3 for at in (1, 2))
    try:
        return abs(float(text)) <= 180 and len(text.partition(".")[2]) >= 3
    except ValueError:
        return False


def _anything(values: Sequence[str], hinted: bool) -> Votes:
    # Addresses of pages and the like are about something else.
    return Votes(sum("://" not in text for text in values), "the column's name alone tells", 0.05)


_PLAIN_NAME = together(
    "name names nome nom nombre naam namn navn nimi nev имя имена όνομα jmeno nume isim ad nazwa 名称 이름 contact person "
    "holder owner author assignee reviewer attendee signee signatory witness"
)
_NUMBERS_OF = together("id count number num no total ratio rate pct percent qty quantity type category group class code flag")
_AT_WORK = together(
    "job created updated modified order ship shipped delivery due start end hire hired launch release company founded foundation event"
)

DETECTORS = (
    PersonalDetector(
        "person name",
        _names,
        PERSON_NAME | GIVEN | SURNAME,
        _PLAIN_NAME | PERSON,
        THING | together("nick domain user login pet"),
        alone=0.75,
        allowed=0.7,
        said=0.5,
        telling=0.6,
        fewest=10,
        around=THING,
    ),
    PersonalDetector("user name", _logins, USER, against=together("agent count group role"), alone=None, allowed=None, said=0.8),
    PersonalDetector("birth date", _births, BIRTH, against=_AT_WORK, kinds=MOMENTS, alone=None, allowed=None, said=0.5),
    PersonalDetector("gender", _genders, GENDER, against=together("product segment"), kinds=NUMBERS, alone=None, allowed=None, said=0.5),
    PersonalDetector(
        "location", _places, LOCATION, against=COMPANY | THING, kinds=NUMBERS, alone=None, allowed=None, said=0.6, around=COMPANY | THING
    ),
    PersonalDetector("health", _anything, HEALTH, kinds=NUMBERS | {"boolean"}, alone=None, allowed=None, said=0.5),
    PersonalDetector(
        "pay",
        _anything,
        PAY,
        against=_NUMBERS_OF | together("statement operating company corporate tax department national gdp"),
        kinds=NUMBERS,
        alone=None,
        allowed=None,
        said=0.5,
    ),
    PersonalDetector(
        "special category",
        _anything,
        SPECIAL,
        against=together("page screen image photo horse car boat object text paper phone result"),
        kinds=NUMBERS | {"boolean"},
        alone=None,
        allowed=None,
        said=0.5,
    ),
)
