"""JupyterLab's settings, without each extension's schema being checked anew for every page: most of the time that they took."""

from __future__ import annotations

import hashlib
import json
from typing import Any

__all__ = ["CheckedOnce", "check_schemas_once"]


class CheckedOnce:
    """A jsonschema validator class whose ``check_schema`` remembers what it has found well-formed."""

    def __init__(self, validator: Any) -> None:
        self._validator = validator
        self._known: set[bytes] = set()

    def __call__(self, schema: Any) -> Any:
        return self._validator(schema)

    def check_schema(self, schema: Any) -> None:
        """As the validator's; raises :class:`jsonschema.SchemaError` each time for what is not well-formed."""
        digest = hashlib.sha256(json.dumps(schema).encode()).digest()
        if digest not in self._known:
            self._validator.check_schema(schema)
            self._known.add(digest)


def check_schemas_once() -> None:
    """Let jupyterlab_server check each schema once. Where its code is not the one that we know, all stays as it is."""
    from jupyterlab_server import settings_utils

    validator: Any = getattr(settings_utils, "Validator", None)
    if validator is not None and not isinstance(validator, CheckedOnce):
        setattr(settings_utils, "Validator", CheckedOnce(validator))  # noqa: B010 - mypy: it is not exported
