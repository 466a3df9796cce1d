"""Which fields the index has, and how a dataset becomes a document of it."""

from __future__ import annotations

from functools import cache
from itertools import chain, pairwise
from typing import Any

from workbench.catalog.index.entry import Entry, key_of
from workbench.catalog.index.text import fold, joined, words
from workbench.core.clock import from_iso

__all__ = ["STATE", "VERSION", "document", "schema", "state_document"]

#: Part of the folder's name: an index of another version is left alone, and replaced.
VERSION = 3
#: The document that says how much of the log the index has seen; committed with what it has seen.
STATE = "\0state"

_WORDS = ("name", "column", "description", "said")
_WHOLE = ("uuid", "whole", "size", "is_zone", "is_owner", "is_tag", "has_column")
_MOST_WORDS = 5_000  # of one description


@cache
def schema() -> Any:
    """The fields. Words stand in one field a place, those of tags, owner and terms together in ``said``. ``whole`` holds names
    uncut, ``size`` how many words the name has, ``has_column`` the names of columns uncut, and what begins with ``is_`` is for filters.
    Neither positions nor counts are kept: scores are given by us."""
    import tantivy

    builder = tantivy.SchemaBuilder()
    for name in _WORDS:
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="basic")
    for name in _WHOLE:
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    builder.add_unsigned_field("key", fast=True)
    builder.add_integer_field("updated", indexed=True, fast=True)
    builder.add_bytes_field("body", stored=True)
    return builder.build()


def document(entry: Entry) -> Any:
    """A dataset as the index keeps it."""
    import tantivy

    found = tantivy.Document()
    found.add_text("uuid", entry.table_uuid)
    found.add_unsigned("key", key_of(entry.table_uuid))
    found.add_bytes("body", entry.dump())
    named = words(entry.table)
    for text in {fold(entry.name), fold(entry.table), joined(entry.table)}:
        found.add_text("whole", text)
    found.add_text("size", str(len(named)))
    pairs = ("".join(pair) for pair in pairwise(named))
    found.add_text("name", " ".join({*words(entry.zone), *named, *pairs, joined(entry.table)}))
    found.add_text("column", " ".join({word for column in entry.columns for word in words(column)}))
    described = chain(words(entry.description)[:_MOST_WORDS], *(words(note)[:_MOST_WORDS] for note in entry.notes))
    found.add_text("description", " ".join(dict.fromkeys(described)))
    said = (*entry.tags, entry.owner, *entry.terms)
    found.add_text("said", " ".join({word for text in said for word in (*words(text), joined(text))}))
    _filters(found, entry)
    return found


def _filters(found: Any, entry: Entry) -> None:
    found.add_text("is_zone", fold(entry.zone))
    found.add_text("is_owner", fold(entry.owner))
    for tag in entry.tags:
        found.add_text("is_tag", fold(tag))
    for column in {joined(column) for column in entry.columns}:
        found.add_text("has_column", column)
    if entry.updated_at:
        found.add_integer("updated", int(from_iso(entry.updated_at).timestamp() * 1000))


def state_document(body: bytes) -> Any:
    """The document that says what the index has seen. It has no words, so that no search finds it."""
    import tantivy

    found = tantivy.Document()
    found.add_text("uuid", STATE)
    found.add_unsigned("key", 0)
    found.add_bytes("body", body)
    return found
