"""Names of people told by a language model: only where a setting names one, and imported only when a scan begins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from workbench.core.errors import MissingDependency
from workbench.quality.personal.base import PersonalDetector, Votes
from workbench.quality.personal.naming import together
from workbench.quality.personal.words import GIVEN, PERSON, PERSON_NAME, SURNAME, THING

__all__ = ["names_by_model"]

_PEOPLE = frozenset({"PERSON", "PER", "persName"})  # what models call them
_MOST = 0.6  # of a text must be the name: a sentence about somebody is no name


def names_by_model(model: str) -> PersonalDetector:
    """A detector of names by a spaCy model (its package's name, or a folder), beside the built-in one: the surer of the two counts.

    Raises
    ------
    MissingDependency
        spaCy is not installed, or there is no such model.
    """
    try:
        import spacy

        language = spacy.load(model)
    except ImportError as error:
        fix = 'pip install "workbench-lab[names]", or empty governance.names_model.'
        raise MissingDependency("Names are to be told by a language model, and spaCy is not installed.", fix=fix) from error
    except OSError as error:
        fix = "Name an installed model's package or a folder in governance.names_model."
        raise MissingDependency(f"There is no language model {model!r}.", fix=fix) from error

    def votes(values: Sequence[str], hinted: bool) -> Votes:
        matched = sum(_is_name(text, document) for text, document in zip(values, language.pipe(values), strict=True))
        return Votes(matched, "a language model's idea of a name")

    says, allows = PERSON_NAME | GIVEN | SURNAME, PERSON | together("name names")
    return PersonalDetector(
        "person name", votes, says, allows, THING, alone=0.6, allowed=0.5, said=0.4, telling=0.8, fewest=10, around=THING
    )


def _is_name(text: str, document: Any) -> bool:
    return sum(len(entity.text) for entity in document.ents if entity.label_ in _PEOPLE) >= _MOST * len(text)
