"""Real kernels, started by jupyter_client from the specs of this repository."""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager

import workbench
from workbench.core.config import create_workspace_file

KERNELS = Path(__file__).parents[2] / "kernels"


@dataclass
class Cell:
    """What a cell gave: its reply, and what it published."""

    reply: dict[str, Any]
    outputs: list[dict[str, Any]] = field(default_factory=list)

    @property
    def text(self) -> str:
        parts = [o["text"] if "text" in o else o.get("data", {}).get("text/plain", "") for o in self.outputs]
        return "\n".join([*parts, *("\n".join(o["traceback"]) for o in self.outputs if "traceback" in o)])

    @property
    def html(self) -> str:
        return "\n".join(o.get("data", {}).get("text/html", "") for o in self.outputs)


@dataclass
class LiveKernel:
    manager: KernelManager
    client: Any

    def run(self, code: str, cell_id: str | None = None, timeout: float = 120) -> Cell:
        message = self.client.session.msg("execute_request", {"code": code, "silent": False, "store_history": True, "stop_on_error": True})
        if cell_id:
            message["metadata"] = {"cellId": cell_id}
        self.client.shell_channel.send(message)
        return self.collect(message["header"]["msg_id"], timeout)

    def collect(self, wanted: str, timeout: float = 120) -> Cell:
        outputs = []
        while True:
            message = self.client.get_iopub_msg(timeout=timeout)
            if message["parent_header"].get("msg_id") != wanted:
                continue
            if message["msg_type"] in ("execute_result", "display_data", "error", "stream"):
                outputs.append(message["content"])
            if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                break
        while True:
            reply = self.client.get_shell_msg(timeout=timeout)
            if reply["parent_header"].get("msg_id") == wanted:
                return Cell(reply["content"], outputs)

    def stop(self) -> None:
        """Shut it down as Jupyter does, and wait for its end."""
        if self.manager.has_kernel:
            self.client.stop_channels()
            self.manager.shutdown_kernel(now=False)

    def ask(self, method: str, *args: Any) -> dict[str, Any]:
        wanted = getattr(self.client, method)(*args)
        while True:
            reply = self.client.get_shell_msg(timeout=120)
            if reply["parent_header"].get("msg_id") == wanted:
                return dict(reply["content"])


@pytest.fixture(scope="session")
def specs(tmp_path_factory: pytest.TempPathFactory) -> KernelSpecManager:
    """The kernel specs of this repository, installed where only these tests look."""
    folder = tmp_path_factory.mktemp("jupyter") / "kernels"
    for name in ("lake-python", "lake-sql"):
        shutil.copytree(KERNELS / name, folder / name)
    return KernelSpecManager(kernel_dirs=[str(folder)], ensure_native_kernel=False)


@contextlib.contextmanager
def kernels(specs: KernelSpecManager, root: Path, scratch: Path) -> Iterator[Callable[..., LiveKernel]]:
    """Starts a kernel, in the workspace's folder if no other is said; all are shut down at the end."""
    started: list[LiveKernel] = []

    def begin(name: str, cwd: Path = root, **env: str) -> LiveKernel:
        manager = KernelManager(kernel_name=name, kernel_spec_manager=specs)
        paths = os.pathsep.join([str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")]).strip(os.pathsep)
        environment = {**os.environ, "PYTHONPATH": paths, "IPYTHONDIR": str(scratch / "ipython"), **env}
        manager.start_kernel(cwd=str(cwd), env=environment)
        client = manager.client()
        client.start_channels()
        client.wait_for_ready(timeout=120)
        started.append(LiveKernel(manager, client))
        return started[-1]

    try:
        yield begin
    finally:
        for kernel in started:
            kernel.stop()


@pytest.fixture
def start(specs: KernelSpecManager, root: Path, tmp_path: Path) -> Iterator[Callable[..., LiveKernel]]:
    """Starts a kernel in the workspace's folder."""
    with kernels(specs, root, tmp_path) as begin:
        yield begin


def fill(ws: Any) -> None:
    rows = [("UA", 5, 100 + i) for i in range(140)] + [("AA", None, 7), ("<b>&", 1, 8)]
    columns = list(zip(*rows, strict=True))
    table = pa.table({"carrier": pa.array(columns[0]), "dep_delay": pa.array(columns[1], pa.int64()), "distance": pa.array(columns[2])})
    ws.datasets.write("silver.flights", table, "create")
    ws.datasets.write("silver.airlines", pa.table({"carrier": ["UA", "AA"], "name": ["United", "American"]}), "create")


@pytest.fixture
def flights(root: Path) -> Any:
    """A workspace with two small datasets."""
    with workbench.open(root) as ws:
        fill(ws)
        yield ws


@pytest.fixture(scope="session")
def shared(specs: KernelSpecManager, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], LiveKernel]]:
    """One kernel of each kind in a workspace with the two datasets, for tests that change neither."""
    folder = tmp_path_factory.mktemp("shared")
    create_workspace_file(folder / "project", "shared")
    with workbench.open(folder / "project") as ws:
        fill(ws)
    with kernels(specs, folder / "project", folder) as begin:
        yield functools.cache(begin)


@pytest.fixture
def python(shared: Callable[[str], LiveKernel]) -> Iterator[LiveKernel]:
    """A Python kernel that others use, too, without the variables they have made."""
    kernel = shared("lake-python")
    yield kernel
    kernel.run("%reset_selective -f ^(?!ws$)")


@pytest.fixture
def sql(shared: Callable[[str], LiveKernel]) -> LiveKernel:
    """An SQL kernel that others use, too."""
    return shared("lake-sql")
