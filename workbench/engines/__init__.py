"""Query engines: each third-party engine is imported in its own package here, and nowhere else."""
