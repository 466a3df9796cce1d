"""The Python form of a pipeline: it is said in Python, written as ``pipeline.yaml``, and from there it is one like any other.

>>> from workbench import Pipeline
>>> flights = Pipeline("flights", owner="ada", tags=["daily"])
>>> flights.parameter("month", "int", default=1, minimum=1, maximum=12)
>>> clean = flights.notebook("clean", retries=3, retry_wait="30s")
>>> daily = flights.sql("daily", output="gold.daily", needs=[clean], params={"rows": clean["rows"]})
>>> print(flights.yaml.splitlines()[-1])
    rows: '{{ clean.rows }}'
"""

from __future__ import annotations

import inspect
import secrets
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from workbench.core.errors import AlreadyExists, InvalidInput, WorkbenchError

if TYPE_CHECKING:
    from workbench.jobs.queues import Queue
    from workbench.pipelines.records import Condition, StepMode, WorkingFolder, Writes
    from workbench.pipelines.records import Pipeline as Record

__all__ = ["Pipeline", "StepSaid"]

_FIRST = "# Written from Python; what is changed here is lost when it is written again.\n"


@dataclass(frozen=True)
class StepSaid:
    """A step, for ``needs`` of others; ``step["rows"]`` is what it gives under a name, for their ``params``."""

    name: str

    def __getitem__(self, output: str) -> str:
        return f"{{{{ {self.name}.{output} }}}}"


class _Common(TypedDict, total=False):
    """What a step of any kind may say, as in the YAML; durations are seconds or texts such as ``15m``."""

    needs: Sequence[StepSaid | str]
    when: Condition
    timeout: float | str
    description: str


class _Work(_Common, total=False):
    """What a step may say that does something."""

    params: dict[str, Any]
    retries: int
    retry_wait: float | str
    resources: dict[str, float | str]


