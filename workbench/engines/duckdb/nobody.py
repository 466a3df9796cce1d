"""The words by which SQL asks who is asking. DuckDB answers with a user, a role and a schema of its own, which are nobody's here."""

from __future__ import annotations

__all__ = ["NOBODY", "USERS"]

#: Words that stand for a person where no column has their name.
USERS = ("current_user", "session_user", "user", "current_role")

#: Statements after which such a word that is no column does not bind: DuckDB looks for a function of its name without arguments, and
#: finds these, which take one. Nobody can define others, and those that are called are refused by their names before.
NOBODY = "; ".join(f'CREATE MACRO "{word}"(nobody) AS nobody' for word in (*USERS, "current_schema", "current_catalog"))
