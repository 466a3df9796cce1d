"""Whether a file is a notebook that a step can run: told before anything runs, rather than by a process that ends without a word."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.errors import InvalidInput
from workbench.core.sizes import shown
from workbench.pipelines.snapshot import LARGEST

if TYPE_CHECKING:
    from workbench.pipelines.records import Pipeline

__all__ = ["check_notebooks", "text_of", "unfit_notebook"]

_PYTHON = ("python", "ipython", "python3")
_FORMATS = (3, 4)  # of Jupyter's; what comes later is not known


def text_of(path: Path) -> str:
    """A notebook's text; the mark that some editors put at a file's beginning is none of it. Raises OSError, UnicodeDecodeError."""
    return path.read_text(encoding="utf-8-sig")


def unfit_notebook(path: Path) -> tuple[str, str] | None:
    """Why a step cannot run a file as its notebook, and what to do; None where it can.

    It is not looked at cell by cell: that costs a notebook of a megabyte a tenth of a second.
    """
    try:
        found: Any = json.loads(text_of(path))
    except OSError:
        return "cannot be read", "Check that it is there."
    except ValueError:  # of JSON, or of UTF-8
        return "is not a notebook, or was being saved", "Open it in JupyterLab, and save it."
    except RecursionError:
        return "is nested too deep for a notebook", "Open it in JupyterLab, and save it."
    if not isinstance(found, dict) or found.get("nbformat") not in _FORMATS or not isinstance(found.get("metadata", {}), dict):
        return "is not a notebook", "Open it in JupyterLab, and save it."
    language = _language(found.get("metadata", {}))
    if language is not None and language.lower() not in _PYTHON:
        sql = "Put its statements into a SQL file, and write `sql:` in place of `notebook:`."
        other = "Choose a Python kernel for it in JupyterLab; other programs a cell can start with `%%bash`."
        return f"is a notebook of {language}, and steps run Python", sql if language.lower() == "sql" else other
    return None


def check_notebooks(folder: Path, pipeline: Pipeline) -> None:
    """Raises
    ------
    InvalidInput
        A step of a pipeline, whose files are in ``folder``, cannot run its notebook, or its file is too large to go with a run.
    """
    for step in pipeline.steps:
        if step.approve is None and (folder / step.file).is_file() and (size := (folder / step.file).stat().st_size) > LARGEST:
            most = f"and a file that goes with a run at most {shown(LARGEST)}"
            told = f"Step {step.name!r}: {step.file} has {shown(size)}, {most}."
            fix = "Clear its outputs in JupyterLab, and save it." if step.notebook else "Put what is data elsewhere."
            raise InvalidInput(told, fix=fix, step=step.name, file=step.file)
        if step.notebook and (wrong := unfit_notebook(folder / step.notebook)) is not None:
            raise InvalidInput(f"Step {step.name!r}: {step.notebook} {wrong[0]}.", fix=wrong[1], step=step.name, file=step.file)


def _language(metadata: dict[str, Any]) -> str | None:
    for part, name in (("kernelspec", "language"), ("language_info", "name")):
        said = metadata.get(part)
        if isinstance(said, dict) and isinstance(said.get(name), str) and said[name].strip():
            return str(said[name]).strip()
    return None
