"""A kernel that was started beforehand, managed as jupyter_client manages those that it starts."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from contextlib import suppress
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.provisioner_base import KernelProvisionerBase

from workbench.jobs.processes import Process, kill_group
from workbench.pipelines.forkserver import Waiting

__all__ = ["adopt", "told"]

_LONGEST_LOG = 1 << 20
_POLL_SECONDS = 0.05


class _Provisioner(KernelProvisionerBase):  # type: ignore[misc]
    """Of a process that is somebody else's child: it is asked for by its number."""

    process: Process | None = None

    @property
    def has_process(self) -> bool:
        return self.process is not None

    @property
    def pid(self) -> int | None:
        return None if self.process is None else self.process.pid

    async def poll(self) -> int | None:
        return None if self.process is not None and self.process.alive() else 1

    async def wait(self) -> int | None:
        while await self.poll() is None:
            await asyncio.sleep(_POLL_SECONDS)
        self.process = None
        return 0

    async def send_signal(self, signum: int) -> None:
        if self.process is not None and self.process.alive():
            kill_group(self.process.pid, signum)

    async def kill(self, restart: bool = False) -> None:
        await self.send_signal(signal.SIGKILL)

    async def terminate(self, restart: bool = False) -> None:
        await self.send_signal(signal.SIGTERM)

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        raise RuntimeError("it was started beforehand")

    async def cleanup(self, restart: bool = False) -> None:
        return None


async def adopt(kernel: Waiting, environment: dict[str, str], folder: str, modules: list[str]) -> AsyncKernelManager | None:
    """Begin a kernel that waits; None where it has ended."""
    loop = asyncio.get_running_loop()
    kernel.socket.setblocking(False)
    order = {"environment": environment, "folder": folder, "modules": modules}
    try:
        # The byte that it sends is awaited before its connection file is read.
        ready = await loop.sock_recv(kernel.socket, 1)
        await loop.sock_sendall(kernel.socket, json.dumps(order).encode() + b"\n")
    except OSError:
        ready = b""
    kernel.socket.close()
    process = Process.of(kernel.pid) if ready else None
    if process is None:
        return None
    manager = AsyncKernelManager(transport="ipc", connection_file=kernel.connection_file)
    manager.load_connection_file()
    manager.provisioner = _Provisioner(parent=manager)
    manager.provisioner.process = process
    return manager


def told(kernel: Waiting) -> None:
    """Say on standard error what the kernel wrote beside its messages."""
    with suppress(OSError), kernel.log.open("rb") as log:
        size = os.fstat(log.fileno()).st_size
        log.seek(max(0, size - _LONGEST_LOG))
        sys.stderr.buffer.write(log.read())
        sys.stderr.flush()
