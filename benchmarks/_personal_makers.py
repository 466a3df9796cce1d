"""Values for the labelled columns: of the two generators of people, and of their own."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import lru_cache
from typing import Any

__all__ = ["Make", "by_faker", "by_mimesis", "day", "luhn"]

Make = Callable[[random.Random], Any]


@lru_cache(maxsize=64)
def _faker(locale: str) -> Any:
    from faker import Faker

    return Faker(locale)


def by_faker(locale: str, method: str, **options: Any) -> Make:
    def make(rng: random.Random) -> Any:
        fake = _faker(locale)
        fake.seed_instance(rng.getrandbits(64))
        return getattr(fake, method)(**options)

    return make


@lru_cache(maxsize=64)
def _mimesis(locale: str) -> Any:
    from mimesis import Generic
    from mimesis.locales import Locale

    return Generic(Locale(locale))


def by_mimesis(locale: str, provider: str, method: str, **options: Any) -> Make:
    def make(rng: random.Random) -> Any:
        fake = _mimesis(locale)
        fake.reseed(rng.getrandbits(63))
        return getattr(getattr(fake, provider), method)(**options)

    return make


def luhn(digits: str) -> int:
    doubled = [int(d) * (2 if at % 2 == 0 else 1) for at, d in enumerate(reversed(digits))]
    return -sum(d - 9 if d > 9 else d for d in doubled) % 10


def day(rng: random.Random, first: int, last: int) -> Any:
    from datetime import date, timedelta

    return date(first, 1, 1) + timedelta(days=rng.randrange((last - first) * 365))
