"""What a browser shows: few pages without scripts, everything in them, every text escaped."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from starlette.responses import HTMLResponse

if TYPE_CHECKING:
    from workbench.core.principals import Principal
    from workbench.governance.tokens import Token

__all__ = ["account_page", "continue_page", "login_page", "page"]

_STYLE = """
:root { color-scheme: light dark; font: 14px/1.5 system-ui, sans-serif; }
main { max-width: 34rem; margin: 12vh auto 0; padding: 0 1rem; }
h1 { font-size: 1.3rem; font-weight: 600; } h2 { font-size: 1rem; margin-top: 2rem; }
label { display: block; margin: .8rem 0 .2rem; }
input, select, button { font: inherit; padding: .35rem .5rem; border: 1px solid #8888; border-radius: 3px; }
input { width: 100%; box-sizing: border-box; } form.line { display: flex; gap: .5rem; } form.line input { flex: 1; }
button { margin-top: 1rem; cursor: pointer; } form.line button { margin: 0; }
.wrong { border-left: 3px solid #c33; padding: .3rem .6rem; } .new { border-left: 3px solid #2a2; padding: .3rem .6rem; }
code { overflow-wrap: anywhere; } table { border-collapse: collapse; width: 100%; }
td, th { text-align: left; padding: .2rem .5rem .2rem 0; }
main.wide { max-width: 64rem; margin-top: 6vh; } .wide td, .wide th { padding-right: 1.2rem; vertical-align: top; }
.wide thead th { font-weight: 600; border-bottom: 1px solid #8886; } .wide tbody th { font-weight: 500; } .scroll { overflow-x: auto; }
.facts { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; }
dt { opacity: .7; } dd { margin: 0; overflow-wrap: anywhere; }
.status { white-space: nowrap; } .succeeded { color: #187a2f; } .failed, .lost { color: #c33; } .running { color: #1767b8; }
.bar { width: 14rem; max-width: 30vw; height: .9rem; background: #8882; border-radius: 2px; } .bar rect { fill: currentColor; }
@media (prefers-color-scheme: dark) { .succeeded { color: #6cc780; } .failed, .lost { color: #ff8a80; } .running { color: #7fb8f5; } }
"""
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_HEADERS = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_HASH}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    # With none at all a browser would not say which page a form was sent from.
    "Referrer-Policy": "same-origin",
}


def login_page(workspace: str, *, wrong: str = "", provider: str = "", passwords: bool = True, status: int = 200) -> HTMLResponse:
    """Name and password, and a way to an identity provider where there is one."""
    parts = [f'<p class="wrong" role="alert">{escape(wrong)}</p>' if wrong else ""]
    if provider:
        parts.append(f'<p><a href="oidc">Sign in with {escape(provider)}</a></p>')
    if passwords:
        parts.append(
            '<form method="post" action="login"><label for="name">Name</label>'
            '<input id="name" name="name" autocomplete="username" autocapitalize="none" required autofocus maxlength="200">'
            '<label for="password">Password</label>'
            '<input id="password" name="password" type="password" autocomplete="current-password" required maxlength="1000">'
            '<button type="submit">Sign in</button></form>'
        )
    return page(f"Sign in to {workspace}", "".join(parts), status)


def account_page(
    workspace: str, who: Principal, tokens: Sequence[Token], xsrf: str, url: str, *, made: str = "", wrong: str = ""
) -> HTMLResponse:
    """Who is signed in, how to connect, her tokens. ``made`` is a new one, shown this once."""
    hidden = f'<input type="hidden" name="xsrf" value="{escape(xsrf)}">'
    rows = "".join(
        f"<tr><td>{escape(token.name)}</td><td>{escape(token.scope)}</td><td>{_until(token)}</td>"
        f'<td><form method="post" action="revoke">{hidden}<input type="hidden" name="id" value="{escape(token.id)}">'
        f'<button type="submit">Revoke</button></form></td></tr>'
        for token in tokens
    )
    parts = [
        f"<p>Signed in as <strong>{escape(str(who))}</strong> ({escape(', '.join(who.roles) or 'without a role')}).</p>",
        f'<p class="wrong" role="alert">{escape(wrong)}</p>' if wrong else "",
        f'<p class="new">Your new token, shown this once:<br><code>{escape(made)}</code></p>' if made else "",
        "<h2>From your own machine</h2>",
        f"<p><code>workbench login {escape(url)}</code> there, then <code>export WORKBENCH_URL={escape(url)}</code>: "
        "<code>workbench.open()</code> in a notebook is this workspace.</p>",
        "<h2>Tokens for programs</h2>",
        f"<table><thead><tr><th>for</th><th>scope</th><th>until</th><th></th></tr></thead><tbody>{rows}</tbody></table>" if rows else "",
        f'<form class="line" method="post" action="token">{hidden}'
        '<input name="label" placeholder="What is it for?" aria-label="What is it for?" maxlength="100" required>'
        '<select name="scope" aria-label="Scope"><option>read</option><option>write</option></select>'
        '<select name="days" aria-label="Days"><option>7</option><option>30</option><option>90</option></select>'
        '<button type="submit">New token</button></form>',
        f'<form method="post" action="logout">{hidden}<button type="submit">Sign out</button></form>',
    ]
    return page(workspace, "".join(parts), 400 if wrong else 200)


def continue_page(to: str = "./", title: str = "Signed in") -> HTMLResponse:
    """A step of our own after somebody else's page: only from here on a browser sends a cookie that is for this site alone. ``to`` is an
    address that we have made."""
    where = escape(to)
    return page(title, f'<p><a href="{where}">Continue</a></p>', 200, f'<meta http-equiv="refresh" content="0;url={where}">')


def _until(token: Token) -> str:
    return token.expires_at.strftime("%Y-%m-%d") if token.expires_at else ""


def page(title: str, body: str, status: int, head: str = "", *, wide: bool = False) -> HTMLResponse:
    """A page with everything in it; ``body`` and ``head`` are HTML."""
    main = '<main class="wide">' if wide else "<main>"
    text = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">{head}'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>{main}<h1>{escape(title)}</h1>{body}</main></body></html>"
    )
    return HTMLResponse(text, status, headers=_HEADERS)
