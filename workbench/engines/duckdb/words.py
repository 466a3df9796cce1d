"""The engine's sentences about a statement in words of ours: what is wrong, and what to write instead. They hold no values."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from workbench.core.errors import nearest
from workbench.engines.duckdb.nobody import USERS

__all__ = ["InWords", "in_words", "unparsed"]

_TYPES = {
    "INT8": "TINYINT",
    "INT16": "SMALLINT",
    "INT32": "INTEGER",
    "INT64": "BIGINT",
    "INT128": "HUGEINT or UUID",
    "UINT8": "UTINYINT",
    "UINT16": "USMALLINT",
    "UINT32": "UINTEGER",
    "UINT64": "UBIGINT",
    "UINT128": "UHUGEINT",
    "BOOL": "BOOLEAN",
    "STRING_LITERAL": "a text",
    "INTEGER_LITERAL": "a number",
}
_TYPE = re.compile(rf"\b(?:{'|'.join(_TYPES)})\b")
_NEAR = re.compile(r'near "([A-Za-z_]+)"')
_KEYWORDS = ("select", "from", "where", "group", "order", "having", "limit", "join", "with", "values", "describe")
_OPERATORS = {"~~": "LIKE", "!~~": "NOT LIKE", "~~*": "ILIKE", "!~~*": "NOT ILIKE", "~~~": "GLOB"}

_CAST = "Cast what does not fit: CAST(x AS DOUBLE); TRY_CAST gives NULL where a value does not convert."
_TRY = "TRY_CAST gives NULL where a value does not convert."
_PATTERN = r"\\( or [.] stand for the characters themselves."
_AGGREGATE = "Aggregate in a subquery first: FROM (SELECT ... GROUP BY ...)."


class InWords(NamedTuple):
    """``name`` is one that the message is about, by which its place may be found."""

    message: str
    fix: str
    name: str | None = None


@dataclass(frozen=True)
class _Sentence:
    pattern: re.Pattern[str]
    message: str | Callable[[re.Match[str]], str]
    fix: str

    def said(self, text: str) -> InWords | None:
        if (found := self.pattern.search(text)) is None:
            return None
        groups = {key: _types(value or "") for key, value in found.groupdict().items()}
        message = self.message(found) if callable(self.message) else self.message.format(**groups)
        return InWords(message, self.fix.format(**groups), groups.get("name") or groups.get("column") or None)


def in_words(text: str) -> InWords | None:
    """What a sentence of the engine's says; None where it is none of those that are known here.

    >>> in_words("Overflow in addition of INT64 (1 + 2)!").message
    'The result of an addition does not fit into BIGINT.'
    """
    return next((said for sentence in _SENTENCES if (said := sentence.said(text)) is not None), None)


def unparsed(text: str, placed: bool) -> InWords:
    """The same of a sentence about what does not parse, whose place is known or not.

    >>> unparsed('syntax error at or near "selct"', True).fix
    "Did you mean 'SELECT'?"
    """
    if (said := in_words(text)) is not None:
        return said
    message = f"The statement does not parse: {text.split(chr(10))[0].rstrip('.!')}."
    if near := _NEAR.search(text):
        close = nearest(near[1], _KEYWORDS)
        if close and close != near[1].lower():
            return InWords(message, f"Did you mean {close.upper()!r}?")
    return InWords(message, f"Check the spelling, commas and brackets{' just before that place' * placed}.")


def _types(text: str) -> str:
    return _TYPE.sub(lambda found: _TYPES[found[0]], text)


def _no_function(found: re.Match[str]) -> str:
    name, types = found["function"], _types(found["types"])
    if re.fullmatch(r"\w+", name):
        return f"The function {name} does not take ({types})."
    return f"{_OPERATORS.get(name, name)} does not go with {types.replace(', ', ' and ')}."


def _no_cast(found: re.Match[str]) -> str:
    return f"{_types(found['source'])} does not convert to {_types(found['target'])}{_of(found)}."


def _misfit(found: re.Match[str]) -> str:
    kind = {"string": "A text"}.get(found["kind"], "A value")
    return f"{kind} does not convert to {_types(found['target'])}{_of(found)}."


def _of(found: re.Match[str]) -> str:
    return f" (column {found['column']})" if found["column"] else ""


def _s(pattern: str, message: str | Callable[[re.Match[str]], str], fix: str) -> _Sentence:
    return _Sentence(re.compile(pattern, re.DOTALL), message, fix)


_COLUMN = r"(?: when casting from source column (?P<column>\S+))?"
_SENTENCES = (
    # Names.
    _s(rf"^Macro (?P<name>{'|'.join(USERS)})\(\) does not support",
       "There is no column '{name}' here, and the word stands for nobody.",
       "Write the name that you mean as a text: owner = 'alice'. A policy's rules write principal.name and principal.roles."),
    _s(r"^Macro (?P<name>current_schema|current_catalog)\(\) does not support",
       "There is no column '{name}' here, and no schema or catalog is the current one.", "Write full names: silver.flights."),
    _s(r'^Referenced table "(?P<name>[^"]+)" not found!?(?:\s|$)',
       "There is no table or alias '{name}' in FROM.", "Name one of those that stand in FROM."),
    _s(r"^Type with name (?P<name>\S+) does not exist", "There is no type '{name}'.",
       "Write BIGINT, DOUBLE, VARCHAR, DECIMAL(18, 2), DATE, TIMESTAMP, ..."),
    _s(r"^Scalar Function with name (?P<name>\S+) does not exist", "{name} is a window function, and has no window here.",
       "Write {name}(...) OVER (ORDER BY ...)."),
    _s(r'^Could not find key "(?P<name>[^"]+)" in struct', "There is no field '{name}' in the struct.",
       "DESCRIBE and a dataset's name shows the fields of its columns."),
    _s(r"^Cannot extract field '(?P<name>[^']+)' from expression .* because it is not a struct",
       "What stands before '{name}' has no fields: it is no struct, map or JSON.", "Leave .{name} out, or name a column that has it."),
    _s(r"^Unknown TimeZone", "There is no such time zone.", "Write its IANA name, such as 'Europe/Rome' or 'UTC'."),
    _s(r"^extract specifier .* not recognized", "There is no such part of a time.",
       "Write year, quarter, month, week, day, dow, hour, minute, second or epoch."),
    _s(r'^Column with name (?P<name>\S+) already exists', "The column '{name}' is named twice.", "Name each column once."),
    # Aggregates and windows.
    _s(r'^column "?(?P<name>[^"\s]+)"? must appear in the GROUP BY clause',
       "The column '{name}' is neither in GROUP BY nor in an aggregate.",
       "Add it to GROUP BY, write GROUP BY ALL, or take any_value({name})."),
    _s(r"^(?P<clause>[A-Z ]+) clause cannot contain aggregates", "{clause} cannot contain aggregates.",
       "Write conditions on aggregates after HAVING; elsewhere aggregate in a subquery first."),
    _s(r"^(?P<clause>[A-Z ]+) clause cannot contain window functions", "{clause} cannot contain window functions.",
       "Write conditions on them after QUALIFY."),
    _s(r"^aggregate function calls cannot", "An aggregate cannot stand inside another one.", _AGGREGATE),
    _s(r"^window functions are not allowed in", "A window function cannot stand inside a window.", "Take it in a subquery first."),
    _s(r'^window "(?P<name>[^"]+)" does not exist', "There is no window '{name}'.", "Define it: WINDOW {name} AS (PARTITION BY ...)."),
    _s(r"^No matching aggregate function", "The list holds values that this function does not take.",
       "Cast them first: list_transform(list, lambda x: CAST(x AS DOUBLE))."),
    # Shapes.
    _s(r"^Max expression depth limit of \d+ exceeded", "The statement is too deeply nested.",
       "Write it with fewer brackets and operators in each other (IN for many OR), or in steps: WITH."),
    _s(r"^PIVOT statements with pivot elements extracted", "A PIVOT whose columns come from the data is a statement of its own.",
       "List them where it is part of another, or of a view: PIVOT ... ON month IN (1, 2)."),
    _s(r"^Set operations can only apply", "Both sides of UNION, INTERSECT or EXCEPT need the same number of columns.",
       "Select as many on each side, or write UNION ALL BY NAME."),
    _s(r"^More than one row returned by a subquery", "A subquery in the place of a value gave several rows.",
       "Take one: LIMIT 1, or an aggregate such as max(...). IN (SELECT ...) takes several."),
    _s(r"^Subquery returns (?P<count>\d+) columns - expected (?P<wanted>\d+)",
       "A subquery gives {count} columns where {wanted} can be taken.", "Select {wanted} in it."),
    _s(r"^(?P<clause>ORDER|GROUP BY) term out of range - should be between 1 and (?P<count>\d+)",
       "{clause} names a column by a number that is none of 1 to {count}.", "Write the column's name or its number in the SELECT."),
    _s(r"^LIMIT/OFFSET cannot be negative", "LIMIT and OFFSET cannot be negative.", "Write 0 or more."),
    _s(r"^Cannot unpivot columns of types (?P<first>\S+) and (?P<second>\S+)",
       "Columns of {first} and {second} do not go into one.",
       "Cast them first: UNPIVOT (SELECT CAST(a AS VARCHAR) AS a, ... FROM ...) ON ..."),
    # Types and values.
    _s(r"^(?:No function matches the given name and argument types '|Could not choose a best candidate function for the function call \")"
       r"(?P<function>[^(]+)\((?P<types>.*?)\)['\"]\. ", _no_function, _CAST),
    _s(r"^Cannot (?:compare|mix) values of type (?P<first>\S+) and (?:type )?(?P<second>\S+)",
       "{first} and {second} do not go together.", _CAST),
    _s(r"^Cannot deduce template type", "Its values are of types that do not go together.", _CAST),
    _s(r"^Unimplemented type for cast \((?P<source>.*?) -> (?P<target>.*?)\)" + _COLUMN, _no_cast,
       "Cast it to VARCHAR first, or take a part of it."),
    _s(r"^Could not convert (?P<kind>\w+) .* to (?P<target>\w+(?:\([\d, ]+\))?)" + _COLUMN, _misfit, _TRY),
    _s(r"^Could not cast value .* to (?P<target>\w+(?:\([\d, ]+\))?)" + _COLUMN, "A number does not fit into {target}.", _TRY),
    _s(r"^Type \w+ with value .* destination type (?P<target>\w+)", "A number does not fit into {target}.",
       "Cast to a wider type, or write TRY_CAST, which gives NULL."),
    _s(r"^(?:Overflow in (?P<what>\w+) of|Cannot (?P<other>\w+)) (?P<type>\w+)",
       lambda found: f"The result of {_a(found['what'] or found['other'])} does not fit into {_types(found['type'])}.",
       "Cast to a wider type before it: CAST(x AS BIGINT), or DOUBLE."),
    _s(r"^invalid (?P<type>date|time|timestamp|timestamptz|interval) field format", "A text is no {type}.",
       f"Write it as '2026-01-31' or '2026-01-31 12:00:00'. {_TRY}"),
    _s(r"^(?:date|timestamp|time) field value out of range|^Date out of range", "There is no such day or time.", _TRY),
    _s(r"^Could not parse string .* according to format specifier", "A text does not have the format that was given.",
       "try_strptime gives NULL where it does not."),
    _s(r"^Failed to parse format specifier", "The format is none that is known.", "Write %Y-%m-%d %H:%M:%S, for example."),
    _s(r"^Malformed JSON", "A text is no JSON.", "json_valid(x) tells which is; TRY_CAST(x AS JSON) gives NULL where it is none."),
    _s(r"^JSON path error", "The JSON path cannot be read.", "Write it as '$.name' or '$[0]'."),
    _s(r"^(?:Failed to compile regex .*?: )?(?P<what>missing \)|missing \]|missing argument|invalid escape sequence|invalid character class"
       r"|no argument for repetition operator|bad repetition operator|invalid perl operator|unexpected \)|trailing \\)(?:: |$)",
       "The pattern is no regular expression: {what}.", _PATTERN),
    _s(r"^Invalid input for hex digit", "A text is no hexadecimal number.", "try(unhex(x)) gives NULL where it is none."),
    _s(r"^Could not decode string .* as base64", "A text is no base64.", "Take it as it is, or try(from_base64(x)), which gives NULL."),
    # What the parser says of statements that write, and of what nobody writes.
    _s(
        r"^Qualified column names in UPDATE",
        "In SET a column stands without a table, and as a whole.",
        "Write SET column = value; of one field of a struct: SET address = struct_update(address, city := 'Rome').",
    ),
    _s(r"^Adding columns with constraints", "A new column has a name and a type, and is empty at first.",
       "Leave the constraint out; `workbench checks` holds rules."),
    _s(r"^No support for that ALTER TABLE option", "This ALTER is not available.",
       "Write ADD COLUMN, DROP COLUMN, RENAME COLUMN, RENAME TO or ALTER COLUMN ... TYPE."),
    _s(r"NOT IMPLEMENTED|^Unimplemented|^Not implemented", "The statement holds something that is not available.",
       "Write that part another way."),
)  # fmt: skip


def _a(noun: str) -> str:
    word = {"add": "addition", "subtract": "subtraction", "multiply": "multiplication"}.get(noun, noun)
    return f"{'an' if word[:1] in 'aeiou' else 'a'} {word}"
