"""JupyterLab as ``workbench lab`` starts it: ``python -m workbench.jupyter.lab FD ARGUMENTS...``, its token read from descriptor FD.

The environment would hand the token on to every kernel and terminal, and a command line can be read by every user of the machine.
"""

from __future__ import annotations

import os
import sys
from typing import Any

from jupyter_server import serverapp
from jupyterlab.labapp import LabApp
from traitlets import default
from traitlets.config import Config

__all__ = ["main"]


class ServerApp(serverapp.ServerApp):  # type: ignore[misc]
    """Jupyter's, by the same name in logs. notebook_shim looks at every attribute of it, and with them at one that warns."""

    @default("token")
    def _deprecated_token_access(self) -> str:
        return str(self.identity_provider.token)


class _Lab(LabApp):  # type: ignore[misc]
    """Only starts the server; the server then loads JupyterLab's own class."""

    serverapp_class = ServerApp
    token = ""

    @classmethod
    def get_extension_package(cls) -> str:
        return str(LabApp.get_extension_package())

    @classmethod
    def make_serverapp(cls, **options: Any) -> Any:
        # The weakest configuration: what the person set in a file or on the command line wins.
        return super().make_serverapp(config=Config({"IdentityProvider": {"token": cls.token}}), **options)


def main() -> None:
    descriptor = int(sys.argv.pop(1))
    with os.fdopen(descriptor, encoding="utf-8") as stream:
        _Lab.token = stream.read()
    _Lab.launch_instance()


if __name__ == "__main__":
    main()
