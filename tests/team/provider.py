"""A small identity provider: real HTTP, real keys, the authorization code flow with PKCE. A test says who is signed in there."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT, SECRET = "workbench-client", "s3cret-of-the-client"


class IdentityProvider:
    def __init__(self) -> None:
        self.keys: dict[str, rsa.RSAPrivateKey] = {}
        self.codes: dict[str, dict[str, Any]] = {}
        self.claims: dict[str, Any] = {}
        self.asked: list[str] = []
        #: What an id_token says beside, or instead; ``key`` signs it.
        self.instead: dict[str, Any] = {}
        self.new_key("first")
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                outer.asked.append(parts.path)
                if parts.path == "/.well-known/openid-configuration":
                    self._json(outer.metadata())
                elif parts.path == "/keys":
                    self._json({"keys": [outer.published(name) for name in outer.keys]})
                elif parts.path == "/authorize":
                    self.send_response(302)
                    self.send_header("Location", outer.authorized({k: v[0] for k, v in parse_qs(parts.query).items()}))
                    self.end_headers()
                else:
                    self._json({}, 404)

            def do_POST(self) -> None:
                outer.asked.append(self.path)
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                self._json(*outer.redeemed({k: v[0] for k, v in parse_qs(body).items()}))

            def _json(self, value: Any, status: int = 200) -> None:
                raw = json.dumps(value).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            def log_message(self, *_: Any) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.http.shutdown()
        self.http.server_close()

    def new_key(self, name: str) -> None:
        self.keys[name] = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def metadata(self) -> dict[str, str]:
        places = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
        return {"issuer": self.issuer} | {name: f"{self.issuer}/{path}" for name, path in places.items()}

    def published(self, name: str) -> dict[str, Any]:
        return jwt.algorithms.RSAAlgorithm.to_jwk(self.keys[name].public_key(), as_dict=True) | {"kid": name, "alg": "RS256", "use": "sig"}

    def authorized(self, given: dict[str, str]) -> str:
        assert (given["client_id"], given["response_type"], given["code_challenge_method"]) == (CLIENT, "code", "S256"), given
        code = secrets.token_urlsafe(16)
        self.codes[code] = given
        return f"{given['redirect_uri']}?{urlencode({'code': code, 'state': given['state']})}"

    def redeemed(self, given: dict[str, str]) -> tuple[dict[str, Any], int]:
        asked = self.codes.pop(given["code"], None)  # once
        challenge = base64.urlsafe_b64encode(hashlib.sha256(given["code_verifier"].encode()).digest()).decode().rstrip("=")
        right = asked and asked["code_challenge"] == challenge and asked["redirect_uri"] == given["redirect_uri"]
        if not asked or not right or given.get("client_secret") != SECRET:
            return {"error": "invalid_grant"}, 400
        return {"access_token": "x", "token_type": "Bearer", "id_token": self.signed(nonce=asked["nonce"])}, 200

    def signed(self, key: str = "first", algorithm: str = "RS256", headers: dict[str, Any] | None = None, **claims: Any) -> str:
        moment = int(time.time())
        every = {"iss": self.issuer, "aud": CLIENT, "iat": moment, "exp": moment + 300} | self.claims | claims | self.instead
        every = {name: value for name, value in every.items() if value is not None}
        return jwt.encode(every, self.keys[key], algorithm=algorithm, headers={"kid": key} | (headers or {}))
