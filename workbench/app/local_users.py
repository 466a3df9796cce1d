"""The verbs of ``users`` in this process."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from workbench.app.local_governance import check_roles
from workbench.app.namespace import Namespace
from workbench.core.errors import Forbidden, InvalidInput, NotFound, nearest
from workbench.core.principals import Principal
from workbench.core.telemetry import redact

if TYPE_CHECKING:
    from workbench.core.principals import Attribute
    from workbench.governance.records import User
    from workbench.governance.tokens import IssuedToken, Limits, Token

__all__ = ["UserNamespace"]

_LABEL = 200  # characters


class UserNamespace(Namespace, noun="users"):
    def me(self) -> Principal:
        """Who one is to the workspace."""
        return self._who

    def list(self) -> tuple[User, ...]:
        """All users by name."""
        return self._services.users.list()

    def add(
        self,
        name: str,
        roles: tuple[str, ...] = (),
        attributes: dict[str, Attribute] | None = None,
        display_name: str = "",
        kind: Literal["user", "service"] = "user",
        password: str | None = None,
    ) -> User:
        """Add a user."""
        self._check(roles)
        return self._services.users.add(name, roles, attributes, display_name=display_name, kind=kind, password=password, by=self._who)

    def change(
        self,
        name: str,
        roles: tuple[str, ...] | None = None,
        attributes: dict[str, Attribute] | None = None,
        display_name: str | None = None,
    ) -> User:
        """Change what is given of a user."""
        self._check(roles or ())
        return self._services.users.change(name, roles=roles, attributes=attributes, display_name=display_name, by=self._who)

    def disable(self, name: str) -> User:
        """Let a user do nothing any more."""
        if name == self._who.name:
            raise Forbidden("Nobody disables herself.", fix="Ask another administrator.")

        def end() -> None:
            self._services.tokens.end_sessions(name)
            self._services.jobs.cancel_disabled(name, self._who.name)

        disabled = self._services.users.disable(name, self._who, end)
        if "query" in self._services.__dict__:
            self._services.query.stop_all(name)
        return disabled

    def enable(self, name: str) -> User:
        """Let a disabled user in again."""
        return self._services.users.enable(name, self._who)

    def set_password(self, name: str, password: str) -> User:
        """Give a user another password."""
        return self._give_password(name, password)

    def change_password(self, current: str, password: str) -> User:
        """Change one's own password."""
        self._services.sign_in.confirm(self._who.name, current)
        return self._give_password(self._who.name, password)

    def tokens(self, user: str | None = None) -> tuple[Token, ...]:
        """Tokens of a user, or of everybody, newest first, without those of runs."""
        return self._of(user)

    def issue_token(
        self,
        name: str,
        scope: Literal["read", "write"] = "read",
        days: float | None = 90,
        label: str = "",
        verbs: tuple[str, ...] = (),
        datasets: tuple[str, ...] = (),
    ) -> IssuedToken:
        """A token in a user's name, shown this once."""
        return self._issue(self._services.users.get(name).principal, scope, days, label, _limits(verbs, datasets))

    def my_tokens(self) -> tuple[Token, ...]:
        """One's own tokens, and where one is signed in, newest first."""
        return self._of(self._who.name)

    def new_token(
        self,
        scope: Literal["read", "write"] = "read",
        days: float | None = 90,
        label: str = "",
        verbs: tuple[str, ...] = (),
        datasets: tuple[str, ...] = (),
    ) -> IssuedToken:
        """A token in one's own name, shown this once."""
        if self._who.only:
            raise Forbidden("A token that was narrowed makes no others.", fix="Sign in with your password.")
        return self._issue(self._who, scope, days, label, _limits(verbs, datasets))

    def rotate_token(self, token_id: str) -> IssuedToken:
        """The same token with another secret."""
        self._check_mine(token_id)
        return self._services.tokens.rotate(token_id)

    def revoke_token(self, token_id: str) -> Token:
        """Make a token useless from now on."""
        from workbench.governance.tokens import is_secret

        if not is_secret(token_id):  # whoever has found one may end it
            self._check_mine(token_id)
        return self._services.tokens.revoke(token_id)

    def _of(self, user: str | None) -> tuple[Token, ...]:
        found = self._services.tokens.list()
        return tuple(token for token in found if token.run_id is None and user in (None, token.principal.name))

    def _give_password(self, name: str, password: str) -> User:
        return self._services.users.change(name, password=password, beside=lambda: self._services.tokens.end_sessions(name))

    def _issue(self, who: Principal, scope: Literal["read", "write"], days: float | None, label: str, limits: Limits) -> IssuedToken:
        if days is not None and days <= 0:
            raise InvalidInput("A token holds for some time.", fix="Give more than 0 days; without days it does not expire.")
        if len(label) > _LABEL:
            raise InvalidInput(
                f"The label has {len(label):,} characters; {_LABEL} can be kept.", fix="Say what the token is for in a few words."
            )
        life = timedelta(days=days) if days is not None else None
        return self._services.tokens.issue(who, scope, ttl=life, name=label, limits=limits)

    def _check_mine(self, token_id: str) -> None:
        """What is somebody else's is not there, to who is no admin."""
        if not self._who.is_admin and token_id not in {token.id for token in self._of(self._who.name)}:
            raise NotFound(f"There is no token {redact(token_id)!r} of yours.", fix="`workbench tokens list --mine` shows their ids.")

    def _check(self, roles: Iterable[str]) -> None:
        check_roles(roles, self._services.access.policies.current()[1].every_role)


def _limits(verbs: tuple[str, ...], datasets: tuple[str, ...]) -> Limits:
    from fnmatch import filter as matching

    from workbench.app.protocol import NAMESPACES
    from workbench.app.verbs import verbs_of
    from workbench.governance.tokens import Limits, check_patterns

    check_patterns(verbs, datasets)
    known = [f"{noun}.{verb.name}" for noun, protocol in NAMESPACES.items() for verb in verbs_of(protocol)] if verbs else []
    for pattern in verbs:
        if not matching(known, pattern):
            meant = nearest(pattern, known)
            raise InvalidInput(
                f"No call is named {pattern!r}.",
                fix=f"Did you mean {meant}?" if meant else "`workbench verbs` lists them: query.run, or query.* for all of a kind.",
            )
    return Limits(verbs=verbs, datasets=datasets)
