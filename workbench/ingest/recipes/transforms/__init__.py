"""Each kind of step as SQL."""

from __future__ import annotations

from workbench.ingest.recipes.transforms.all import effect_of, name_of

__all__ = ["effect_of", "name_of"]
