"""The certificate that the server shows: looked at before it listens, taken up again when it is renewed."""

from __future__ import annotations

import ssl
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.core.errors import InvalidSetting
from workbench.core.telemetry import get_logger

if TYPE_CHECKING:
    from workbench.core.config import Settings

__all__ = ["Certificate", "certificate_of"]

_LOOK_SECONDS = 30.0

log = get_logger("api")


@dataclass(frozen=True)
class Certificate:
    """Files of a certificate with its chain, and of its private key."""

    chain: Path
    key: Path

    def load(self, context: ssl.SSLContext) -> None:
        """Show it from the next connection on. Raises OSError (ssl.SSLError is one) where it cannot be used."""
        context.load_cert_chain(self.chain, self.key, password=_no_password)

    def stamp(self) -> tuple[int, ...]:
        """What changes when a file is replaced."""
        return tuple(number for path in (self.chain, self.key) for number in (path.stat().st_mtime_ns, path.stat().st_ino))

    def follow(self, context: ssl.SSLContext, stopping: threading.Event) -> None:
        """Take up a renewed certificate, until ``stopping``; a broken one is logged, and the old one stays."""
        known = self.stamp()
        while not stopping.wait(_LOOK_SECONDS):
            try:
                if (found := self.stamp()) != known:
                    self.load(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))  # whether both files fit, before anybody is shown one of them
                    self.load(context)
                    known = found
                    log.info("the certificate was renewed")
            except OSError as error:
                log.warning("the renewed certificate cannot be used", extra={"reason": str(error)})


def certificate_of(settings: Settings) -> Certificate | None:
    """The certificate that the settings name; None without one.

    Raises
    ------
    InvalidSetting
        It cannot be used.
    """
    serve = settings.serve
    if not serve.certificate:
        if serve.key:
            raise InvalidSetting("serve.key is set without serve.certificate.", fix="Set both, or neither.")
        return None
    chain = settings.root / serve.certificate
    found = Certificate(chain, settings.root / serve.key if serve.key else chain)
    try:
        found.load(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))
    except OSError as error:
        reason = error.strerror if not isinstance(error, ssl.SSLError) else error.reason
        raise InvalidSetting(
            f"The certificate cannot be used: {reason}.",
            fix="serve.certificate and serve.key name PEM files that belong together, without a password.",
        ) from error
    return found


def _no_password() -> str:
    # Else OpenSSL would ask at the terminal, and wait.
    return ""
