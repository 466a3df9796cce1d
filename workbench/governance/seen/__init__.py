"""What the verbs answer to who does not see everything: each kind of answer as one principal sees it."""

from workbench.governance.seen.catalog import SeenCatalog
from workbench.governance.seen.lineage import seen_graph
from workbench.governance.seen.own import OwnRuns
from workbench.governance.seen.runs import SeenRuns
from workbench.governance.seen.view import Shown, View
from workbench.governance.seen.views import SeenViews

__all__ = ["OwnRuns", "SeenCatalog", "SeenRuns", "SeenViews", "Shown", "View", "seen_graph"]
