"""What a step of a pipeline gives to those after it."""

from __future__ import annotations

import json
import warnings
from typing import TYPE_CHECKING, Any

from workbench.app.arguments import storable
from workbench.core.errors import InvalidInput
from workbench.core.scratch import is_scratch
from workbench.core.values import as_json
from workbench.jobs import fences
from workbench.pipelines.own import OUTPUTS
from workbench.pipelines.parameters import check_kept
from workbench.runs.context import current_fence

if TYPE_CHECKING:
    from workbench.app.services import Services

__all__ = ["give"]

_MOST_BYTES = 64 << 10


def give(services: Services, values: dict[str, Any]) -> None:
    """Keep values by name with the run of the step that this process belongs to; arguments and errors are those of ``ws.output``."""
    plain = {name: _plain(name, value) for name, value in values.items()}
    check_kept(plain, "Output")
    if is_scratch(services.settings.root):
        return  # there is nobody to give it to
    fence = current_fence()
    if fence is None:
        # Who tries its notebook out, or runs it with Papermill, goes on.
        warnings.warn("This is no step of a pipeline's run: nobody is given these values.", stacklevel=3)
        return
    run_id, epoch = fence
    with services.store.write() as conn:
        fences.check(conn, run_id, epoch)
        given = services.log.get(run_id).attributes.get(OUTPUTS, {}) | plain
        size = len(json.dumps(given))
        if size > _MOST_BYTES:
            fix = "Write them as a dataset, and give its name."
            raise InvalidInput(f"The outputs of a step have at most {_MOST_BYTES:,} bytes, not {size:,}.", fix=fix)
        services.log.append(conn, run_id, "run.attributes", attributes={OUTPUTS: given})


def _plain(name: str, value: Any) -> Any:
    """A value as JSON has it; a figure of numpy, a day or a moment, as what it says."""
    try:
        plain = as_json(value)
    except (TypeError, ValueError, InvalidInput) as error:
        fix = "Give a text, a finite number, True, False, None, or a list or dict of them."
        raise InvalidInput(f"Output {name!r} cannot be given: {type(value).__name__}.", fix=fix) from error
    try:
        return storable(plain)
    except ValueError as error:  # the log of runs would keep another text
        raise InvalidInput(f"Output {name!r} cannot be given: {error}.", fix="Leave that character out.") from None
