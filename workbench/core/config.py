"""Settings: ``workbench.toml``, overridden by the environment, over defaults; each value knows where it came from.

A workspace is a folder with a ``workbench.toml``; its state lives below ``.workbench/`` beside that file, or where
``WORKBENCH_HOME`` says. Environment variables are named ``WORKBENCH_<SECTION>_<KEY>``, for example
``WORKBENCH_STORE_URL``. Secrets are read from the environment only and are never written to the file.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, ValidationInfo, field_validator

from workbench.core.clock import zone
from workbench.core.errors import AlreadyExists, FormatMismatch, InvalidInput, InvalidSetting, WorkspaceNotFound, nearest, unwritable
from workbench.core.resources import amount_shown, resources_of
from workbench.core.scratch import is_scratch, scratch_of

__all__ = [
    "FILE_NAME",
    "FORMAT",
    "RESTORING",
    "SettingSource",
    "Settings",
    "create_workspace_file",
    "find_root",
    "load_settings",
    "unknown_variables",
]

FORMAT = 1
FILE_NAME = "workbench.toml"
STATE_FOLDER = ".workbench"
#: In a state folder that a restore has not finished, with the number of its process.
RESTORING = "restoring"

SettingSource = Literal["default", "file", "environment"]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class WorkspaceSettings(_Section):
    name: str = Field("workbench", description="Shown in the title of panels and in back-ups.")
    timezone: str = Field("UTC", description="IANA zone in which times are shown and schedules run.")


class StoreSettings(_Section):
    url: str = Field("", description="Metadata database. Empty: SQLite below the state folder. Or postgresql+psycopg://...")


class LakeSettings(_Section):
    warehouse: str = Field("", description="Where table files live. Empty: the state folder. Or s3://bucket/prefix.")
    s3_endpoint: str = Field("", description="S3 server's URL, when it is not Amazon's.")
    s3_region: str = Field("us-east-1", description="S3 region.")
    s3_access_key_id: SecretStr | None = Field(None, description="Environment only.")
    s3_secret_access_key: SecretStr | None = Field(None, description="Environment only.")
    target_file_mb: int = Field(128, ge=1, le=4096, description="Size that writes and compaction aim for, in MB.")


class RetentionSettings(_Section):
    replay_days: float = Field(30, ge=0, description="Snapshots younger than this are kept, so that runs can be replayed.")
    min_snapshots: int = Field(5, ge=1, description="Snapshots that are always kept, whatever their age.")
    orphan_grace_hours: float = Field(24, ge=0, description="Files no snapshot knows are deleted after this long.")
    runs_days: float = Field(90, ge=0, description="Executed notebooks are kept this long after their run, which stays in the log.")
    statements_days: float = Field(90, ge=0, description="Texts of SQL that nothing has run for this long are erased.")
    undo_days: float = Field(7, ge=0, description="How long a dropped dataset can be brought back.")


class QuerySettings(_Section):
    memory_limit_mb: int = Field(0, ge=0, description="DuckDB's memory limit. 0: half of the machine's memory.")
    threads: int = Field(0, ge=0, description="DuckDB's threads. 0: all cores.")
    timeout_seconds: float = Field(300, gt=0, description="A statement that runs longer is stopped.")
    isolate: Literal["auto", "always", "never"] = Field(
        "auto", description="Statements run in a process of their own. auto: except in commands and pipeline steps, which end anyway."
    )
    cache: Literal["on", "off"] = Field("on", description="Results are kept on disk, for the same question over the same data.")
    cache_mb: int = Field(512, ge=0, le=1 << 20, description="Disk that kept results may take; those not asked for longest go first.")
    cache_hours: float = Field(24, gt=0, description="How long a result is kept.")
    ask_above: str = Field("", description="A statement that would read more than so much (10 GB) runs only when it is confirmed.")
    refuse_above: str = Field("", description="A statement that would read more than so much (100 GB) is refused.")
    bytes_a_day: str = Field("", description="What each person's statements may read a day (1 TB), but for answers that were kept.")
    seconds_a_day: float = Field(0, ge=0, description="How long each person's statements may run a day together. 0: without end.")
    row_limit: int = Field(
        10_000, ge=1, description="Rows that a panel or the API shows unless more are asked for (a cell: 500); the cut is said."
    )


class JobsSettings(_Section):
    url: str = Field("", description="Job database (DBOS). Empty: SQLite below the state folder.")
    concurrency: int = Field(2, ge=1, description="Jobs that one worker runs at once.")
    resources: dict[str, float] = Field(
        {},
        description="What steps can ask for: gpu, cpu and memory of each worker's machine, other names of the workspace. gpu=1 memory=8GB.",
    )
    sooner: Literal["admins", "everybody"] = Field(
        "admins", description="Who may give a run a turn before the one that its pipeline says (`--queue high`, `--priority`)."
    )
    run_files_mb: int = Field(
        100, ge=1, le=1 << 20, description="What a pipeline's files may have in all, which are kept with each run of it."
    )
    scratch_mb: int = Field(
        2048, ge=1, le=1 << 20, description="What the copies of datasets may have in a scratch that is made to look for what is wrong."
    )
    kernels_ready: int = Field(2, ge=0, le=64, description="Kernels that a worker keeps ready for steps. 0: each step starts its own.")
    heartbeat_seconds: float = Field(2, gt=0, description="How often a worker says that it lives.")
    dead_after_seconds: float = Field(
        5, gt=0, validate_default=True, description="A worker silent for this long is taken over. At least twice heartbeat_seconds."
    )

    @field_validator("dead_after_seconds")
    @classmethod
    def _longer_than_silence(cls, said: float, info: ValidationInfo) -> float:
        # Else a worker that lives, and says so, is taken over between two times that it does.
        beat = info.data.get("heartbeat_seconds", 0.0)
        if said < 2 * beat:
            raise ValueError(f"{said:g} is less than twice jobs.heartbeat_seconds, which is {beat:g}")
        return said

    @field_validator("resources", mode="before")
    @classmethod
    def _amounts(cls, said: Any) -> dict[str, float]:
        try:
            return resources_of(said)
        except InvalidInput as error:
            raise ValueError(error.message.rstrip(".")) from error


class TrackingSettings(_Section):
    url: str = Field("", description="MLflow's database or server. Empty: SQLite below the state folder.")


class ApiSettings(_Section):
    host: str = Field("127.0.0.1", description="Address of `workbench serve`. Anything but loopback needs HTTPS, or --insecure.")
    port: int = Field(8765, ge=0, le=65535, description="Port of `workbench serve`. 0: any free one.")
    max_upload_mb: int = Field(2048, ge=1, description="Largest file that can be uploaded.")


class ServeSettings(_Section):
    certificate: str = Field("", description="PEM file of the certificate and its chain: with it `workbench serve` speaks HTTPS.")
    key: str = Field("", description="File with the certificate's private key (PEM). Empty: it is in the same file.")
    public_url: str = Field(
        "", description="Address under which people reach `workbench serve`: that of a reverse proxy, say. Links to runs begin with it."
    )
    trusted_proxies: str = Field(
        "", description="Addresses or networks of reverse proxies, spaces between, whose X-Forwarded-For is believed."
    )
    session_hours: float = Field(12, gt=0, le=24 * 31, description="How long who signed in with a password stays signed in.")
    requests_per_second: float = Field(50, gt=0, description="Calls that each user may make in a second, in the long run.")
    burst: int = Field(200, ge=1, description="Calls that each user may make at once before that counts.")
    statements_each: int = Field(8, ge=1, description="Long calls (statements, loads) of each user that are carried out at once.")
    waiting_each: int = Field(24, ge=0, description="Long calls of each user that wait beside those.")


class OidcSettings(_Section):
    issuer: str = Field("", description="Identity provider (OpenID Connect) that people of `workbench serve` sign in with. Empty: none.")
    client_id: str = Field("", description="What the provider calls this server.")
    client_secret: SecretStr | None = Field(None, description="Environment only.")
    name: str = Field("single sign-on", description="What the provider is called on the page.")
    scopes: str = Field("openid profile email", description="What is asked of the provider.")
    user_claim: str = Field("preferred_username", description="Claim with the name by which a person is known here.")
    roles_claim: str = Field("groups", description="Claim with a person's groups; dots lead into it: realm_access.roles.")
    roles: str = Field("", description="Groups and the roles they give: lake-admins=admin readers=viewer,analyst. Others give none.")
    attributes: str = Field("", description="Attributes for row filters and the claims they are taken from: region=region team=department.")
    audience: str = Field("", description="Who signed tokens of programs must be for. Empty: none are taken.")
    ca: str = Field("", description="PEM file of who signed the provider's certificate. Empty: those whom everybody knows.")


class IngestSettings(_Section):
    allow_private_addresses: bool = Field(
        False, description="Whether files may be fetched from this machine and from private networks over http(s)."
    )
    max_download_mb: int = Field(10_240, ge=1, description="Largest file that is fetched from http(s) or S3.")
    database_timeout_seconds: float = Field(3600, gt=0, description="A statement to a connected database that runs longer is stopped.")
    database_hosts: str = Field(
        "", description="Servers that connections may name, as patterns (db.example.org *.internal) with spaces between. Empty: any."
    )
    watch_seconds: float = Field(5, gt=0, description="How often the worker looks into watched folders.")


class QualitySettings(_Section):
    gold_score: float = Field(
        0.8,
        ge=0,
        le=1,
        description="Score, of more than one dimension, from which a first load is a candidate for gold; a gold dataset's least score.",
    )
    silver_score: float = Field(0.5, ge=0, le=1, description="The same for silver.")


class GovernanceSettings(_Section):
    scan_loads: bool = Field(True, description="Whether columns that a load brings are looked at for personal data before they are there.")
    mask_unconfirmed: bool = Field(
        False, description="Whether a column that is likely to hold personal data counts as tagged before a person has confirmed it."
    )
    names_model: str = Field(
        "",
        description="A spaCy model (package or folder) that tells names of people beside the lists. Empty: none. Needs the extra `names`.",
    )


class NotificationsSettings(_Section):
    smtp_host: str = Field("", description="Mail server that notifications are sent by. Empty: none is sent by mail.")
    smtp_port: int = Field(587, ge=1, le=65535, description="Its port.")
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="starttls: encrypted after a greeting (port 587); tls: from the start (465); none: not at all."
    )
    smtp_user: str = Field("", description="The user that signs in to the mail server. Empty: nobody does.")
    smtp_password: SecretStr | None = Field(
        None, description="Environment only; or `workbench notifications mail-password`, which keeps it encrypted."
    )
    sender: str = Field("", description="Address that mail comes from. Empty: workbench@ this machine.")
    email_to: str = Field(
        "", description="Addresses or their servers (ada@example.org example.org *.example.org) that mail may go to. Empty: any."
    )
    gather_minutes: float = Field(
        5,
        ge=0,
        le=1440,
        description="What follows a mail, or a message to Slack, within so long is gathered in one. 0: each comes at once.",
    )
    allow_private_addresses: bool = Field(
        False, description="Whether webhooks may be on this machine and in private networks, and without HTTPS."
    )
    lab_url: str = Field("", description="Address of JupyterLab (https://lab.example.org) that links in messages lead to. Empty: no links.")


class LogSettings(_Section):
    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="Least severe message that is logged.")


class Settings(_Section):
    """All settings of one workspace, resolved. Paths below ``state`` are made on first use by who needs them."""

    root: Path = Field(description="Folder that holds workbench.toml: the person's project.")
    state: Path = Field(description="Folder of databases, lake, logs, sockets.")
    workspace: WorkspaceSettings = WorkspaceSettings()
    store: StoreSettings = StoreSettings()
    lake: LakeSettings = LakeSettings()
    retention: RetentionSettings = RetentionSettings()
    query: QuerySettings = QuerySettings()
    jobs: JobsSettings = JobsSettings()
    tracking: TrackingSettings = TrackingSettings()
    api: ApiSettings = ApiSettings()
    serve: ServeSettings = ServeSettings()
    oidc: OidcSettings = OidcSettings()
    ingest: IngestSettings = IngestSettings()
    quality: QualitySettings = QualitySettings()
    governance: GovernanceSettings = GovernanceSettings()
    notifications: NotificationsSettings = NotificationsSettings()
    log: LogSettings = LogSettings()
    sources: dict[str, SettingSource] = Field(default_factory=dict, description="'section.key' -> where the value came from.")

    @property
    def store_url(self) -> str:
        return self.store.url or f"sqlite:///{self.state / 'meta.db'}"

    @property
    def jobs_url(self) -> str:
        return self.jobs.url or f"sqlite:///{self.state / 'dbos.db'}"

    @property
    def tracking_url(self) -> str:
        return self.tracking.url or f"sqlite:///{self.state / 'mlflow.db'}"

    @property
    def warehouse(self) -> str:
        return self.lake.warehouse.rstrip("/") or (self.state / "lake").as_uri()

    def rows(self) -> list[tuple[str, str, SettingSource, str]]:
        """(name, value as shown, source, description) of every setting; secrets are shown as ``***``."""
        table = []
        for section, values in self:
            if not isinstance(values, _Section):
                continue
            for key, field in type(values).model_fields.items():
                value = getattr(values, key)
                shown = "***" if isinstance(value, SecretStr) else "" if value is None else str(value)
                if isinstance(value, dict):
                    shown = " ".join(f"{name}={amount_shown(amount).replace(' ', '')}" for name, amount in value.items())
                name = f"{section}.{key}"
                if name.endswith(".url"):
                    from workbench.core.telemetry import redact

                    shown = redact(shown)
                table.append((name, shown, self.sources.get(name, "default"), field.description or ""))
        return table


_SECTIONS: dict[str, type[_Section]] = {
    name: field.annotation
    for name, field in Settings.model_fields.items()
    if isinstance(field.annotation, type) and issubclass(field.annotation, _Section)
}


# Variables that are no settings: where the workspace is, who one is, and what processes tell their children.
_OTHER_VARIABLES = frozenset(
    f"WORKBENCH_{name}"
    for name in [
        "BRANCH",
        "CA",
        "CHROMIUM",
        "DEBUG",
        "FENCE",
        "FILES",
        "HOME",
        "LOCK_FD",
        "NOTEBOOK",
        "ROLE",
        "RUN_ID",
        "SOURCE",
        "STEP",
        "STEP_PARENT",
        "TEST_KEEP",
        "TEST_SCALE",
        "TOKEN",
        "URL",
        "WORKER",
        "WRITES_ANEW",
    ]
)


def unknown_variables(env: Mapping[str, str] | None = None) -> dict[str, str | None]:
    """Variables that look like settings and are none, with the nearest one that is.

    >>> unknown_variables({"WORKBENCH_QUERY_ROW_LIMITS": "5", "WORKBENCH_QUERY_ROW_LIMIT": "5", "HOME": "/"})
    {'WORKBENCH_QUERY_ROW_LIMITS': 'WORKBENCH_QUERY_ROW_LIMIT'}
    """
    env = os.environ if env is None else env
    known = {f"WORKBENCH_{section}_{key}".upper() for section, model in _SECTIONS.items() for key in model.model_fields}
    strange = [
        name
        for name in env
        if name.startswith("WORKBENCH_") and name not in known | _OTHER_VARIABLES and not name.startswith("WORKBENCH_BENCH_")
    ]
    return {name: nearest(name, known) for name in sorted(strange)}


def find_root(start: Path | None = None, env: Mapping[str, str] | None = None) -> Path:
    """The workspace folder: that of a scratch that one stands in, ``WORKBENCH_HOME``, or the nearest folder upwards with a
    ``workbench.toml``.

    Raises
    ------
    WorkspaceNotFound
        Neither is there.
    """
    env = os.environ if env is None else env
    if (scratch := scratch_of(start)) is not None:
        return scratch
    if env.get("WORKBENCH_HOME"):
        home = Path(env["WORKBENCH_HOME"]).expanduser().resolve()
        if not (home / FILE_NAME).is_file():
            raise WorkspaceNotFound(f"WORKBENCH_HOME points to {home}, which holds no {FILE_NAME}.", fix=f"Run: workbench init {home}")
        return home
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / FILE_NAME).is_file():
            return folder
    raise WorkspaceNotFound(f"There is no {FILE_NAME} in {here} or above it.", fix="Run `workbench init` in your project folder first.")


def create_workspace_file(root: Path, name: str) -> Path:
    """Write a minimal ``workbench.toml``; an existing one is left alone. Returns its path.

    The state folder gets a ``.gitignore`` of its own: keys and data never end in the person's repository.

    Raises
    ------
    AlreadyExists
        A restore into the folder is going on, or was killed.
    StorageUnavailable
        The folder cannot be written.
    """
    try:
        return _create_workspace_file(root, name)
    except OSError as error:
        raise unwritable(root, error) from error


def _create_workspace_file(root: Path, name: str) -> Path:
    if (root / STATE_FOLDER / RESTORING).exists():
        raise AlreadyExists(
            f"A restore into {root} has not finished.", fix=f"Run `workbench restore` again, or remove {root / STATE_FOLDER}."
        )
    root.mkdir(parents=True, exist_ok=True)
    ignore = root / STATE_FOLDER / ".gitignore"
    if not ignore.exists():
        ignore.parent.mkdir(mode=0o700, exist_ok=True)
        ignore.write_text("*\n", encoding="utf-8")
    path = root / FILE_NAME
    if not path.exists():
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        text = f'# Settings of this workspace; `workbench config` lists them all.\nformat = {FORMAT}\n\n[workspace]\nname = "{quoted}"\n'
        temporary = path.with_suffix(".toml.new")
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    return path


def _read_file(path: Path) -> dict[str, Any]:
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidSetting(f"{path} is not valid TOML: {error}.", fix="Correct that line; a section looks like [workspace].") from error
    except PermissionError as error:
        raise InvalidSetting(f"{path} may not be read.", fix="Open the workspace as the user that it belongs to.") from error
    found = data.pop("format", None)
    if found is None:
        raise InvalidSetting(f"{path} does not say its format.", fix=f"Add the line `format = {FORMAT}` at the top.")
    if found != FORMAT:
        newer = isinstance(found, int) and found > FORMAT
        raise FormatMismatch(
            f"{path} has format {found}; this version reads format {FORMAT}.",
            fix="Install a newer workbench." if newer else "Run `workbench upgrade`.",
            found=found,
            supported=FORMAT,
        )
    for section, values in data.items():
        if section not in _SECTIONS or not isinstance(values, dict):
            raise InvalidSetting(f"{path} has an unknown section [{section}].", fix=_hint(section, _SECTIONS))
        for key, value in values.items():
            field = _SECTIONS[section].model_fields.get(key)
            if field is None:
                raise InvalidSetting(f"{path} has an unknown setting {section}.{key}.", fix=_hint(key, _SECTIONS[section].model_fields))
            if "SecretStr" in str(field.annotation):
                variable = f"WORKBENCH_{section}_{key}".upper()
                raise InvalidSetting(f"{section}.{key} is a secret and has no place in {path}.", fix=f"Set {variable} in the environment.")
            if isinstance(value, dict | list) and not (isinstance(value, dict) and isinstance(field.default, dict)):
                raise InvalidSetting(f"{section}.{key} must be a plain value.", fix="Write key = value.")
    return data


def _hint(name: str, known: Mapping[str, Any]) -> str:
    close = nearest(name, known)
    return f"Did you mean {close!r}?" if close else f"Known: {', '.join(known)}."


def load_settings(root: Path | None = None, env: Mapping[str, str] | None = None) -> Settings:
    """Resolve the settings of the workspace at ``root`` (found with :func:`find_root` when None).

    Raises
    ------
    WorkspaceNotFound, InvalidSetting, FormatMismatch
        There is no workspace, a setting is unknown or wrong, or another version made it.
    """
    env = os.environ if env is None else env
    root = find_root(env=env) if root is None else root.expanduser().resolve()
    if is_scratch(root):
        env = {}  # what it names is another workspace's
    if not (root / FILE_NAME).is_file():
        raise WorkspaceNotFound(f"There is no {FILE_NAME} in {root}.", fix=f"Run: workbench init {root}")
    merged = _read_file(root / FILE_NAME)
    sources: dict[str, SettingSource] = {f"{s}.{k}": "file" for s, values in merged.items() for k in values}
    for section, model in _SECTIONS.items():
        for key in model.model_fields:
            variable = f"WORKBENCH_{section}_{key}".upper()
            if env.get(variable):
                merged.setdefault(section, {})[key] = env[variable]
                sources[f"{section}.{key}"] = "environment"
    try:
        settings = Settings(root=root, state=root / STATE_FOLDER, sources=sources, **merged)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        origin = sources.get(name, "default")
        where = f"WORKBENCH_{name.replace('.', '_').upper()}" if origin == "environment" else str(root / FILE_NAME)
        raise InvalidSetting(
            f"{name} is wrong: {first['msg'].removeprefix('Value error, ')}.", fix=f"Correct it in {where}.", setting=name, source=origin
        ) from error
    zone(settings.workspace.timezone)
    return settings
