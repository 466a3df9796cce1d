"""The faces of a workspace, each called in the same way: a verb by name, its arguments by name, JSON (or Arrow) back."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import sys
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pyarrow as pa
from pydantic import TypeAdapter

from workbench.app.local import LocalWorkspace
from workbench.app.protocol import NAMESPACES
from workbench.app.remote import RemoteWorkspace
from workbench.app.verbs import Verb, verbs_of
from workbench.cli.commands.verbs import COMMANDS
from workbench.core.config import Settings
from workbench.core.errors import WorkbenchError, from_body
from workbench.core.principals import local_principal
from workbench.core.records import Record
from workbench.governance.tokens import TokenService
from workbench.jobs.paths import socket_path
from workbench.store import Store

VERBS: dict[str, Verb] = {f"{noun}.{verb.name}": verb for noun, protocol in NAMESPACES.items() for verb in verbs_of(protocol)}
ARROW = "application/vnd.apache.arrow.stream"


def jsonable(value: Any) -> Any:
    if isinstance(value, io.IOBase):
        with value:
            return value.read().decode()
    return value if isinstance(value, pa.Table) else TypeAdapter(type(value)).dump_python(value, mode="json")


class Face(ABC):
    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @abstractmethod
    def call(self, name: str, arguments: dict[str, Any]) -> Any:
        """The result as JSON types, or an Arrow table; raises the workbench's error."""

    def close(self) -> None:  # noqa: B027 - most have nothing to end
        """End what was opened."""


class PythonLocal(Face):
    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.workspace: Any = LocalWorkspace(settings)
        token_of(settings)  # as the remote faces have one: all know the same tokens

    def call(self, name: str, arguments: dict[str, Any]) -> Any:
        noun, verb = name.split(".")
        return jsonable(getattr(getattr(self.workspace, noun), verb)(**arguments))

    def close(self) -> None:
        self.workspace.close()


def token_of(settings: Settings) -> str:
    store = Store(settings.store_url)
    store.migrate()
    secret = TokenService(store).issue(local_principal(), name="test").secret
    store.close()
    return secret


class PythonRemote(PythonLocal):
    def __init__(self, settings: Settings) -> None:
        Face.__init__(self, settings)
        self.workspace = RemoteWorkspace(f"http+unix://{quote(str(socket_path(settings)))}", token_of(settings))


class Rest(Face):
    """Plain HTTP, as a program in another language would speak it."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        transport = httpx.HTTPTransport(uds=str(socket_path(settings)))
        headers = {"Authorization": f"Bearer {token_of(settings)}"}
        self.client = httpx.Client(base_url="http://localhost", transport=transport, headers=headers, timeout=120)

    def call(self, name: str, arguments: dict[str, Any]) -> Any:
        verb = VERBS[name]
        # Dots alone lead to another address: some clients follow them before they ask.
        inside = {key: quote(str(value), safe="").replace("..", "%2E%2E") for key, value in arguments.items() if f"{{{key}}}" in verb.path}
        rest = {key: value for key, value in arguments.items() if key not in inside and value is not None}
        response = self._send(verb, f"/api{verb.path.format(**inside)}", rest)
        if not response.is_success:
            raise from_body(response.json(), response.status_code)
        if verb.transport == "arrow-out":
            return pa.ipc.open_stream(response.content).read_all()
        return response.text if verb.transport == "file-out" else response.json()

    def _send(self, verb: Verb, path: str, rest: dict[str, Any]) -> httpx.Response:
        if verb.transport == "upload":
            source = Path(rest.pop("source"))
            with source.open("rb") as stream:
                return self.client.post(
                    path, data={k: str(v).lower() if isinstance(v, bool) else v for k, v in rest.items()}, files={"file": stream}
                )
        if verb.transport == "arrow-in":
            sink = io.BytesIO()
            with pa.ipc.new_stream(sink, rest["data"].schema) as writer:
                writer.write_table(rest.pop("data"))
            return self.client.request(verb.method, path, params=rest, content=sink.getvalue(), headers={"Content-Type": ARROW})
        if verb.method in ("GET", "DELETE"):
            return self.client.request(verb.method, path, params={k: list(v) if isinstance(v, tuple) else v for k, v in rest.items()})
        return self.client.request(verb.method, path, json=json.loads(TypeAdapter(dict[str, Any]).dump_json(rest)))

    def close(self) -> None:
        self.client.close()


class CommandLine(Face):
    """The command line's own code, in this process: its start is measured elsewhere."""

    def __init__(self, settings: Settings, scratch: Path) -> None:
        super().__init__(settings)
        self.scratch = scratch
        token_of(settings)

    def call(self, name: str, arguments: dict[str, Any]) -> Any:
        words = command_of(name, dict(arguments), self.scratch)
        arrow = VERBS[name].transport == "arrow-out"
        target = self.scratch / "rows.arrow"
        if arrow:
            words += ["-o", str(target)]
        file = VERBS[name].transport == "file-out"
        if file:
            words += ["-o", str(target)]
        code, out, err = run(["-C", str(self.settings.root), *words, *([] if arrow or file else ["--json"])])
        if file and not code:
            return target.read_text()
        if code and not out:
            raise _error_of(code, err, arrow)
        return pa.ipc.open_file(target).read_all() if arrow else json.loads(out)


