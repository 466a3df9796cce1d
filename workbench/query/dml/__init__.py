"""Statements that write: read into records, made into queries that are decided on like any other, carried out as one commit."""
