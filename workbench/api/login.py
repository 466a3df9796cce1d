"""`POST /api/login` and `/api/logout`: a name and a password for a session, by programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Body, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from workbench.api.errors import ErrorBody
from workbench.api.rates import Rates
from workbench.core.errors import Unavailable
from workbench.governance.sign_in import Session

if TYPE_CHECKING:
    from workbench.api.address import Addresses
    from workbench.api.auth import Caller
    from workbench.api.backend import Backend

__all__ = ["LOGIN", "SignIn", "login_routes"]

LOGIN = "/api/login"
_AT_ONCE = 2  # each takes 128 MB for a moment
_WAITING = 32
# Of one address; what is beyond is refused before anything is looked up or written down.
_EACH_SECOND, _BURST = 1.0, 30


class _Credentials(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    name: str = Field(max_length=200)
    password: str = Field(max_length=1_000)


class _Ended(BaseModel):
    ended: bool


class SignIn:
    """Signs people in, on threads of its own, and not too many at a time: who only tries keeps nobody waiting who is in."""

    def __init__(self, backend: Backend, addresses: Addresses) -> None:
        self._backend, self._addresses = backend, addresses
        self._threads = CapacityLimiter(_AT_ONCE)
        self._rates = Rates(_EACH_SECOND, _BURST)

    async def with_password(self, request: Request, name: str, password: str) -> Session:
        """Raises as :meth:`workbench.governance.sign_in.SignInService.sign_in` does, and Unavailable where many wait."""
        address = self._addresses.of(request.scope)
        self._rates.check(address)
        if self._threads.statistics().tasks_waiting >= _WAITING:
            raise Unavailable("Many people sign in at this moment.", fix="Try again in a few seconds.")
        return await to_thread.run_sync(self._backend.services.sign_in.sign_in, name, password, address, limiter=self._threads)

    async def end(self, token_id: str) -> None:
        """End a session."""
        await to_thread.run_sync(self._backend.tokens.revoke, token_id)


def login_routes(sign_in: SignIn) -> APIRouter:
    """The two routes. The first is the only one of the API that nobody needs to be known for."""
    router = APIRouter()
    errors: dict[int | str, dict[str, object]] = {"4XX": {"model": ErrorBody}}

    @router.post(LOGIN, operation_id="login", tags=["users"], responses=errors, openapi_extra={"security": []})
    async def login(request: Request, given: Annotated[_Credentials, Body()]) -> Session:
        """A session for a name and a password: its token, and until when it holds."""
        return await sign_in.with_password(request, given.name, given.password)

    @router.post("/api/logout", operation_id="logout", tags=["users"], responses=errors)
    async def logout(request: Request, response: Response) -> _Ended:
        """End the session that this request came with; a token that is none stays as it is."""
        caller: Caller = request.state.caller
        if caller.token_id is None or not caller.session:
            return _Ended(ended=False)
        await sign_in.end(caller.token_id)
        return _Ended(ended=True)

    return router
