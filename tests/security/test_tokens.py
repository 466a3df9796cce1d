"""Tokens: shown once, stored as a hash, refused when expired, revoked or made up."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from workbench.core.config import Settings
from workbench.core.errors import InvalidInput, NotFound, Unauthenticated
from workbench.core.ids import new_id
from workbench.core.principals import Principal, local_principal
from workbench.governance.owner import owner_token_file
from workbench.governance.tokens import TokenService
from workbench.store import Store

ADA = Principal(name="ada", display_name="Ada")


@pytest.fixture
def tokens(settings: Settings) -> TokenService:
    store = Store(settings.store_url)
    store.migrate()
    return TokenService(store)


def test_a_token_says_who_it_was_issued_to(tokens: TokenService) -> None:
    issued = tokens.issue(ADA, "read", ttl=timedelta(hours=1), name="laptop")
    assert issued.secret.startswith("wb_")
    assert tokens.verify(issued.secret) == issued.token
    assert issued.token.principal == ADA


def test_the_secret_is_nowhere_in_the_database_nor_in_its_own_repr(tokens: TokenService, settings: Settings) -> None:
    issued = tokens.issue(ADA)
    tokens.store.close()
    for path in filter(Path.is_file, settings.state.rglob("*")):
        assert issued.secret.encode() not in path.read_bytes()
    assert issued.secret not in repr(issued) + str(issued) + f"{issued}"


def test_made_up_tokens_are_refused(tokens: TokenService) -> None:
    secret = tokens.issue(ADA).secret
    other = secret[:-1] + ("A" if secret[-1] != "A" else "B")
    for text in ("", "wb_", "x" * 46, other, secret + "\n", secret.lower(), f" {secret}", "wb_' OR 1=1 --" + "x" * 30):
        with pytest.raises(Unauthenticated):
            tokens.verify(text)


def test_expired_and_revoked_tokens_are_refused(tokens: TokenService) -> None:
    expired = tokens.issue(ADA, ttl=timedelta(seconds=-1))
    revoked = tokens.issue(ADA)
    tokens.revoke(revoked.token.id)
    for issued in (expired, revoked):
        with pytest.raises(Unauthenticated):
            tokens.verify(issued.secret)
        assert not tokens.usable(issued.token.id)
    with pytest.raises(NotFound):
        tokens.revoke("nobody")


def test_the_end_of_a_run_takes_its_tokens(tokens: TokenService) -> None:
    run_id = new_id()
    mine = tokens.issue(ADA, "run", run_id=run_id, ttl=timedelta(hours=1))
    other = tokens.issue(ADA, "run", run_id=new_id(), ttl=timedelta(hours=1))
    assert tokens.verify(mine.secret).run_id == run_id
    assert tokens.revoke_run(run_id) == 1
    with pytest.raises(Unauthenticated):
        tokens.verify(mine.secret)
    tokens.verify(other.secret)
    assert {token.id for token in tokens.list()} == {mine.token.id, other.token.id}


def test_a_run_token_needs_its_run_and_an_end(tokens: TokenService) -> None:
    for scope, run_id, ttl in (("run", None, timedelta(1)), ("run", new_id(), None), ("write", new_id(), None)):
        with pytest.raises(InvalidInput):
            tokens.issue(ADA, scope, run_id=run_id, ttl=ttl)  # type: ignore[arg-type]


def test_the_owners_file_is_private_kept_while_valid_and_made_anew_when_not(tokens: TokenService, tmp_path: Path) -> None:
    path = owner_token_file(tokens, tmp_path / "secrets")
    first = path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert tokens.verify(first.strip()).principal == local_principal()
    assert owner_token_file(tokens, path.parent).read_text() == first
    tokens.revoke(tokens.verify(first.strip()).id)
    assert owner_token_file(tokens, path.parent).read_text() != first
