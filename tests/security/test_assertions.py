"""Signed statements: good for one request, for half a minute, in one workspace, once."""

from __future__ import annotations

import json
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import pytest

from workbench.core.errors import Unauthenticated
from workbench.governance import assertions
from workbench.governance.assertions import Verifier, sign

KEY = b"k" * 32
GIVEN: dict[str, Any] = {
    "sub": "ada",
    "name": "Ada",
    "how": "cookie",
    "xsrf": True,
    "foreign": False,
    "method": "GET",
    "target": "/api/x?a=1",
    "aud": "w",
}


@pytest.fixture
def verifier() -> Verifier:
    return Verifier(KEY, "w")


def test_a_statement_is_taken_once(verifier: Verifier) -> None:
    text = sign(KEY, **GIVEN)
    found = verifier.verify(text, "GET", "/api/x?a=1")
    assert (found.sub, found.how, found.xsrf) == ("ada", "cookie", True)
    with pytest.raises(Unauthenticated):
        verifier.verify(text, "GET", "/api/x?a=1")


@pytest.mark.parametrize(("method", "target"), [("POST", "/api/x?a=1"), ("GET", "/api/y?a=1"), ("GET", "/api/x"), ("GET", "/api/x?a=2")])
def test_it_is_for_one_method_path_and_query(verifier: Verifier, method: str, target: str) -> None:
    with pytest.raises(Unauthenticated):
        verifier.verify(sign(KEY, **GIVEN), method, target)


def test_another_key_or_workspace_is_refused(verifier: Verifier) -> None:
    for text in (sign(b"x" * 32, **GIVEN), sign(KEY, **{**GIVEN, "aud": "other"}), "", ".", "a.b", "é.é", "x" * 5000):
        with pytest.raises(Unauthenticated):
            verifier.verify(text, "GET", "/api/x?a=1")


def test_a_changed_payload_is_refused(verifier: Verifier) -> None:
    payload, _, signature = sign(KEY, **GIVEN).partition(".")
    told = json.loads(urlsafe_b64decode(payload + "=="))
    forged = urlsafe_b64encode(json.dumps({**told, "sub": "root"}).encode()).decode().rstrip("=")
    with pytest.raises(Unauthenticated):
        verifier.verify(f"{forged}.{signature}", "GET", "/api/x?a=1")


def test_it_ends(verifier: Verifier, monkeypatch: pytest.MonkeyPatch) -> None:
    text = sign(KEY, **GIVEN)
    later = time.time() + assertions.LIFETIME + 0.1
    monkeypatch.setattr(assertions.time, "time", lambda: later)
    with pytest.raises(Unauthenticated):
        verifier.verify(text, "GET", "/api/x?a=1")


def test_what_an_earlier_process_may_have_taken_is_not_taken_again() -> None:
    text = sign(KEY, **GIVEN)
    time.sleep(0.01)
    with pytest.raises(Unauthenticated):
        Verifier(KEY, "w").verify(text, "GET", "/api/x?a=1")
