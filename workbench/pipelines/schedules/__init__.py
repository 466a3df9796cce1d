"""Schedules of pipelines: when they run by themselves."""
