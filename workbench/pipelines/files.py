"""Files of a pipeline, changed so that it is whole at every moment."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Callable, Collection
from contextlib import suppress
from pathlib import Path

from workbench.core.config import Settings
from workbench.core.errors import AlreadyExists, WorkbenchError
from workbench.pipelines.load import FILE_NAME, load_pipeline
from workbench.pipelines.records import Pipeline

__all__ = ["Files"]


class Files:
    """The files of one change. The YAML changes last, in one move, and what it names is there by then: whenever this is ended, the
    pipeline is the old one or the new one.

    Parameters
    ----------
    name
        Of the step's file.
    others
        Files of the other steps.
    own
        The file that the step had until now.
    ahead
        Called once, just before the pipeline becomes the new one; where it raises, the pipeline stays the old one.
    """

    def __init__(
        self, settings: Settings, folder: Path, name: str, others: Collection[str], own: str | None, ahead: Callable[[], None] | None = None
    ) -> None:
        self._settings, self._folder, self._others, self._own, self._ahead = settings, folder, others, own, ahead
        self._target = folder / name

    def write(self, sql: str, text: Callable[[str], str]) -> Pipeline:
        """Write the statements, and the pipeline whose ``text`` names a file with them.

        Raises
        ------
        AlreadyExists
            The file is somebody else's.
        InvalidInput
            The new pipeline would be none; everything is as it was.
        """
        target = self._target
        taken = target.is_symlink() or target.exists()
        if taken and not self._is_ours(sql):
            raise AlreadyExists(
                f"There is a file {target.name} in the pipeline's folder already.", fix="Choose another name for the step.", field="step"
            )
        said = text(target.name)
        if taken and self._own == target.name:
            return self._over(sql, text)
        made = not self._folder.exists()
        self._folder.mkdir(parents=True, exist_ok=True)
        _write(target, sql)
        try:
            done = self._switch(said)
            if self._is_aside and self._own not in self._others:
                (self._folder / str(self._own)).unlink(missing_ok=True)
            return done
        except Exception:
            if not taken:
                target.unlink()
            if made:
                with suppress(OSError):
                    self._folder.rmdir()
            raise

    @property
    def _is_aside(self) -> bool:
        """Whether the step was left at the file that :meth:`_over` makes in between."""
        return self._own is not None and re.fullmatch(rf"{re.escape(self._target.stem)}-\d+\.sql", self._own) is not None

    def _is_ours(self, sql: str) -> bool:
        """Whether the file that is there may be written over: the step's own, or left by a change that was ended half-way."""
        target = self._target
        if target.name in self._others:
            return False
        if self._own == target.name or self._is_aside:
            return True
        return target.is_file() and not target.is_symlink() and target.read_bytes() == sql.encode()

    def _over(self, sql: str, text: Callable[[str], str]) -> Pipeline:
        """The file that the pipeline names now is written over only while it names another with the same words."""
        target = self._target
        aside = next(path for number in range(2, 10_000) if not (path := target.with_name(f"{target.stem}-{number}.sql")).exists())
        _write(aside, sql)
        try:
            self._switch(text(aside.name))
        except Exception:
            aside.unlink()
            raise
        _write(target, sql)
        done = self._switch(text(target.name))
        aside.unlink()
        return done

    def _switch(self, text: str) -> Pipeline:
        """Make a text the pipeline's, if it is one of a pipeline."""
        new = self._folder / f".{FILE_NAME}.{secrets.token_hex(4)}"
        path = self._folder / FILE_NAME
        try:
            _fill(new, text)
            load_pipeline(new, self._settings.root)
            if self._ahead is not None:
                self._ahead()
                self._ahead = None
            new.replace(path)
        except WorkbenchError as error:
            error.message = error.message.replace(new.name, FILE_NAME)
            error.details |= {"field": _argument(str(error.details.get("field") or "")), "file": str(path.relative_to(self._settings.root))}
            raise
        finally:
            new.unlink(missing_ok=True)
        _keep(self._folder)
        return load_pipeline(path, self._settings.root)


def _argument(field: str) -> str:
    """Which argument a field of the YAML came from."""
    if field.startswith("parameters"):
        return "params"
    last = field.rpartition(".")[2]
    return {"steps": "needs", "key": "keys", "": "name"}.get(last, last)


def _write(path: Path, text: str) -> None:
    """Write a file as a whole, or not at all."""
    new = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        _fill(new, text)
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)


def _fill(path: Path, text: str) -> None:
    with path.open("xb") as file:
        file.write(text.encode())
        file.flush()
        os.fsync(file.fileno())


def _keep(folder: Path) -> None:
    """Have the folder's new names outlive a failure of the machine."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