class Pipeline:
    """A pipeline that is being said. Whether all of it is right is told when it is written, with the field of the YAML."""

    def __init__(
        self,
        name: str,
        *,
        description: str = "",
        owner: str | None = None,
        tags: Sequence[str] = (),
        queue: Queue = "normal",
        priority: int = 0,
        most_runs: int | None = None,
        writes: Writes = "together",
        files: Sequence[str] = (),
        ignore: Sequence[str] = (),
        working_folder: WorkingFolder = "pipeline",
    ) -> None:
        facts: dict[str, Any] = {"name": name, "description": description, "owner": owner, "tags": list(tags), "priority": priority}
        facts |= {"queue": queue if queue != "normal" else None, "limits": {"runs": most_runs} if most_runs is not None else None}
        facts |= {"writes": writes if writes != "together" else None, "files": list(files), "ignore": list(ignore)}
        facts |= {"working_folder": working_folder if working_folder != "pipeline" else None}
        self._top = {key: value for key, value in facts.items() if value not in (None, "", [], 0)}
        self._parameters: list[dict[str, Any]] = []
        self._steps: list[dict[str, Any]] = []

    @property
    def name(self) -> str:
        return str(self._top["name"])

    def parameter(self, name: str, type: str, **said: Any) -> None:
        """A parameter; ``said`` are ``default``, ``required``, ``description``, ``choices``, ``minimum`` and ``maximum``."""
        self._parameters.append({"name": name, "type": type, **said})

    def notebook(self, name: str, notebook: str | None = None, **said: Unpack[_Work]) -> StepSaid:
        """A step that is a notebook (``<name>.ipynb`` where none is named)."""
        return self._step(name, said, notebook=notebook or f"{name}.ipynb")

    def sql(
        self,
        name: str,
        sql: str | None = None,
        *,
        output: str | None = None,
        mode: StepMode | None = None,
        key: Sequence[str] = (),
        **said: Unpack[_Work],
    ) -> StepSaid:
        """A step that is an SQL file (``<name>.sql`` where none is named)."""
        return self._step(name, said, sql=sql or f"{name}.sql", output=output, mode=mode, key=list(key))

    def function(self, name: str, function: str | Callable[..., Any], **said: Unpack[_Work]) -> StepSaid:
        """A step that is a Python function: ``report.py:tell``, or the function itself, of a file in the pipeline's folder.

        Raises
        ------
        InvalidInput
            It is no function that a file defines at its top level.
        """
        return self._step(name, said, function=function if isinstance(function, str) else _named(function))

    def approval(self, name: str, by: Sequence[str], message: str = "", **said: Unpack[_Common]) -> StepSaid:
        """A step that waits until one of those has decided: roles, and people as ``user:ada``."""
        return self._step(name, said, approve={"by": list(by)} | ({"message": message} if message else {}))

    def _step(self, name: str, said: Any, **kind: Any) -> StepSaid:
        entry: dict[str, Any] = {"name": name, **kind, **said}
        entry["needs"] = [each.name if isinstance(each, StepSaid) else each for each in entry.get("needs", ())]
        self._steps.append({key: value for key, value in entry.items() if value not in (None, "", [], {})})
        return StepSaid(name)

    @property
    def yaml(self) -> str:
        """The text of its ``pipeline.yaml``."""
        import yaml

        data = {**self._top, **({"parameters": self._parameters} if self._parameters else {}), "steps": self._steps}
        return str(yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=120))

    def write(self, folder: str | Path, *, replace: bool = False) -> Record:
        """Write ``pipeline.yaml`` into its folder, where its notebooks and files are already; returns the pipeline. What is to be known of
        it, though it runs as it is, is said as a ``UserWarning``.

        Parameters
        ----------
        replace
            Also over a file that was not written from Python, whose comments are lost.

        Raises
        ------
        InvalidInput
            Something in it is wrong; the message names the field. The file is as it was.
        AlreadyExists
            There is a file that was written by hand.
        """
        from workbench.pipelines.load import FILE_NAME, load_pipeline
        from workbench.pipelines.untaken import warnings_of

        path = Path(folder).resolve() / FILE_NAME
        if path.exists() and not replace and not path.read_text(encoding="utf-8").startswith(_FIRST):
            raise AlreadyExists(f"There is a {FILE_NAME} that was not written from Python.", fix="Pass `replace=True` to lose it.")
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_name(f".{FILE_NAME}.{secrets.token_hex(4)}")
        try:
            new.write_text(_FIRST + self.yaml, encoding="utf-8")
            load_pipeline(new, path.parent)
            new.replace(path)
        except WorkbenchError as error:
            error.message = error.message.replace(new.name, FILE_NAME)
            raise
        finally:
            new.unlink(missing_ok=True)
        found = load_pipeline(path, path.parent)
        for told in warnings_of(path.parent, found):
            warnings.warn(told, stacklevel=2)
        return found

    @classmethod
    def read(cls, folder: str | Path) -> Pipeline:
        """What a folder's ``pipeline.yaml`` says, to go on with in Python.

        Raises
        ------
        InvalidInput, UnreadableFile
            Something in it is wrong, or it is not there.
        """
        from workbench.pipelines.load import FILE_NAME, load_pipeline

        found = load_pipeline(Path(folder).resolve() / FILE_NAME, Path(folder).resolve())
        top = {
            name: getattr(found, name)
            for name in ("description", "owner", "tags", "queue", "priority", "most_runs", "writes", "files", "ignore", "working_folder")
        }
        made = cls(found.name, **top)
        made._parameters = [each.model_dump(mode="json", exclude_defaults=True) for each in found.parameters]
        made._steps = [each.model_dump(mode="json", exclude_defaults=True) for each in found.steps]
        return made


def _named(function: Callable[..., Any]) -> str:
    file, name = inspect.getsourcefile(function), getattr(function, "__qualname__", "")
    if file is None or not name.isidentifier():
        raise InvalidInput(f"{function!r} is no function of a file's top level.", fix="Write it as a text: 'report.py:tell'.")
    return f"{Path(file).name}:{name}"