def _error_of(code: int, err: str, arrow: bool) -> WorkbenchError:
    last = err.strip().splitlines()[-1]
    if not arrow:
        return from_body(json.loads(last))
    raise AssertionError(f"exit {code}: {err}")


def run(words: list[str]) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of the command line."""
    from workbench.cli.root import run as run_cli

    out, err = io.TextIOWrapper(io.BytesIO(), encoding="utf-8"), io.StringIO()
    code = 0
    before = list(sys.argv)
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            run_cli(words)
        except SystemExit as end:
            code = int(end.code or 0)
        finally:
            sys.argv = before
            out.flush()
    return code, out.buffer.getvalue().decode(), err.getvalue()  # type: ignore[attr-defined]


_POSITIONAL = {
    "catalog.search": ["query"],
    "query.run": ["sql"],
    "query.arrow": ["sql"],
    "query.export": ["sql"],
    "query.stop": ["ticket"],
    "query.explain": ["sql"],
    "query.estimate": ["sql"],
    "query.validate": ["sql"],
    "query.profile": ["sql"],
    "query.writable": ["name"],
    "query.history": [],
    "query.statement": ["run_id"],
    "query.share": ["run_id"],
    "query.diff": ["first", "second"],
    "query.metrics": [],
    "query.complete": ["sql", "position"],
    "query.ingest": ["source"],
    "datasets.create_branch": ["name", "branch"],
    "datasets.create_tag": ["name", "tag"],
    "datasets.delete_ref": ["name", "ref"],
    "datasets.rollback": ["name", "snapshot_id"],
    "datasets.rename": ["name", "new_name"],
    "datasets.publish": ["names"],
    "datasets.write": ["name", "data"],
    "quality.failing": ["name", "check"],
    "quality.expect": ["name", "expectation"],
    "quality.remove": ["name", "expectation_id"],
    "recipes.preview": ["name", "recipe"],
    "recipes.apply": ["name", "recipe"],
    "runs.list": [],
    "runs.get": ["run_id"],
    "runs.events": ["run_id"],
    "runs.notebook": ["run_id"],
    "runs.cancel": ["run_id"],
    "pipelines.approve": ["run_id"],
    "pipelines.reject": ["run_id"],
    "pipelines.run_notebook": ["path"],
    "pipelines.repair": ["run_id"],
    "pipelines.preview_repair": ["run_id"],
    "pipelines.rerun": ["run_id"],
    "pipelines.replay": ["run_id"],
    "pipelines.debug": ["run_id", "step"],
    "pipelines.diff": ["first", "second"],
    "pipelines.status": ["name", "run_id"],
    "pipelines.add_step": ["name", "step", "sql"],
    "pipelines.preview_step": ["name", "step", "sql"],
    "pipelines.draft": ["path"],
    "schedules.list": [],
    "schedules.presets": [],
    "schedules.add": ["pipeline", "cron"],
    "schedules.preview": ["cron"],
    "schedules.backfill": ["name", "start", "end"],
    "schedules.preview_backfill": ["name", "start", "end"],
    "schedules.cancel_backfill": ["id"],
    "notifications.list": [],
    "notifications.read": ["ids"],
    "notifications.settings": [],
    "notifications.subscribe": ["events"],
    "notifications.unsubscribe": ["number"],
    "notifications.connect": ["channel"],
    "notifications.disconnect": ["channel"],
    "notifications.quiet": ["start", "end"],
    "notifications.test": ["channel"],
    "notifications.mail_password": [],
    "system.events": [],
    "ingest.stage": ["source"],
    "ingest.preview": ["source"],
    "ingest.start": ["source"],
    "ingest.load": ["source"],
    "ingest.report": ["run_id"],
    "ingest.forget": ["id"],
    "sources.connect": ["name", "kind", "options"],
    "sources.watch": ["source"],
    "sources.look": ["id"],
    "sources.unwatch": ["id"],
    "compliance.policy": [],
    "compliance.audit_log": [],
    "compliance.verify_audit": [],
    "compliance.archive_audit": [],
    "compliance.check": ["text"],
    "compliance.apply": ["text"],
    "compliance.scan": ["what"],
    "compliance.findings": ["what"],
    "compliance.confirm": ["ids"],
    "compliance.reject": ["ids"],
    "compliance.remediate": ["id"],
    "compliance.clear": ["name", "column", "tag"],
    "compliance.release": ["name", "source"],
    "compliance.withdraw": ["name", "source"],
    "users.issue_token": ["name"],
    "users.revoke_token": ["token_id"],
    "users.rotate_token": ["token_id"],
    "users.set_password": ["name"],
    "users.change_password": [],
    "users.new_token": [],
    "users.my_tokens": [],
    "catalog.list": [],
    "catalog.search_by_column": ["column"],
    "catalog.storage": ["path"],
    "catalog.tag": ["name", "tag"],
    "catalog.untag": ["name", "tag"],
    "catalog.define_term": ["term", "definition"],
    "catalog.delete_term": ["term"],
    "catalog.link_term": ["name", "term"],
    "catalog.unlink_term": ["name", "term"],
    "catalog.edits": [],
    "catalog.schema_compare": ["name", "a", "b"],
}
_EXTRA = {"datasets.expire": ["--yes"], "ingest.discard": ["--yes"]}


def command_of(name: str, arguments: dict[str, Any], scratch: Path) -> list[str]:
    """What a person would type for a verb with these arguments."""
    words = COMMANDS[name].removesuffix(" -o FILE").split()
    positional: list[str] = []
    if "text" in arguments:
        (scratch / "policy.yaml").write_text(arguments["text"], encoding="utf-8")
        arguments["text"] = str(scratch / "policy.yaml")
    if "draft" in arguments:
        (scratch / "draft.yaml").write_text(arguments["draft"], encoding="utf-8")
        arguments["draft"] = str(scratch / "draft.yaml")
    for key in _POSITIONAL.get(name, ["name"]):
        if key in arguments:
            value = arguments.pop(key)
            if isinstance(value, pa.Table):
                value = _as_file(value, scratch)
            if isinstance(value, Record):
                value = value.model_dump_json()  # JSON is YAML
            if isinstance(value, dict):
                value = tuple(f"{option}={given}" for option, given in value.items())
            positional += [str(v) for v in value] if isinstance(value, tuple) else [str(value)]
    options: list[str] = []
    if arguments.get("secret"):
        secret = scratch / "secret.txt"
        secret.write_text(arguments.pop("secret"))
        options += ["--secret-file", str(secret)]
    for key in ("current", "password"):
        if key in arguments:
            secret = scratch / f"{key}.txt"
            secret.write_text(arguments.pop(key))
            options += [f"--{key}-file", str(secret)]
    if "corrections" in arguments:
        words, corrections = words[:1], arguments.pop("corrections")
        options += ["--import", str(_as_csv(corrections, scratch))]
    for key, value in arguments.items():
        options += _option(name, key, value)
    return [*words, *positional, *options, *_EXTRA.get(name, [])]


def _as_file(table: pa.Table, scratch: Path) -> Path:
    path = scratch / "data.arrow"
    with pa.ipc.new_file(str(path), table.schema) as writer:
        writer.write_table(table)
    return path


def _as_csv(corrections: tuple[Any, ...], scratch: Path) -> Path:
    path = scratch / "corrected.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, ["_id", *corrections[0].row])
        writer.writeheader()
        writer.writerows({"_id": correction.id, **correction.row} for correction in corrections)
    return path


def _load_options(given: Any) -> list[str]:
    words = [word for name in ("name", "zone", "mode") for word in (f"--{name}", getattr(given, name)) if getattr(given, name)]
    columns = given.reading.columns if given.reading else ()
    return [*words, *(word for column in columns for word in ("--type", f"{column.original}={column.type}"))]


def _option(name: str, key: str, value: Any) -> list[str]:
    if value is None:
        return []
    if key == "params":
        return [word for pair in value.items() for word in ("-p", f"{pair[0]}={json.dumps(pair[1])}")]
    if key == "options":
        return _load_options(value)
    if key == "roles":
        return [word for each in value for word in ("--role", each)]
    if key == "attributes":
        return [word for k, v in value.items() for word in ("--set", f"{k}={','.join(v) if isinstance(v, tuple) else v}")]
    if key == "kind" and name == "users.add":
        return ["--service"] if value == "service" else []
    if key in ("verbs", "datasets"):
        return [word for each in value for word in (f"--{key[:-1]}", each)]
    if key == "ids":
        return [word for each in value for word in ("--id", each)]
    if key == "wait":
        return [] if value else ["--detach"]
    if key == "direction":
        return [] if value == "both" else [f"--{value}"]
    if key in ("about", "channels"):
        return [word for each in value for word in (f"--{key}", each)]
    if key in ("columns", "keys", "needs", "steps"):
        return [f"--{key}", ",".join(value)] if value else []
    if name == "pipelines.draft" and key == "changes":
        return [word for each in value for word in ("--change", each.model_dump_json())]
    if key == "changes":
        forms = {"add": "{0}:{1}", "widen": "{0}:{1}", "rename": "{0}={2}", "drop": "{0}"}
        return [word for c in value for word in (f"--{c.action}", forms[c.action].format(c.column, c.type, c.new_name))]
    if isinstance(value, bool):
        return [f"--{key}"] if value else []
    return [f"--{'at' if key == 'snapshot_id' else key.replace('_', '-')}", str(value)]
