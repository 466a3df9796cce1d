"""Durable execution: jobs, the worker that runs them, and the supervisor that keeps the processes alive."""

from workbench.jobs.paths import socket_path
from workbench.jobs.supervisor import down, state, up

__all__ = ["down", "socket_path", "state", "up"]
