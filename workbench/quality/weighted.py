"""Distinct values with how often each occurs, and what follows from them: exact where they are all of a column's."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Context, Decimal, localcontext
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.catalog.encode import encode_column
from workbench.quality.records import Bin, Outliers
from workbench.quality.scanning import ColumnKind, Encoded

__all__ = ["QUANTILES", "Weighted"]

QUANTILES = ("0.01", "0.05", "0.25", "0.5", "0.75", "0.95", "0.99")
BINS = 20
TOP = 10
_WIDE = Context(prec=100)


@dataclass(frozen=True)
class Weighted:
    """Distinct values without null (of floats: the finite ones), and how many rows hold each. ``nan`` and ``infinite`` count the rest,
    ``specials`` how many values those are."""

    values: pa.Array
    counts: np.ndarray[Any, np.dtype[np.int64]]
    kind: ColumnKind
    nan: int = 0
    infinite: int = 0
    specials: int = 0

    @classmethod
    def of(cls, values: pa.Array, counts: pa.Array, kind: ColumnKind) -> Weighted:
        """From values and counts as they were grouped."""
        present = pc.is_valid(values)
        weights = counts.to_numpy(zero_copy_only=False).astype(np.int64)
        if kind != "float":
            if values.null_count:
                values, weights = values.filter(present), weights[present.to_numpy(zero_copy_only=False)]
            return cls(values, weights, kind)
        numbers = values.to_numpy(zero_copy_only=False)
        valid = present.to_numpy(zero_copy_only=False)
        nan, infinite, finite = valid & np.isnan(numbers), valid & np.isinf(numbers), valid & np.isfinite(numbers)
        return cls(
            values.filter(pa.array(finite)),
            weights[finite],
            kind,
            int(weights[nan].sum()),
            int(weights[infinite].sum()),
            int((nan | infinite).sum()),
        )

    @classmethod
    def counted(cls, column: Encoded, kind: ColumnKind) -> Weighted:
        """From a column's rows."""
        return cls.of(column.values, pa.array(column.counts), kind)

    @cached_property
    def rows(self) -> int:
        """How many rows have a (finite) value."""
        return int(self.counts.sum())

    @cached_property
    def numbers(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        """The values as numbers; moments as microseconds, days or the like."""
        found: np.ndarray[Any, np.dtype[np.float64]] = self._plain.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
        return found

    @cached_property
    def _plain(self) -> pa.Array:
        # Days and moments as whole numbers: Python's own know neither infinity nor years after 9999.
        if self.kind == "date":
            return self.values.cast(pa.int32())
        return self.values.cast(pa.int64()) if self.kind == "timestamp" else self.values

    @cached_property
    def _order(self) -> pa.Array:
        return pc.array_sort_indices(self.values)

    @cached_property
    def _ends(self) -> np.ndarray[Any, np.dtype[np.int64]]:
        """For the sorted values: how many rows hold this value or a smaller one."""
        return np.cumsum(self.counts[self._order.to_numpy()])

    def at(self, position: int) -> Any:
        """The value of the row at a position of the sorted rows."""
        index = int(np.searchsorted(self._ends, position, side="right"))
        return self._plain[self._order[index].as_py()].as_py()

    def quantiles(self) -> dict[str, Any]:
        """The quantiles of :data:`QUANTILES`, between two rows by linear interpolation (numpy's default), as JSON types."""
        return {name: self._encode(self.quantile(Decimal(name))) for name in QUANTILES} if self.rows else {}

    def quantile(self, share: Decimal) -> Any:
        """One quantile as a Python value; exact for decimals and integers."""
        place = (self.rows - 1) * share
        below = int(place)
        low = self.at(below)
        part = place - below
        if not part or (high := self.at(below + 1)) == low:
            return low
        if isinstance(low, Decimal):
            return _WIDE.fma(_WIDE.subtract(high, low), part, low)
        if isinstance(low, int):
            between = low + (high - low) * part
            return int(between) if between == int(between) else float(between)
        if isinstance(low, float):
            # Their difference may be beyond the largest float.
            return low * (1 - float(part)) + high * float(part)
        raise TypeError(f"{self.kind} values have no quantiles")

    def histogram(self) -> tuple[Bin, ...]:
        """Up to twenty bars of equal width; a bar each where there are fewer whole numbers or days."""
        if not self.rows:
            return ()
        numbers = self.numbers
        low, high = float(numbers.min()), float(numbers.max())
        if low == high:
            value = self._encode(self.at(0))
            return (Bin(low=value, high=value, count=self.rows),)
        if not math.isfinite(high - low):
            return self._bars_of_quarters()
        count = BINS
        if self.kind in ("integer", "date") and high - low < BINS:
            count, high = int(high - low) + 1, high + 1
        edges = np.linspace(low, high, count + 1)
        if not (edges[:-1] < edges[1:]).all():  # long numbers that are nearer to each other than a float tells
            return (Bin(low=self._encode(self.at(0)), high=self._encode(self.at(self.rows - 1)), count=self.rows),)
        bars, edges = np.histogram(numbers, bins=count, range=(low, high), weights=self.counts)
        shown = [self._encode(edge) if self.kind in ("date", "timestamp") else float(edge) for edge in edges.tolist()]
        return tuple(Bin(low=a, high=b, count=int(n)) for a, b, n in zip(shown[:-1], shown[1:], bars, strict=True))

    def _bars_of_quarters(self) -> tuple[Bin, ...]:
        """The same where the range is beyond the largest float: of a quarter of each value, which loses nothing of such numbers."""
        quarters = self.numbers / 4
        bars, edges = np.histogram(quarters, bins=BINS, weights=self.counts)
        return tuple(
            Bin(low=a * 4, high=b * 4, count=int(n)) for a, b, n in zip(edges[:-1].tolist(), edges[1:].tolist(), bars, strict=True)
        )

    def top(self) -> tuple[tuple[Any, int], ...]:
        """The most frequent values, as JSON types; of equally frequent ones the smaller first."""
        if not len(self.values):
            return ()
        table = pa.table({"value": self.values, "count": self.counts})
        chosen = pc.select_k_unstable(table, k=min(TOP, len(table)), sort_keys=[("count", "descending"), ("value", "ascending")])
        best = table.take(chosen)
        return tuple(zip(encode_column(best["value"]), best["count"].to_pylist(), strict=True))

    def outliers(self) -> Outliers | None:
        """Tukey's fences; None without a spread."""
        if self.rows < 4:
            return None
        first, third = self.quantile(Decimal("0.25")), self.quantile(Decimal("0.75"))
        if first == third:
            return None
        with localcontext(_WIDE):
            reach = (third - first) * (Decimal("1.5") if isinstance(first, Decimal) else 1.5)
            low, high = first - reach, third + reach
        if isinstance(low, float) and not (math.isfinite(low) and math.isfinite(float(high))):
            return None
        numbers = self.numbers
        outside = int(self.counts[(numbers < float(low)) | (numbers > float(high))].sum())
        return Outliers(low=self._encode(low), high=self._encode(high), count=outside, share=outside / self.rows)

    def total(self) -> int | Decimal | float:
        """The sum over all rows; exact for integers and decimals."""
        if self.kind == "float":
            with np.errstate(over="ignore", invalid="ignore"):
                return math.fsum(self.numbers * self.counts) if np.isfinite(self.numbers * self.counts).all() else math.inf
        if pa.types.is_decimal(self.values.type):
            return _decimal_sum(self.values, self.counts)
        return _integer_sum(self.values.to_numpy(zero_copy_only=False), self.counts)

    def stddev(self) -> float | None:
        """The sample's standard deviation."""
        if self.rows < 2:
            return None
        with np.errstate(over="ignore", invalid="ignore"):
            mean = float(np.average(self.numbers, weights=self.counts))
            found = float(np.sqrt((self.counts * (self.numbers - mean) ** 2).sum() / (self.rows - 1)))
        return found if math.isfinite(found) else None

    def _encode(self, value: Any) -> Any:
        if self.kind in ("date", "timestamp"):
            number, most = math.floor(value), 2**31 - 2 if self.kind == "date" else 2**63 - 2
            whole = pa.array([max(-most, min(most, number))], pa.int32() if self.kind == "date" else pa.int64())
            return encode_column(whole.cast(self.values.type))[0]
        if isinstance(value, Decimal):
            # Between two values there may be more digits than the type holds.
            fitted = value.quantize(Decimal(1).scaleb(-self.values.type.scale), context=_WIDE)
            return f"{fitted if fitted == value else value:f}"
        if isinstance(value, int) and not isinstance(value, bool):
            return value if abs(value) <= 2**53 else str(value)
        return value


def _integer_sum(values: np.ndarray[Any, Any], counts: np.ndarray[Any, np.dtype[np.int64]]) -> int:
    # In two halves, none of which overflows below 2^31 rows.
    wide = values if values.dtype == np.uint64 else values.astype(np.int64)
    high, low = wide >> 32, wide & 0xFFFFFFFF
    return (int((high.astype(np.int64) * counts).sum()) << 32) + int((low.astype(np.int64) * counts).sum())


def _decimal_sum(values: pa.Array, counts: np.ndarray[Any, np.dtype[np.int64]]) -> Decimal:
    scale = values.type.scale
    if values.type.precision <= 18 and pa.types.is_decimal128(values.type):
        whole = np.frombuffer(values.buffers()[1], dtype=np.int64).reshape(-1, 2)[values.offset : values.offset + len(values), 0]
        return _WIDE.scaleb(Decimal(_integer_sum(whole, counts)), -scale)
    total = sum(int(_WIDE.scaleb(value, scale)) * int(count) for value, count in zip(values.to_pylist(), counts, strict=True))
    return _WIDE.scaleb(Decimal(total), -scale)
