"""What a statement costs: told before it runs, bounded, advised on, and shown operator by operator when it has run."""
