"""A workspace behind a URL: the verbs of :mod:`workbench.app.protocol`, spoken over HTTP.

The classes are made from the Protocols, so a new verb needs nothing here.
"""

from __future__ import annotations

import functools
import inspect
import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from workbench.app.arguments import check_arguments
from workbench.app.credentials import kept
from workbench.app.protocol import NAMESPACES
from workbench.app.remote_ingest import RemoteIngest
from workbench.app.verbs import Verb, verb_named, verbs_of
from workbench.app.wire import Wire, shown
from workbench.app.workspace import LineageSugar, PipelineSugar, Workspace

if TYPE_CHECKING:
    from workbench.jobs.queues import Queue
    from workbench.pipelines.records import PipelineRun, Source
    from workbench.runs.records import Run

__all__ = ["RemoteWorkspace"]

_POLL = 0.3


class RemoteWorkspace(Workspace):
    """The workspace that an API serves.

    Parameters
    ----------
    url
        ``http://host:port``, ``https://host/base`` or ``http+unix:///path/to/api.sock``.
    token
        Sent as a bearer token to that address and to no other. None: ``WORKBENCH_TOKEN``, or what `workbench login` kept for it.
    """

    def __init__(self, url: str, token: str | None = None) -> None:
        given, refresh = token or os.environ.get("WORKBENCH_TOKEN") or None, ""
        if given is None and (found := kept(url)) is not None:
            given = found["token"]
        if token is None and "WORKBENCH_TOKEN" not in os.environ and not url.startswith("http+unix"):
            refresh = f"Sign in: workbench login {shown(url)}"
        self._wire = Wire(url, given, refresh)
        for noun in NAMESPACES:
            setattr(self, noun, _namespace(noun)(self._wire))

    @property
    def address(self) -> str:
        return self._wire.shown

    def close(self) -> None:
        """Close the connections; the workspace opens new ones when it is used again."""
        self._wire.close()

    def __enter__(self) -> RemoteWorkspace:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


class _RemoteNamespace:
    def __init__(self, wire: Wire) -> None:
        self._wire = wire


class _RemotePipelines(PipelineSugar):
    """Waiting is done here, a short call at a time: a proxy on the way would cut one long call."""

    def run(
        self, name: str, params: dict[str, Any] | None = None, wait: bool = False, queue: Queue | None = None, priority: int | None = None,
        version: int | None = None,
    ) -> PipelineRun:  # fmt: skip
        """Start it on the durable queue; ``wait`` returns when it has ended."""
        return self._ended(self._run(name, params, False, queue, priority, version), wait)  # type: ignore[attr-defined]

    def repair(
        self,
        run_id: str,
        params: dict[str, Any] | None = None,
        steps: tuple[str, ...] | None = None,
        source: Source = "pinned",
        dependents: bool = True,
        wait: bool = False,
    ) -> PipelineRun:
        """Carry a run that has ended out again, from the steps that failed, or from some, with those that need them."""
        return self._ended(self._repair(run_id, params, steps, source, dependents, False), wait)  # type: ignore[attr-defined]

    def rerun(self, run_id: str, params: dict[str, Any] | None = None, source: Source = "pinned", wait: bool = False) -> PipelineRun:
        """A new run with the parameters and the files of an earlier one, or with the files as they are now."""
        return self._ended(self._rerun(run_id, params, source, False), wait)  # type: ignore[attr-defined]

    def replay(self, run_id: str, wait: bool = False) -> Run:
        """Carry a past run out once more, on the snapshots that it read, in a place that is thrown away."""
        return self._over(self._replay(run_id, False), wait)  # type: ignore[attr-defined]

    def debug(self, run_id: str, step: str | None = None, wait: bool = False) -> Run:
        """Make a place to look for what is wrong with a step."""
        return self._over(self._debug(run_id, step, False), wait)  # type: ignore[attr-defined]

    def run_notebook(self, path: str, params: dict[str, Any] | None = None, wait: bool = False) -> PipelineRun:
        """Run one notebook of the workspace, as it is now, on the durable queue."""
        return self._ended(self._run_notebook(path, params, False), wait)  # type: ignore[attr-defined]

    def _over(self, found: Run, wait: bool) -> Run:
        while wait and not found.ended_at:
            time.sleep(_POLL)
            found = self._wire.call(verb_named(NAMESPACES["runs"], "get"), {"run_id": found.id})  # type: ignore[attr-defined]
        return found

    def _ended(self, started: PipelineRun, wait: bool) -> PipelineRun:
        return self.wait(started.run.job, started.run.id) if wait else started


_MIXINS: dict[str, tuple[type, ...]] = {"lineage": (LineageSugar,), "pipelines": (_RemotePipelines,), "ingest": (RemoteIngest,)}


@functools.cache
def _namespace(noun: str) -> type[_RemoteNamespace]:
    protocol = NAMESPACES[noun]
    mixins = _MIXINS.get(noun, ())
    methods: dict[str, Any] = {"__doc__": protocol.__doc__}
    for verb in verbs_of(protocol):
        taken = noun == "pipelines" and verb.name in vars(_RemotePipelines)
        methods[f"_{verb.name}" if taken else verb.name] = _method(verb, getattr(protocol, verb.name))
    return type(f"Remote{protocol.__name__.removesuffix('Verbs')}", (*mixins, _RemoteNamespace), methods)


def _method(verb: Verb, declared: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(declared)
    def call(self: _RemoteNamespace, *args: Any, **kwargs: Any) -> Any:
        bound = verb.signature.bind(*args, **kwargs)
        bound.apply_defaults()
        return self._wire.call(verb, check_arguments(verb, dict(bound.arguments)))

    del call.__wrapped__, call.__verb__  # type: ignore[attr-defined]
    this = inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY)
    call.__signature__ = verb.signature.replace(parameters=[this, *verb.parameters])  # type: ignore[attr-defined]
    return call
