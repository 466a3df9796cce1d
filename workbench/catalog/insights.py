"""What a person should look at: found by looking over all datasets at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from workbench.catalog.records import Companion, Insight, Statistics, ZoneStatistics
from workbench.catalog.said import Said
from workbench.core.clock import now
from workbench.lake.records import TableInfo

__all__ = ["Known", "insights", "recommendations", "statistics"]

STALE_DAYS = 90
_FEWEST_COLUMNS = 3  # of datasets that are taken for copies of each other because all their columns are alike
SMALL_FILE, MANY_FILES = 8 * 2**20, 50  # bytes, files
_NOTHING = Said()


@dataclass(frozen=True)
class Known:
    """All there is to know for an insight: the tables, what was said of them, when each was read last (by UUID), and the quality
    score of those that have been assessed (by UUID; 0 to 1)."""

    infos: Sequence[TableInfo]
    said: Mapping[str, Said]
    read: Mapping[str, datetime]
    scores: Mapping[str, float]
    failing: float = 0.5

    def of(self, info: TableInfo) -> Said:
        return self.said.get(info.table_uuid, _NOTHING)


def insights(known: Known, limit: int) -> tuple[Insight, ...]:
    """One insight a kind and, for copies, one a group of datasets; those about most datasets first. ``limit`` bounds how many
    datasets each names."""
    found = [each for rule in (_undocumented, _unowned, _stale, _unused, _failing, _small_files) for each in rule(known)]
    found += sorted(_duplicates(known), key=lambda each: (-len(each.datasets), each.datasets))[:limit]
    return tuple(each.model_copy(update={"datasets": each.datasets[:limit]}) for each in found)


def recommendations(known: Known, name: str, companions: Sequence[Companion]) -> tuple[Insight, ...]:
    """What would make one dataset better."""
    mine = [each for each in insights(known, len(known.infos) + 1) if name in each.datasets]
    found = [each.model_copy(update={"datasets": (name,)}) if each.kind != "duplicate" else each for each in mine]
    info = next(info for info in known.infos if info.name == name)
    bare = [column[1] for column in info.columns if not column[4]]
    if bare and len(bare) < len(info.columns):
        message = f"{len(bare)} of {len(info.columns)} columns say nothing about themselves: {', '.join(bare[:5])}."
        found.append(Insight(kind="undocumented", datasets=(name,), message=message, fix="Describe them, or tag them."))
    sources = [each for each in companions if not known.of(_named(known, each.dataset)).description]
    if sources:
        message = f"It is used together with {sources[0].dataset}, which nobody has described."
        found.append(Insight(kind="undocumented", datasets=(sources[0].dataset,), message=message, fix="Describe that one, too."))
    return tuple(found)


def statistics(known: Known, days: float) -> Statistics:
    """Counts and sums, of all and by zone."""
    since = now() - timedelta(days=days)
    zones: dict[str, list[TableInfo]] = {}
    for info in known.infos:
        zones.setdefault(_zone(info), []).append(info)
    parts = tuple(_of_zone(known, zone, zones[zone]) for zone in sorted(zones))
    return Statistics(
        datasets=len(known.infos),
        columns=sum(part.columns for part in parts),
        rows=sum(part.rows for part in parts),
        bytes=sum(part.bytes for part in parts),
        described=sum(part.described for part in parts),
        owned=sum(part.owned for part in parts),
        updated=sum(info.updated_at is not None and info.updated_at >= since for info in known.infos),
        read=sum(info.table_uuid in known.read and known.read[info.table_uuid] >= since for info in known.infos),
        days=days,
        zones=parts,
    )


def _of_zone(known: Known, zone: str, infos: Sequence[TableInfo]) -> ZoneStatistics:
    return ZoneStatistics(
        zone=zone,
        datasets=len(infos),
        columns=sum(len(info.columns) for info in infos),
        rows=sum(info.rows for info in infos),
        bytes=sum(info.bytes for info in infos),
        described=sum(bool(known.of(info).description) for info in infos),
        owned=sum(bool(known.of(info).owner) for info in infos),
    )


def _undocumented(known: Known) -> Iterator[Insight]:
    names = _those(known, lambda info: not known.of(info).description)
    if names:
        yield _about("undocumented", names, "without a description", "Describe what is in them: workbench datasets describe NAME.")


def _unowned(known: Known) -> Iterator[Insight]:
    names = _those(known, lambda info: not known.of(info).owner)
    if names:
        yield _about("unowned", names, "without an owner", "Say who answers for them: workbench datasets describe NAME --owner WHO.")


def _stale(known: Known) -> Iterator[Insight]:
    """Not written to for long, but still read."""
    since = now() - timedelta(days=STALE_DAYS)
    names = _those(
        known,
        lambda info: info.updated_at is not None and info.updated_at < since and known.read.get(info.table_uuid, since) > info.updated_at,
    )
    if names:
        yield _about("stale", names, f"still read, but not written to for {STALE_DAYS} days", "See whether what feeds them still runs.")


def _unused(known: Known) -> Iterator[Insight]:
    since = now() - timedelta(days=STALE_DAYS)
    old = [info for info in known.infos if info.created_at is not None and info.created_at < since]
    names = sorted(info.name for info in old if known.read.get(info.table_uuid, since) <= since)
    if names:
        yield _about("unused", names, f"not read for {STALE_DAYS} days", "Drop what nobody needs; a drop can be undone.")


def _failing(known: Known) -> Iterator[Insight]:
    names = _those(known, lambda info: known.scores.get(info.table_uuid, 1.0) < known.failing)
    if names:
        yield _about("failing quality", names, f"with a quality score below {known.failing:g}", "Look at the failing rows.")


def _small_files(known: Known) -> Iterator[Insight]:
    names = _those(known, lambda info: info.files >= MANY_FILES and info.bytes / info.files < SMALL_FILE)
    if names:
        yield _about("small files", names, "in many small files", "Make them larger: workbench datasets compact NAME.")


def _duplicates(known: Known) -> Iterator[Insight]:
    groups: dict[tuple[tuple[str, str], ...], list[str]] = {}
    for info in known.infos:
        if len(info.columns) >= _FEWEST_COLUMNS:
            groups.setdefault(tuple(sorted((column[1], column[2]) for column in info.columns)), []).append(info.name)
    for names in groups.values():
        # The same table in several zones is how it should be: what counts is two in one zone.
        if len(names) > len({name.partition(".")[0] for name in names}):
            yield _about("duplicate", sorted(names), "with the very same columns", "Keep one, or say how they differ.")


def _about(kind: str, names: list[str], what: str, fix: str) -> Insight:
    count = f"{len(names):,} datasets are" if len(names) > 1 else f"{names[0]} is"
    return Insight(kind=kind, datasets=tuple(names), message=f"{count} {what}.", fix=fix)  # type: ignore[arg-type]


def _those(known: Known, wanted: Callable[[TableInfo], bool]) -> list[str]:
    return sorted(info.name for info in known.infos if wanted(info))


def _named(known: Known, name: str) -> TableInfo:
    return next(info for info in known.infos if info.name == name)


def _zone(info: TableInfo) -> str:
    return info.name.partition(".")[0]
