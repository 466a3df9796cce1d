"""Who may call which verb: one table. Imports little: each verb asks it."""

from __future__ import annotations

from typing import Literal

from workbench.core.errors import Forbidden
from workbench.core.principals import ADMIN, Principal

__all__ = ["GOVERNED", "LOOKS", "RULES", "Rule", "check_verb"]

#: ``everybody``: says nothing of data, or is about the caller alone. ``seen``: answers with what the caller sees, and nothing else.
#: ``write``: the caller may write to the dataset that is named, and sees all of it. ``own``: about the caller's own runs; of others' what
#: is seen. ``load``: the caller may write to some dataset; into which, and what of, the verb looks at itself. ``granted``: about pipelines
#: and connections that are granted by name. ``admins``: it knows nothing of masks and filters, or changes what others may see.
Rule = Literal["everybody", "seen", "write", "own", "load", "granted", "admins"]

RULES: dict[str, Rule] = {
    "catalog.list": "seen",
    "catalog.search": "seen",
    "catalog.search_by_column": "seen",
    "catalog.get": "seen",
    "catalog.view": "seen",
    "catalog.describe_view": "write",
    "catalog.describe": "write",
    "catalog.tag": "write",
    "catalog.untag": "write",
    "catalog.tags": "seen",
    "catalog.terms": "seen",
    "catalog.define_term": "admins",
    "catalog.delete_term": "admins",
    "catalog.link_term": "admins",
    "catalog.unlink_term": "admins",
    "catalog.edits": "admins",
    "catalog.quality_leaders": "seen",
    "catalog.tree": "seen",
    "catalog.popular": "seen",
    "catalog.often_used_with": "seen",
    "catalog.insights": "admins",
    "catalog.recommendations": "admins",
    "catalog.statistics": "seen",
    "catalog.schema_history": "seen",
    "catalog.schema_compare": "seen",
    "catalog.schema_impact": "admins",
    "catalog.storage": "admins",
    "catalog.files": "admins",
    "datasets.sample": "seen",
    "datasets.read": "seen",
    "datasets.write": "write",
    "datasets.snapshots": "seen",
    "datasets.refs": "seen",
    "datasets.create_branch": "write",
    "datasets.create_tag": "write",
    "datasets.delete_ref": "write",
    "datasets.publish": "write",
    "datasets.rollback": "write",
    # A rule that grants names what a dataset or column is called: who calls it otherwise, grants.
    "datasets.rename": "admins",
    "datasets.alter": "admins",
    "datasets.drop": "admins",
    "datasets.dropped": "admins",
    "datasets.undrop": "admins",
    "datasets.compact": "write",
    "datasets.expire": "admins",
    "query.run": "seen",
    "query.arrow": "seen",
    "query.explain": "seen",
    "query.complete": "seen",
    "query.estimate": "seen",
    "query.validate": "seen",
    "query.profile": "seen",
    "query.history": "own",
    "query.statement": "own",
    "query.share": "own",
    "query.diff": "own",
    "query.metrics": "own",
    "query.export": "seen",
    "query.stop": "own",
    # What has a name already is told to who may write there only.
    "query.writable": "everybody",
    # A source that the server reaches and the caller does not (its files, its buckets) is refused where it is opened.
    "query.ingest": "load",
    "ingest.stage": "load",
    "ingest.preview": "load",
    "ingest.start": "load",
    "ingest.report": "own",
    "ingest.load": "load",
    "ingest.misfits": "seen",
    "ingest.correct": "write",
    "ingest.discard": "write",
    "ingest.readings": "load",
    "ingest.forget": "load",
    "ingest.statistics": "load",
    "runs.list": "own",
    "runs.get": "own",
    "runs.events": "own",
    "runs.notebook": "own",
    "runs.cancel": "own",
    "jobs.queue": "own",
    # It names machines, and what everybody does.
    "jobs.workers": "admins",
    "lineage.graph": "seen",
    "pipelines.list": "granted",
    "pipelines.get": "granted",
    "pipelines.run": "granted",
    # Whom a step names may decide; of others' steps nothing is told.
    "pipelines.approvals": "own",
    "pipelines.approve": "own",
    "pipelines.reject": "own",
    "pipelines.repair": "granted",
    "pipelines.preview_repair": "granted",
    "pipelines.rerun": "granted",
    "pipelines.diff": "granted",
    # It reads all that the run had read, as who administers.
    "pipelines.replay": "admins",
    # Her own run, and of what it read as much as she may.
    "pipelines.debug": "granted",
    "pipelines.status": "granted",
    "pipelines.versions": "granted",
    "schedules.list": "granted",
    "schedules.get": "granted",
    "schedules.dates": "granted",
    "schedules.preview": "everybody",
    "schedules.presets": "everybody",
    # Who may start the pipeline may have it started; it is done with her rights.
    "schedules.add": "granted",
    "schedules.run": "granted",
    # Her own.
    "schedules.pause": "granted",
    "schedules.resume": "granted",
    "schedules.remove": "granted",
    "schedules.backfill": "granted",
    "schedules.preview_backfill": "granted",
    "schedules.backfills": "granted",
    "schedules.cancel_backfill": "granted",
    # One's own; of what it says that one may see, today.
    "notifications.list": "own",
    "notifications.read": "own",
    "notifications.settings": "own",
    "notifications.subscribe": "own",
    "notifications.unsubscribe": "own",
    "notifications.connect": "own",
    "notifications.disconnect": "own",
    "notifications.quiet": "own",
    "notifications.test": "own",
    "notifications.mail_password": "admins",
    # Somebody else starts it, and it is done with her rights.
    "pipelines.run_notebook": "admins",
    "pipelines.new": "admins",
    "pipelines.templates": "everybody",
    "pipelines.publish": "admins",
    "pipelines.add_step": "admins",
    "pipelines.preview_step": "admins",
    "pipelines.draft": "admins",
    "quality.profile": "seen",
    "quality.current": "seen",
    "quality.history": "seen",
    "quality.failing": "seen",
    "quality.expectations": "seen",
    "quality.expect": "admins",
    "quality.remove": "admins",
    "quality.propose": "seen",
    "recipes.propose": "seen",
    "recipes.preview": "seen",
    "recipes.apply": "load",
    "recipes.get": "seen",
    "recipes.removed": "seen",
    "recipes.undo": "write",
    "recipes.promote": "load",
    "sources.connections": "granted",
    "sources.kinds": "admins",
    "sources.connect": "admins",
    "sources.disconnect": "admins",
    "sources.test": "admins",
    "sources.tables": "granted",
    "sources.watches": "admins",
    "sources.watch": "admins",
    "sources.look": "admins",
    "sources.unwatch": "admins",
    "compliance.policy": "admins",
    "compliance.policies": "admins",
    "compliance.check": "admins",
    "compliance.apply": "admins",
    "compliance.access": "admins",
    "compliance.rows": "admins",
    "compliance.roles": "admins",
    "compliance.scan": "admins",
    "compliance.findings": "admins",
    "compliance.confirm": "admins",
    "compliance.reject": "admins",
    "compliance.remediate": "admins",
    "compliance.inherited": "admins",
    "compliance.clear": "admins",
    "compliance.row_sources": "admins",
    "compliance.release": "admins",
    "compliance.withdraw": "admins",
    "compliance.audit_log": "admins",
    "compliance.verify_audit": "admins",
    "compliance.archive_audit": "admins",
    "users.me": "everybody",
    "users.my_tokens": "everybody",
    "users.new_token": "everybody",
    "users.rotate_token": "everybody",
    "users.revoke_token": "everybody",
    "users.change_password": "everybody",
    "users.list": "admins",
    "users.set_password": "admins",
    "users.add": "admins",
    "users.change": "admins",
    "users.disable": "admins",
    "users.enable": "admins",
    "users.tokens": "admins",
    "users.issue_token": "admins",
    "system.status": "seen",
    "system.health": "admins",
    "system.config": "admins",
    "system.events": "own",
    "system.stream": "own",
}

