"""How a file is to be read: as a person says, as it was shown to them, as was remembered, else as it is found; by looks and loads alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.engines.readers.reading import Reading
from workbench.ingest.look import check_types, header_of, said_of

if TYPE_CHECKING:
    from workbench.core.principals import Principal
    from workbench.engines.readers import Request
    from workbench.ingest.records import LoadOptions
    from workbench.ingest.remember import Readings
    from workbench.ingest.sources.base import Fetched

__all__ = ["Agreed", "agreed"]


@dataclass(frozen=True)
class Agreed:
    """``reading`` says how; ``said``: a person says so just now. ``remembered``: somebody has before."""

    reading: Reading
    said: bool = False
    remembered: bool = False

    @property
    def is_news(self) -> bool:
        """Whether it is to be remembered."""
        return self.said and self.reading != Reading(format=self.reading.format)


def agreed(
    request: Request, file: Fetched, options: LoadOptions, readings: Readings, who: Principal | str, name: str, others: bool = True
) -> Agreed:
    """How ``file`` is to be read on its way into the dataset ``name``. ``request`` is what a look at it asks; ``others``: what others have
    said for this dataset counts, too.

    Raises
    ------
    ColumnNotFound, InvalidInput
        What is said of it speaks of a column or a type that is not there.
    """
    if options.given is not None:
        return Agreed(said_of(request, options.given), said=True)
    shown = options.as_shown
    if shown is not None and shown.file == file.shown:
        check_types(shown.reading)
        return Agreed(shown.reading, remembered=shown.reading != Reading())
    known = readings.known(file.origin, header_of(request), who, name, others)
    return Agreed(known or Reading(), remembered=known is not None)
