"""Every route of the OpenAPI document, with a request that would be carried out if it were let in."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

MISSING = "silver.nothing_here"


#: What addresses name; whatever else is an id.
KNOWN = {"name": MISSING, "ref": "dev", "term": "margin"}


@dataclass(frozen=True)
class Call:
    operation: str
    method: str
    path: str
    given: dict[str, Any] = field(default_factory=dict, hash=False)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def calls(document: dict[str, Any]) -> list[Call]:
    """One call for each operation that asks who calls, with addresses filled in and a body of the declared kind."""
    found = [Call("openapi", "GET", "/api/openapi.json")]
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if operation.get("security") == []:
                continue
            filled = re.sub(r"\{(\w+)\}", lambda found: KNOWN.get(found[1], "0190"), path)
            given: dict[str, Any] = {}
            content = operation.get("requestBody", {}).get("content", {})
            if "application/json" in content:
                given["json"] = {"sql": "select 1", "names": [MISSING], "branch": "dev"}
            elif "multipart/form-data" in content:
                given["files"] = {"file": ("a.csv", b"a\n1\n")}
            elif content:
                given["content"] = b"rows"
                given["headers"] = {"Content-Type": next(iter(content))}
            found.append(Call(operation["operationId"], method.upper(), filled, given))
    return found


def is_ours(answer: Any) -> bool:
    """Whether a refusal has the one JSON shape, tells nothing of our insides, and carries the security headers."""
    body = answer.json()
    error = body["error"]
    shaped = set(body) == {"error"} and set(error) == {"code", "message", "fix", "details"} and error["message"]
    quiet = "Traceback" not in answer.text and "site-packages" not in answer.text
    return bool(shaped and quiet and answer.headers["X-Content-Type-Options"] == "nosniff" and "Set-Cookie" not in answer.headers)
