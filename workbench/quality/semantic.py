"""What a column's values are, beyond their type: each detector looks at distinct values, and the best share wins."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from workbench.core.telemetry import get_logger
from workbench.quality.detectors import BUILT_IN, Detector
from workbench.quality.records import SemanticType
from workbench.quality.scanning import ColumnKind

if TYPE_CHECKING:
    from workbench.quality.weighted import Weighted

__all__ = ["LOOKED_AT", "detect", "detectors", "words_of"]

LOOKED_AT = 200  # distinct values
_LEAST = 0.9  # share of them, without a hint
_LEAST_HINTED = 0.8
_FIRST = 20  # values that tell whether it is worth going on
_log = get_logger("quality")


def detect(name: str, kind: ColumnKind, values: Weighted) -> SemanticType | None:
    """The semantic type of a column, or None.

    Up to 200 distinct values, spread evenly over those there are, are looked at: at least nine in ten must match, eight in ten
    where the column's name says the same. Types whose form says little (a country's two letters) need the name's word.
    """
    if kind not in ("text", "integer", "float", "decimal") or not len(values.values):
        return None
    words, texts = words_of(name), None
    best: SemanticType | None = None
    for detector in detectors():
        hinted = bool(words & detector.hints)
        if kind not in detector.kinds or (detector.needs_hint and not hinted):
            continue
        texts = _chosen(values) if texts is None else texts
        found = _vote(detector, texts, hinted)
        if found is not None and (best is None or (found.hinted, found.share) > (best.hinted, best.share)):
            best = found
    return best


def _vote(detector: Detector, texts: list[str], hinted: bool) -> SemanticType | None:
    least = _LEAST_HINTED if hinted else _LEAST
    try:
        if sum(map(detector.matches, texts[:_FIRST])) < least * min(_FIRST, len(texts)) * 0.8:
            return None
        matched = sum(map(detector.matches, texts))
    except Exception:
        # A stranger's detector must not cost anybody a profile.
        _log.exception("the detector %s failed", detector.name)
        return None
    if matched < least * len(texts):
        return None
    return SemanticType(name=detector.name, matched=matched, checked=len(texts), hinted=hinted)


def _chosen(values: Weighted) -> list[str]:
    count = len(values.values)
    # In an order that no sorting has made: the first values of a column are often alike.
    places = np.random.default_rng(count).choice(count, min(count, LOOKED_AT), replace=False)
    return [str(value).strip() for value in values.values.take(pa.array(places)).to_pylist()]


def words_of(name: str) -> frozenset[str]:
    """The words of a column's name, in lower case.

    >>> sorted(words_of("customerEmail_2")), sorted(words_of("zip-code"))
    (['customer', 'email'], ['code', 'zip', 'zipcode'])
    """
    found = [word.casefold() for word in re.findall(r"[A-Z]?[^\W\d_A-Z]+|[A-Z]+(?![^\W\d_A-Z])", name)]
    return frozenset(found) | ({"".join(found)} if len(found) == 2 and found[1] == "code" else set())


@lru_cache(maxsize=1)
def detectors() -> tuple[Detector, ...]:
    """The built-in detectors, and those that others have installed (entry points ``workbench.detectors``)."""
    from workbench.quality.plugins import installed

    return (*BUILT_IN, *installed(Detector))
