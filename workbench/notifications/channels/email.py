"""By SMTP."""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
from email.message import EmailMessage
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from workbench.core.errors import Forbidden, InvalidInput
from workbench.core.tls import client_context
from workbench.notifications.channels.outcome import NotNow, Refused
from workbench.notifications.message import Message, as_text

if TYPE_CHECKING:
    from workbench.core.config import NotificationsSettings

__all__ = ["checked_email", "send_email"]

_SECONDS = 20.0
_ADDRESS = re.compile(r"[^\s@,;:<>()\[\]\"\\]{1,64}@[A-Za-z0-9.-]{1,253}")
_NOT_IN_A_HEADER = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]+")


def checked_email(address: str, settings: NotificationsSettings) -> str:
    """An address that messages may go to.

    Raises
    ------
    InvalidInput, Forbidden
        It is none, or ``notifications.email_to`` does not name it.
    """
    found = address.strip()
    if not _ADDRESS.fullmatch(found):
        raise InvalidInput("That is no e-mail address.", fix="Such as ada@example.org.", field="address")
    allowed, server = settings.email_to.replace(",", " ").lower().split(), found.lower().partition("@")[2]
    if allowed and not any(fnmatchcase(each, pattern) for pattern in allowed for each in (found.lower(), server)):
        fix = f"notifications.email_to names those that are: {', '.join(allowed)}."
        raise Forbidden("Mail to that address is not sent from here.", fix=fix)
    return found


def send_email(message: Message, to: str, id: str, settings: NotificationsSettings, password: str | None) -> None:
    """Send one mail. Its ``Message-ID`` is made of ``id``, so that one that comes twice is known to be the same.

    Raises
    ------
    NotNow, Refused
        The server does not answer or takes nothing now; or it will never take it.
    """
    if not settings.smtp_host:
        raise Refused("no mail server is set (notifications.smtp_host)")
    mail = EmailMessage()
    sender = settings.sender or f"workbench@{socket.gethostname() or 'localhost'}"
    domain = sender.rpartition("@")[2].rstrip(">") or "localhost"
    mail["Subject"] = _NOT_IN_A_HEADER.sub(" ", message.title)[:200]
    mail["From"], mail["To"] = sender, to
    mail["Date"], mail["Message-ID"] = message.at, f"<{id}@{domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(as_text(message).encode("utf-8", "replace").decode())
    try:
        with _connected(settings) as server:
            if settings.smtp_user:
                server.login(settings.smtp_user, password or "")
            server.send_message(mail)
    except smtplib.SMTPAuthenticationError:
        raise NotNow("the mail server does not take the user and password") from None
    except smtplib.SMTPRecipientsRefused as error:
        raise _answered(max(code for code, _ in error.recipients.values())) from None
    except smtplib.SMTPResponseException as error:
        raise _answered(error.smtp_code) from None
    except smtplib.SMTPNotSupportedError:
        raise NotNow("the mail server does not do what the settings say (TLS, signing in)") from None
    except ssl.SSLError:
        raise NotNow("the mail server's certificate is not believed, or it speaks no TLS there") from None
    except (smtplib.SMTPException, OSError):
        raise NotNow("the mail server does not answer") from None


def _connected(settings: NotificationsSettings) -> smtplib.SMTP:
    context = client_context()
    if settings.smtp_security == "tls":
        return smtplib.SMTP_SSL(settings.smtp_host, settings.smtp_port, timeout=_SECONDS, context=context)
    server = smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=_SECONDS)
    if settings.smtp_security == "starttls":
        try:
            server.starttls(context=context)
        except BaseException:
            server.close()
            raise
    return server


def _answered(code: int) -> Refused | NotNow:
    # Its words may quote addresses.
    return Refused(f"the mail server refuses it ({code})") if code >= 500 else NotNow(f"the mail server answers {code}", everybody=False)
