"""Attacks on what alice may not see, a table of cases: what she is told must be the same of two lakes that differ only in what is hidden,
with none of the hidden texts in it; and each attack's benign twin, the same construct over what she may see, returns its rows."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1]))

from cases_inside import GOVERNED as INSIDE
from cases_outside import REFUSED
from cases_probes import GOVERNED as PROBES
from lakes import ALICE, BIG, BOB, CANARY, Lake
from oracle import told

Ask = Callable[[str, str, str], str]


@pytest.fixture(scope="session")
def ask(lakes: dict[str, Lake]) -> Ask:
    """What alice is told by a lake, by a face."""
    mine = {name: lake.ws.as_principal(ALICE) for name, lake in lakes.items()}

    @cache
    def asked(lake: str, face: str, text: str) -> str:
        here = lakes[lake]
        text = here.at(text)
        if face == "after others":
            for other in (here.ws, here.ws.as_principal(BOB), here.ws):
                told(other, "run", text)
            face = "run"
        return here.neutral(told(mine[lake], face, text))

    return asked


def no_secret_in(answer: str, text: str) -> bool:
    return CANARY not in answer.replace(text, "") or CANARY in text


def returns_rows(answer: str) -> bool:
    return not answer.startswith("error") and '"rows": []' not in answer and answer != "[]"


EVERY = [(family, *case, *["run"] * (3 - len(case))) for group in (INSIDE, PROBES) for family, cases in group.items() for case in cases]
# Every fourth one, where the full counts are not asked for: those left and those outside are still more than 400.
CASES = EVERY if float(os.environ.get("WORKBENCH_TEST_SCALE", "0.1")) >= 1 else EVERY[::4]
OUTSIDE = [(family, attack, twin) for family, cases in REFUSED.items() for attack, twin in cases]


@pytest.mark.parametrize(("family", "attack", "twin", "face"), CASES, ids=[f"{case[0]}-{case[3]}: {case[1][:60]}" for case in CASES])
def test_an_answer_does_not_depend_on_what_is_hidden(ask: Ask, family: str, attack: str, twin: str, face: str) -> None:
    answer = ask("a", face, attack)
    assert answer == ask("b", face, attack)
    assert no_secret_in(answer, attack)
    assert returns_rows(ask("a", face, twin)), ask("a", face, twin)


@pytest.mark.parametrize(("family", "attack", "twin"), OUTSIDE, ids=[f"{family}: {attack[:60]}" for family, attack, _ in OUTSIDE])
def test_what_lies_outside_of_the_datasets_is_refused(ask: Ask, family: str, attack: str, twin: str) -> None:
    answer = ask("a", "run", attack)
    assert answer.startswith("error"), answer
    assert answer.split('"')[1] in ("forbidden", "invalid_sql", "dataset_not_found"), answer
    assert CANARY not in answer and "/" not in answer.replace(attack, "").replace("{file}", ""), answer
    assert returns_rows(ask("a", "run", twin)), ask("a", "run", twin)


def test_there_are_at_least_400_attacks_and_the_lakes_do_differ(lakes: dict[str, Lake]) -> None:
    assert len({(case[1], case[-1]) for case in CASES} | {case[:2] for case in OUTSIDE}) >= 400
    seen = {}
    for name, lake in lakes.items():
        rows = lake.ws.query.arrow("select * from silver.people")
        assert CANARY in str(rows["phone"].to_pylist()) and min(v for v in rows["pay"].to_pylist()) > BIG
        seen[name] = rows
    hidden = [c for c in seen["a"].column_names if seen["a"].slice(0, 1)[c] != seen["b"].slice(0, 1)[c]]
    assert seen["a"].num_rows != seen["b"].num_rows and len(hidden) > 12
