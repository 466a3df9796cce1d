"""Which SQL people may write into an expectation or a policy: comparisons and plain functions of a row's own columns, and nothing else."""

from __future__ import annotations

from workbench.core.errors import Forbidden, InvalidSQL
from workbench.engines.duckdb import EngineError, parse

__all__ = ["check_expression"]

_KINDS = frozenset(
    {"BETWEEN", "CASE", "CAST", "COLUMN_REF", "COMPARISON", "CONJUNCTION", "CONSTANT", "FUNCTION", "OPERATOR"}
)  # as DuckDB's parse tree calls them
_FUNCTIONS = frozenset(
    {"+", "-", "*", "/", "//", "%", "**", "^", "||", "~~", "!~~", "~~*", "!~~*", "abs", "ceil", "floor", "round", "trunc",
     "sign", "sqrt", "ln", "log", "log10", "exp", "power", "pow", "mod", "greatest", "least", "coalesce", "ifnull", "nullif",
     "if", "length", "strlen", "len", "lower", "upper", "trim", "ltrim", "rtrim", "left", "right", "substring", "substr",
     "starts_with", "ends_with", "prefix", "suffix", "contains", "position", "strpos", "replace", "concat", "regexp_matches",
     "regexp_full_match", "isnan", "isinf", "isfinite", "year", "month", "day", "hour", "minute", "second", "quarter", "week",
     "dayofweek", "date_part", "datepart", "date_trunc", "datetrunc", "date_diff", "datediff", "epoch", "list_contains",
     "list_has", "not", "in"}
)  # fmt: skip


def check_expression(expression: str) -> None:
    """Let pass what can only say yes or no about a row.

    Raises
    ------
    InvalidSQL, Forbidden
        It is no expression, or uses what is not on the list: other tables, subqueries, windows, aggregates, functions beyond plain ones.

    >>> check_expression("dep_time < arr_time OR overnight")
    """
    # What closes a bracket early does not fit into all of them.
    for frame in (f"SELECT {expression}\n", f"SELECT ({expression}\n)", f"SELECT CASE WHEN ({expression}\n) THEN 1 END"):
        try:
            parsed = parse(frame)
        except EngineError as error:
            raise InvalidSQL(
                "The expression cannot be read.", fix="Write comparisons and plain functions of a row: delay < 1500 AND carrier <> ''."
            ) from error
        except RecursionError:
            raise InvalidSQL("The expression is too deeply nested.", fix="Write it in several.") from None
        other = sorted(parsed.expressions - _KINDS)
        if parsed.tables or parsed.table_functions or parsed.ctes or other:
            raise Forbidden("An expression may only use the row's own columns.", fix="Leave out other tables, subqueries and windows.")
        unknown = sorted({named.name for named in parsed.functions} - _FUNCTIONS)
        if unknown:
            raise Forbidden(
                f"The function {unknown[0]} is not available in an expression.",
                fix="Use comparisons, arithmetic and plain text or date functions.",
            )
