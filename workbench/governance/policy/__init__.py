"""The policy: who may see what, as people write it, decide it, and as SQL."""