#: What answers everybody, each as its rule says.
GOVERNED = frozenset(verb for verb, rule in RULES.items() if rule != "admins")

#: What changes nothing and reads no rows, though it is no GET: a statement, a policy or a recipe does not fit into an address.
LOOKS = frozenset(
    {
        "query.explain",
        "query.estimate",
        "query.validate",
        "query.complete",
        "catalog.schema_impact",
        "compliance.access",
        "compliance.check",
        "ingest.preview",
        "recipes.preview",
        "pipelines.preview_step",
        "pipelines.preview_repair",
        "pipelines.draft",
        "schedules.preview",
        "schedules.preview_backfill",
        "sources.test",
    }
)

_ASK = "Ask who administers the workspace: it takes the role admin."
_NARROWED = "Your token is for some datasets only; this is about all of them. Sign in, or use a token that is not narrowed to datasets."
_SOURCES = "Ask who administers the workspace; what you upload yourself you take in wherever you may write."
_ALTERED = "Ask who administers the workspace, or write ALTER TABLE in SQL, where you may write and see all of the dataset."
_OWN_TOKENS = "Ask who administers the workspace; `workbench tokens` is about your own."
_STEPS = "Ask who administers the workspace to add it; CREATE TABLE ... AS keeps the rows now, where you may write."
# What somebody can do instead, by the verb or its noun.
_INSTEAD = {
    "sources": _SOURCES,
    "datasets.alter": _ALTERED,
    "datasets.rename": _ALTERED,
    "datasets.drop": _ALTERED.replace("ALTER", "DROP"),
    "users.tokens": _OWN_TOKENS,
    "users.issue_token": _OWN_TOKENS,
    "users.set_password": "Ask who administers the workspace; `workbench users password` changes your own.",
    "pipelines.add_step": _STEPS,
    "pipelines.preview_step": _STEPS,
}


def check_verb(principal: Principal, verb: str) -> None:
    """A verb that is not in the table is for admins.

    Raises
    ------
    Forbidden
        The verb is for admins, and the principal is none.
    """
    if not principal.is_admin and verb not in GOVERNED:
        if ADMIN in principal.roles:
            raise Forbidden(f"{verb} is for administrators with all their rights.", fix=_NARROWED)
        instead = _INSTEAD.get(verb) or _INSTEAD.get(verb.partition(".")[0]) or _ASK
        raise Forbidden(f"{verb} is for administrators.", fix=instead, needs=ADMIN)
