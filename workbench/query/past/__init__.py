"""Statements that were run: found again, shared, compared, counted."""
