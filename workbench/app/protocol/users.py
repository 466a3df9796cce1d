"""People and programs that the workspace knows, and their tokens."""

from __future__ import annotations

from typing import Literal, Protocol

from workbench.app.protocol.limits import Days
from workbench.app.verbs import verb
from workbench.core.principals import Attribute, Principal
from workbench.governance.records import User
from workbench.governance.tokens import IssuedToken, Token

__all__ = ["UserVerbs"]


class UserVerbs(Protocol):
    @verb("GET", "/me")
    def me(self) -> Principal:
        """Who one is to the workspace, with roles and attributes."""

    @verb("GET", "/users")
    def list(self) -> tuple[User, ...]:
        """All users by name, disabled ones included."""

    @verb("POST", "/users")
    def add(
        self,
        name: str,
        roles: tuple[str, ...] = (),
        attributes: dict[str, Attribute] | None = None,
        display_name: str = "",
        kind: Literal["user", "service"] = "user",
        password: str | None = None,
    ) -> User:
        """Add a user. The attributes are what row filters compare with: ``{"regions": ["north"]}``. Without a password nobody signs in by
        that name; tokens can be made all the same."""

    @verb("PATCH", "/users/{name}")
    def change(
        self,
        name: str,
        roles: tuple[str, ...] | None = None,
        attributes: dict[str, Attribute] | None = None,
        display_name: str | None = None,
    ) -> User:
        """Change what is given of a user, from the next request on."""

    @verb("POST", "/users/{name}/disable", safe=True)
    def disable(self, name: str) -> User:
        """Let a user do nothing any more, whatever token is shown."""

    @verb("POST", "/users/{name}/enable", safe=True)
    def enable(self, name: str) -> User:
        """Let a disabled user in again."""

    @verb("PUT", "/users/{name}/password", safe=True)
    def set_password(self, name: str, password: str) -> User:
        """Give a user another password. She is signed out everywhere; her tokens stay."""

    @verb("PUT", "/me/password")
    def change_password(self, current: str, password: str) -> User:
        """Change one's own password. One is signed out everywhere, here too; one's tokens stay."""

    @verb("GET", "/tokens")
    def tokens(self, user: str | None = None) -> tuple[Token, ...]:
        """Tokens of a user, or of everybody, newest first, without those of runs; the tokens themselves are not kept."""

    @verb("POST", "/users/{name}/tokens")
    def issue_token(
        self,
        name: str,
        scope: Literal["read", "write"] = "read",
        days: Days | None = 90,
        label: str = "",
        verbs: tuple[str, ...] = (),
        datasets: tuple[str, ...] = (),
    ) -> IssuedToken:
        """A token in a user's name, shown this once; ``days`` None: it does not expire. ``verbs`` (``query.*``) and ``datasets``
        (``gold.*``) narrow what it is for."""

    @verb("GET", "/me/tokens")
    def my_tokens(self) -> tuple[Token, ...]:
        """One's own tokens, and where one is signed in, newest first."""

    @verb("POST", "/me/tokens")
    def new_token(
        self,
        scope: Literal["read", "write"] = "read",
        days: Days | None = 90,
        label: str = "",
        verbs: tuple[str, ...] = (),
        datasets: tuple[str, ...] = (),
    ) -> IssuedToken:
        """A token in one's own name, shown this once. It never does more than oneself may; ``verbs`` (``query.*``) and ``datasets``
        (``gold.*``) narrow it further."""

    @verb("POST", "/tokens/{token_id}/rotate")
    def rotate_token(self, token_id: str) -> IssuedToken:
        """The same token with another secret, for as long again; the old one is useless from now on. Of others: for admins."""

    @verb("DELETE", "/tokens/{token_id}")
    def revoke_token(self, token_id: str) -> Token:
        """Make a token useless from now on. Of others: for admins. Who has found a token names it by itself: whose it is need not be
        known."""
