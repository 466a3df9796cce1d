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
    ) -> User:
        """Add a user. The attributes are what row filters compare with: ``{"regions": ["north"]}``."""

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

    @verb("GET", "/tokens")
    def tokens(self, user: str | None = None) -> tuple[Token, ...]:
        """Tokens of a user, or of everybody, newest first, without those of runs; the tokens themselves are not kept."""

    @verb("POST", "/users/{name}/tokens")
    def issue_token(self, name: str, scope: Literal["read", "write"] = "read", days: Days | None = 90, label: str = "") -> IssuedToken:
        """A token in a user's name, shown this once; ``days`` None: it does not expire."""

    @verb("DELETE", "/tokens/{token_id}")
    def revoke_token(self, token_id: str) -> Token:
        """Make a token useless from now on."""
