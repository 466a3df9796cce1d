"""One notebook as a durable job: a pipeline of one step that is made for the run alone."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from workbench.core.config import Settings
from workbench.core.errors import InvalidInput, NotFound, nearest
from workbench.core.names import slug
from workbench.pipelines.injection import parameter_names, untaken_by
from workbench.pipelines.load import FILE_NAME, load_pipeline
from workbench.pipelines.parameters import check_kept, check_size
from workbench.pipelines.readable import text_of
from workbench.pipelines.reading import read_notebook
from workbench.pipelines.records import Pipeline

__all__ = ["check_parameters", "is_notebook", "path_of", "pipeline_of"]


@contextmanager
def pipeline_of(settings: Settings, path: str, params: Mapping[str, Any]) -> Iterator[tuple[Pipeline, Path]]:
    """The pipeline of a notebook, and a folder with its files while the block lasts: the notebook, and the Python modules beside it.

    It is called as the notebook's file is, with its ending, which no other pipeline can be.

    Raises
    ------
    NotFound
        There is no notebook at ``path`` (relative to the workspace's folder).
    InvalidInput
        It is no notebook, or does not take one of ``params``: see :func:`.injection.untaken_by`.
    """
    notebook = _found(settings, path)
    check_parameters(notebook, params)
    step = {"name": slug(notebook.stem), "notebook": notebook.name} | ({"params": dict(params)} if params else {})
    scratch = settings.state / "tmp"
    scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="notebook-", dir=scratch) as kept:
        import yaml

        folder = Path(kept)
        for file in (notebook, *notebook.parent.glob("*.py")):
            if file.is_file():
                shutil.copyfile(file, folder / file.name)
        (folder / FILE_NAME).write_text(yaml.safe_dump({"name": "notebook", "steps": [step]}, allow_unicode=True), encoding="utf-8")
        made = load_pipeline(folder / FILE_NAME, folder)
        where = notebook.parent.relative_to(settings.root.resolve()).as_posix()
        yield made.model_copy(update={"name": notebook.name, "folder": where}), folder


def is_notebook(job: str) -> bool:
    """Whether a job, or what a schedule runs, is a notebook's: a pipeline's name has no dot."""
    return job.endswith(".ipynb")


def path_of(settings: Settings, path: str) -> str:
    """A notebook's path below the workspace's folder, however it was written. Raises as :func:`pipeline_of`."""
    return _found(settings, path).relative_to(settings.root.resolve()).as_posix()


def _found(settings: Settings, path: str) -> Path:
    root = settings.root.resolve()
    found = (root / path).resolve()
    # What lies elsewhere, or is the workspace's own, is said to be nowhere.
    if not found.is_relative_to(root) or found.is_relative_to(settings.state.resolve()) or not found.is_file():
        raise NotFound(f"There is no notebook {path!r} in the workspace.", fix="Give its path below the workspace's folder.", field="path")
    if found.suffix != ".ipynb":
        raise InvalidInput(f"{path!r} is no notebook.", fix="Name a file that ends in .ipynb.", field="path")
    return found


def check_parameters(notebook: Path, params: Mapping[str, Any]) -> None:
    """Raises
    ------
    InvalidInput
        It is no notebook, or does not take one of ``params``: see :func:`.injection.untaken_by`.
    """
    try:
        read = read_notebook(text_of(notebook))
        untaken, known = untaken_by(read, params), parameter_names(read) or frozenset()
    except Exception as error:  # whatever is no notebook
        raise InvalidInput(f"{notebook.name} is not a notebook.", fix="Open it in JupyterLab, and save it.", field="path") from error
    for name in untaken:
        close = nearest(name, known)
        fix = f"Did you mean {close!r}?" if close else f"Give it a default in a cell tagged `parameters`: {name} = ..."
        raise InvalidInput(f"{notebook.name} has no parameter {name!r}.", fix=fix, parameter=name)
    check_size(params)
    check_kept(params)
