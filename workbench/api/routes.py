"""One route for every verb there is, made from the Protocols: name, address, arguments, answer and documentation."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Body, Query, Request
from fastapi import Path as InPath
from fastapi.routing import APIRoute
from pydantic import TypeAdapter, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response, StreamingResponse

from workbench.api.arrow import read_stream
from workbench.api.auth import Authenticator, Caller
from workbench.api.backend import Backend
from workbench.api.errors import ErrorBody
from workbench.api.files import file_answer
from workbench.api.lanes import InThread, Lanes, LeftError
from workbench.api.listening import left, listened
from workbench.api.scopes import check_own, check_run, check_scope
from workbench.api.upload import Form, receive_file, receive_form, scratch_folder
from workbench.app.arguments import BODY, Arguments, annotation_of, arguments_model, refusal
from workbench.app.auditing import refused
from workbench.app.ipc import ARROW_STREAM, stream_of
from workbench.app.protocol import NAMESPACES
from workbench.app.verbs import Verb, verbs_of
from workbench.core.errors import Forbidden, InvalidInput
from workbench.core.telemetry import bind
from workbench.core.values import params_from_json
from workbench.governance.audit.acting import with_token
from workbench.governance.tokens import issued_until
from workbench.ingest.staging import Arrived
from workbench.query.dml.reading import Writing, writing
from workbench.query.export import MEDIA_TYPES
from workbench.runs.context import RunContext, use_context

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["verb_routes"]

_ERRORS: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": ErrorBody, "description": "Refused."},
    "5XX": {"model": ErrorBody, "description": "Failed."},
}
# Those that may take long for an answer that nobody waits for any more.
_STATEMENTS = frozenset({"query.run", "query.arrow", "query.export", "query.profile"})
Endpoint = Callable[..., Awaitable[Response]]
_NOBODY_WAITS = 499  # as servers write it into their logs; there is nobody to read it


def verb_routes(backend: Backend, authenticator: Authenticator) -> APIRouter:
    """The routes of all verbs."""
    router = APIRouter()
    serve = backend.settings.serve
    lanes = Lanes(serve.statements_each, serve.waiting_each)
    for noun, protocol in NAMESPACES.items():
        # What ends with a text that may have slashes takes whatever follows: others are asked before it.
        for verb in sorted(verbs_of(protocol), key=lambda verb: verb.path.endswith(f"{{{verb.any_text}}}")):
            _Route(backend, authenticator, lanes, noun, verb, inspect.getdoc(getattr(protocol, verb.name)) or "").add_to(router)
    return router


class _Rows(StreamingResponse):
    """A table as an Arrow stream. ``held``: bytes of memory that it takes until all of it is sent."""

    def __init__(self, table: pa.Table) -> None:
        super().__init__(stream_of(table), media_type=ARROW_STREAM)
        self.held = table.nbytes


class _Route:
    def __init__(self, backend: Backend, authenticator: Authenticator, lanes: Lanes, noun: str, verb: Verb, doc: str) -> None:
        self.backend, self.authenticator = backend, authenticator
        self.operation = f"{noun}.{verb.name}"
        self.lane = lanes.of(self.operation)
        self.noun = noun
        self.verb = verb
        self.doc = doc
        self.in_path = [p for p in verb.parameters if f"{{{p.name}}}" in verb.path]
        rest = [p for p in verb.parameters if p not in self.in_path and p.name != BODY.get(verb.transport)]
        self.model = arguments_model(f"{noun}_{verb.name}", verb, rest) if rest else None
        self.in_query = verb.transport == "arrow-in" or verb.method in ("GET", "DELETE")
        self.streams = verb.transport in ("arrow-out", "file-out")
        self.adapter: TypeAdapter[Any] | None = None if self.streams else TypeAdapter(verb.result)

    def add_to(self, router: APIRouter) -> None:
        router.add_api_route(
            f"/api{self.verb.path}".replace(f"{{{self.verb.any_text}}}", f"{{{self.verb.any_text}:path}}"),
            self._endpoint(),
            methods=[self.verb.method],
            operation_id=self.operation,
            name=self.operation,
            tags=[self.noun],
            summary=self.verb.summary,
            description=self.doc,
            response_class=StreamingResponse if self.streams else JSONResponse,
            response_model=None if self.streams else self.verb.result,
            responses={**_ERRORS, **self._streamed_answer()},
            openapi_extra=self._request_body(),
            route_class_override=self._admitting(),
        )

    def _admitting(self) -> type[APIRoute]:
        """A route that asks whether the caller may do this before it looks at what they sent: the shape of a call is nobody's business
        who may not make it."""
        admit = self._admit

        class Admitting(APIRoute):
            def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
                handle = super().get_route_handler()

                async def admitted(request: Request) -> Response:
                    await admit(request)
                    return await handle(request)

                return admitted

        return Admitting

    async def _admit(self, request: Request) -> None:
        caller: Caller = request.state.caller
        try:
            check_scope(caller, self.operation, self.verb)
            check_own(caller, self.operation, request.path_params)
            if caller.scope == "run":
                await run_in_threadpool(lambda: check_run(caller, self.operation, request.path_params, self.backend.log))
            if self.verb.transport in ("upload", "arrow-in") and not caller.principal.is_admin:
                # Before what is sent has come, which may be large.
                await run_in_threadpool(lambda: self.backend.services.view(caller.principal).check_loads())
        except Forbidden as error:
            await run_in_threadpool(self._tell, caller, error, dict(request.path_params))
            raise

    def _tell(self, caller: Caller, error: Forbidden, arguments: dict[str, Any]) -> None:
        with with_token(caller.token_id):
            refused(self.backend.services, caller.principal, self.operation, error, arguments)

    def _streamed_answer(self) -> dict[int | str, dict[str, Any]]:
        if not self.streams:
            return {}
        kinds = [ARROW_STREAM] if self.verb.transport == "arrow-out" else list(MEDIA_TYPES.values())
        description = "An Arrow IPC stream." if self.verb.transport == "arrow-out" else "A file."
        return {200: {"description": description, "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in kinds}}}

    def _request_body(self) -> dict[str, Any] | None:
        binary = {"type": "string", "format": "binary"}
        if self.verb.transport == "arrow-in":
            return {"requestBody": {"required": True, "content": {ARROW_STREAM: {"schema": binary}}}}
        if self.verb.transport == "upload":
            fields = self.model.model_json_schema()["properties"] if self.model is not None else {}
            schema = {"type": "object", "required": ["file"], "properties": {"file": binary, **fields}}
            return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}}
        return None

    def _endpoint(self) -> Endpoint:
        carry_out = {"upload": self._upload, "arrow-in": self._arrow_in}.get(self.verb.transport, self._plain)

        async def endpoint(request: Request, **given: Any) -> Response:
            arguments: dict[str, Any] = {p.name: given[p.name] for p in self.in_path}
            model = given.get("arguments")
            if model is not None:
                arguments.update((name, getattr(model, name)) for name in type(model).model_fields)
            try:
                # Before an upload is read: what is refused need not be sent.
                async with (
                    self.lane.admit(request.state.caller.principal.name, partial(left, request)) as in_thread,
                    listened(request) if self.operation in _STATEMENTS else nullcontext(),
                ):
                    answer = await carry_out(request, arguments, in_thread)
            except LeftError:
                return Response(status_code=_NOBODY_WAITS)
            if isinstance(answer, _Rows):
                request.state.held = answer.held
            return answer

        endpoint.__signature__ = self._signature()  # type: ignore[attr-defined]
        endpoint.__annotations__ = {}
        return endpoint

    def _signature(self) -> inspect.Signature:
        keyword = inspect.Parameter.KEYWORD_ONLY
        parameters = [inspect.Parameter("request", keyword, annotation=Request)]
        in_path = [(p.name, Annotated[annotation_of(self.verb, p), InPath()]) for p in self.in_path]
        parameters += [inspect.Parameter(name, keyword, annotation=annotation) for name, annotation in in_path]
        if self.model is not None and self.verb.transport != "upload":
            place = Query() if self.in_query else Body()
            annotation: Any = Annotated[self.model, place]
            needed = self.in_query or any(f.is_required() for f in self.model.model_fields.values())
            default: Any = inspect.Parameter.empty if needed else self.model()
            parameters.append(inspect.Parameter("arguments", keyword, annotation=annotation, default=default))
        return inspect.Signature(parameters)

    async def _plain(self, request: Request, arguments: dict[str, Any], in_thread: InThread) -> Response:
        return await in_thread(self._carry_out, request.state.caller, arguments)

    async def _arrow_in(self, request: Request, arguments: dict[str, Any], in_thread: InThread) -> Response:
        if request.headers.get("Content-Type", "").split(";")[0].strip().lower() != ARROW_STREAM:
            raise InvalidInput("Rows are taken as an Arrow IPC stream.", fix=f"Send Content-Type: {ARROW_STREAM}.")
        async with scratch_folder(self.backend.settings.state) as folder:
            path = folder / "rows.arrows"
            await receive_file(request, path)
            return await in_thread(self._write, request.state.caller, arguments, path)

    def _write(self, caller: Caller, arguments: dict[str, Any], path: Path) -> Response:
        most = self.backend.settings.api.max_upload_mb << 20
        return self._carry_out(caller, {**arguments, "data": read_stream(path, most, self.backend.services.engine)})

    async def _upload(self, request: Request, arguments: dict[str, Any], in_thread: InThread) -> Response:
        async with scratch_folder(self.backend.settings.state) as folder:
            form = await receive_form(request, folder)
            assert form.path is not None
            source = Arrived(form.path, form.content_hash)
            return await in_thread(self._carry_out, request.state.caller, {**arguments, **self._fields(form), "source": source})

    def _fields(self, form: Form) -> dict[str, Any]:
        try:
            model = (self.model or Arguments).model_validate(form.fields)
        except ValidationError as error:
            raise refusal(error.errors()) from error
        return {name: getattr(model, name) for name in type(model).model_fields}

    def _carry_out(self, caller: Caller, arguments: dict[str, Any]) -> Response:
        self.authenticator.check_waited(caller)
        context = RunContext(caller.run_id) if caller.run_id else None
        # What a statement is, only its reading tells; each verb that runs one asks there.
        may_write: Writing = {"read": "nothing", "run": "rows"}.get(caller.scope, "all")  # type: ignore[assignment]
        with (
            bind(principal=caller.principal.name),
            use_context(context),
            issued_until(caller.until),
            with_token(caller.token_id),
            writing(may_write),
        ):
            if self.noun == "query" and arguments.get("params") is not None:
                arguments = {**arguments, "params": params_from_json(arguments["params"])}
            namespace = getattr(self.backend.workspace_for(caller), self.noun)
            result = getattr(namespace, self.verb.name)(**arguments)
        if self.verb.transport == "file-out":
            return file_answer(result, arguments["format"])
        if self.adapter is None:
            return _Rows(result)
        return Response(self.adapter.dump_json(result, context={"face": "rest"}), media_type="application/json")
