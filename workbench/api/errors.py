"""The one JSON error shape, on everything that is not a success."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from workbench.app.arguments import refusal
from workbench.core.errors import InvalidInput, NotFound, TooLarge, WorkbenchError
from workbench.core.wording import in_words_of

__all__ = ["ErrorBody", "add_error_handlers", "error_response", "internal_error"]


class ErrorDetail(BaseModel):
    code: str
    message: str
    fix: str | None = None
    details: dict[str, Any] = {}


class ErrorBody(BaseModel):
    """What every refusal and failure looks like: ``fix`` says what to do about it."""

    error: ErrorDetail


class MethodNotAllowed(InvalidInput):
    code, status = "method_not_allowed", 405


def error_response(error: WorkbenchError, headers: dict[str, str] | None = None) -> JSONResponse:
    """The error as a response with its status."""
    extra = dict(headers or {})
    if error.status == 401:
        extra["WWW-Authenticate"] = "Bearer"
    if error.status in (429, 503):
        extra["Retry-After"] = str(error.details.get("retry_after", 1))
    return JSONResponse(in_words_of(error.to_body(), "rest"), status_code=error.status, headers=extra)


def internal_error(incident: str) -> JSONResponse:
    """What is told of a fault of ours: the number under which the log has the rest."""
    error = WorkbenchError(
        "Something went wrong inside the workbench.",
        fix=f"Try again; if it stays, tell who administers the workspace: its logs, `workbench logs`, have incident {incident}.",
        incident=incident,
    )
    return error_response(error)


def _from_validation(request: Request, raised: Exception) -> JSONResponse:
    assert isinstance(raised, RequestValidationError)
    return error_response(refusal(list(raised.errors()), beside=1))  # "body", "query" or "path" comes first


def _from_http(request: Request, raised: Exception) -> JSONResponse:
    assert isinstance(raised, HTTPException)
    if raised.status_code == 404:
        return error_response(NotFound(f"There is no {request.url.path}.", fix="/api/openapi.json lists what there is."))
    if raised.status_code == 405:
        error: WorkbenchError = MethodNotAllowed(f"{request.url.path} does not take {request.method}.", fix="See /api/openapi.json.")
        return error_response(error, dict(raised.headers or {}))
    if raised.status_code == 413:
        return error_response(TooLarge("The request is too large.", fix="Send less at once."))
    error = InvalidInput("The request cannot be read.", fix="/api/openapi.json says what this call takes.")
    return error_response(error)


def _from_workbench(request: Request, raised: Exception) -> JSONResponse:
    assert isinstance(raised, WorkbenchError)
    return error_response(raised)


def add_error_handlers(app: FastAPI) -> None:
    """Make every error of the app take our shape. What is not foreseen here is caught by the gate."""
    handlers: dict[type[Exception], Callable[[Request, Exception], JSONResponse]] = {
        WorkbenchError: _from_workbench,
        RequestValidationError: _from_validation,
        HTTPException: _from_http,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)
