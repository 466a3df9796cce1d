"""Reading from S3: the httpfs extension out of its wheel (nothing is downloaded), credentials as a DuckDB secret."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.core.errors import MissingDependency
from workbench.engines.parser.text import literal

if TYPE_CHECKING:
    import duckdb

    from workbench.core.config import LakeSettings

__all__ = ["Access", "access_for", "allow_s3"]


@dataclass(frozen=True, repr=False)
class Access:
    """How to reach an S3 store. Handed to DuckDB as a secret, never written anywhere."""

    endpoint: str
    region: str
    key_id: str
    secret: str
    session_token: str = ""


def access_for(lake: LakeSettings) -> Access | None:
    """The access that the settings describe; None where the lake is not on S3.

    Keys that are not set are taken from ``AWS_ACCESS_KEY_ID``, ``AWS_SECRET_ACCESS_KEY`` and ``AWS_SESSION_TOKEN``, as PyIceberg does.
    """
    if not lake.warehouse.startswith("s3://"):
        return None
    if lake.s3_access_key_id is not None and lake.s3_secret_access_key is not None:
        keys = (lake.s3_access_key_id.get_secret_value(), lake.s3_secret_access_key.get_secret_value(), "")
    else:
        keys = (
            os.environ.get("AWS_ACCESS_KEY_ID", ""),
            os.environ.get("AWS_SECRET_ACCESS_KEY", ""),
            os.environ.get("AWS_SESSION_TOKEN", ""),
        )
    return Access(lake.s3_endpoint, lake.s3_region, *keys)


def allow_s3(connection: duckdb.DuckDBPyConnection, access: Access) -> None:
    """Let a connection that is not locked yet read from S3.

    Raises
    ------
    MissingDependency
        The extension is not installed.
    """
    try:
        import duckdb_extension_httpfs
    except ImportError as error:
        raise MissingDependency("DuckDB's httpfs extension is not installed.", fix="pip install 'workbench-lab[s3]'") from error
    folder = Path(duckdb_extension_httpfs.__file__).parent / "extensions"
    extension = next(folder.glob("*/httpfs.duckdb_extension"))
    connection.execute(f"LOAD {literal(str(extension))}")
    options = {"KEY_ID": access.key_id, "SECRET": access.secret, "REGION": access.region, "SESSION_TOKEN": access.session_token}
    if access.endpoint:
        scheme, _, host = access.endpoint.rpartition("://")
        options |= {"ENDPOINT": host.rstrip("/"), "URL_STYLE": "path", "USE_SSL": "false" if scheme == "http" else "true"}
    listed = ", ".join(f"{key} {literal(value)}" for key, value in options.items() if value)
    connection.execute(f"CREATE SECRET lake (TYPE s3, {listed})")
