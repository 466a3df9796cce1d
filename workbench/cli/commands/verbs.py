"""``workbench verbs``: the faces side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from workbench.cli.output import json_option, show

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["COMMANDS", "verbs"]

COMMANDS = {
    "catalog.list": "datasets list",
    "catalog.search": "search",
    "catalog.get": "datasets show",
    "catalog.view": "catalog view",
    "catalog.describe_view": "catalog describe-view",
    "catalog.describe": "datasets describe",
    "catalog.search_by_column": "catalog columns",
    "catalog.tag": "catalog tag",
    "catalog.untag": "catalog untag",
    "catalog.tags": "catalog tags",
    "catalog.terms": "catalog terms",
    "catalog.define_term": "catalog define",
    "catalog.delete_term": "catalog delete-term",
    "catalog.link_term": "catalog link",
    "catalog.unlink_term": "catalog unlink",
    "catalog.edits": "catalog edits",
    "catalog.quality_leaders": "catalog quality-leaders",
    "catalog.tree": "catalog tree",
    "catalog.popular": "catalog popular",
    "catalog.often_used_with": "catalog used-with",
    "catalog.insights": "catalog insights",
    "catalog.recommendations": "catalog recommendations",
    "catalog.statistics": "catalog statistics",
    "catalog.schema_history": "schema history",
    "catalog.schema_compare": "schema compare",
    "catalog.schema_impact": "schema impact",
    "catalog.storage": "catalog storage",
    "catalog.files": "catalog files",
    "datasets.sample": "datasets sample",
    "datasets.read": "read",
    "datasets.write": "write",
    "datasets.snapshots": "datasets history",
    "datasets.refs": "datasets refs",
    "datasets.create_branch": "datasets branch",
    "datasets.create_tag": "datasets tag",
    "datasets.delete_ref": "datasets delete-ref",
    "datasets.publish": "datasets publish",
    "datasets.rollback": "datasets rollback",
    "datasets.rename": "datasets rename",
    "datasets.alter": "datasets alter",
    "datasets.drop": "datasets drop",
    "datasets.dropped": "datasets dropped",
    "datasets.undrop": "datasets undrop",
    "datasets.compact": "datasets compact",
    "datasets.expire": "datasets expire",
    "compliance.audit_log": "audit list",
    "compliance.verify_audit": "audit verify",
    "compliance.archive_audit": "audit archive",
    "compliance.policy": "policy show",
    "compliance.policies": "policy history",
    "compliance.check": "policy check",
    "compliance.apply": "policy apply",
    "compliance.access": "policy try",
    "compliance.roles": "policy roles",
    "compliance.scan": "compliance scan",
    "compliance.findings": "compliance findings",
    "compliance.confirm": "compliance confirm",
    "compliance.reject": "compliance reject",
    "compliance.remediate": "compliance remediate",
    "compliance.inherited": "compliance inherited",
    "compliance.clear": "compliance clear",
    "compliance.row_sources": "compliance row-sources",
    "compliance.release": "compliance release",
    "compliance.withdraw": "compliance withdraw",
    "compliance.rows": "policy rows",
    "users.me": "me",
    "users.list": "users list",
    "users.add": "users add",
    "users.change": "users change",
    "users.disable": "users disable",
    "users.enable": "users enable",
    "users.set_password": "users password",
    "users.change_password": "password",
    "users.tokens": "tokens list",
    "users.my_tokens": "tokens list --mine",
    "users.new_token": "tokens new",
    "users.rotate_token": "tokens rotate",
    "users.issue_token": "users token",
    "users.revoke_token": "tokens revoke",
    "query.run": "sql",
    "query.arrow": "sql -o FILE",
    "query.export": "sql -o FILE",
    "query.stop": "sql --stop",
    "query.explain": "explain",
    "query.estimate": "estimate",
    "query.validate": "validate",
    "query.profile": "plan",
    "query.history": "history list",
    "query.statement": "history show",
    "query.share": "history share",
    "query.diff": "history diff",
    "query.metrics": "history metrics",
    "query.complete": "complete",
    "query.writable": "writable",
    "query.ingest": "ingest",
    "ingest.stage": "loads stage",
    "ingest.preview": "ingest --preview",
    "ingest.start": "loads start",
    "ingest.report": "loads report",
    "ingest.load": "ingest",
    "ingest.misfits": "quarantine",
    "ingest.correct": "quarantine --import",
    "ingest.discard": "quarantine --discard",
    "ingest.readings": "readings list",
    "ingest.forget": "readings forget",
    "ingest.statistics": "loads statistics",
    "runs.list": "runs list",
    "runs.get": "runs show",
    "runs.events": "runs events",
    "runs.notebook": "runs notebook",
    "runs.cancel": "runs cancel",
    "jobs.queue": "jobs queue",
    "jobs.workers": "jobs workers",
    "lineage.graph": "lineage",
    "pipelines.list": "pipelines list",
    "pipelines.get": "pipelines show",
    "pipelines.new": "pipelines new",
    "pipelines.templates": "pipelines templates",
    "pipelines.run": "run",
    "pipelines.add_step": "pipelines add-step",
    "pipelines.preview_step": "pipelines add-step --preview",
    "pipelines.repair": "pipelines repair",
    "pipelines.rerun": "pipelines rerun",
    "pipelines.diff": "pipelines diff",
    "pipelines.status": "pipelines status",
    "quality.profile": "profile",
    "quality.current": "quality",
    "quality.history": "quality --history",
    "quality.failing": "checks failing",
    "quality.expectations": "checks list",
    "quality.expect": "checks add",
    "quality.remove": "checks remove",
    "quality.propose": "checks propose",
    "recipes.propose": "recipe propose",
    "recipes.preview": "recipe preview",
    "recipes.apply": "recipe apply",
    "recipes.get": "recipe show",
    "recipes.removed": "recipe removed",
    "recipes.undo": "recipe undo",
    "recipes.promote": "promote",
    "sources.connections": "connections list",
    "sources.kinds": "connections kinds",
    "sources.connect": "connections add",
    "sources.disconnect": "connections remove",
    "sources.test": "connections test",
    "sources.tables": "connections tables",
    "sources.watches": "watch list",
    "sources.watch": "watch add",
    "sources.look": "watch look",
    "sources.unwatch": "watch remove",
    "system.status": "status",
    "system.health": "doctor",
    "system.config": "config",
    "system.events": "events",
}


@click.command()
@json_option
def verbs(as_json: bool) -> None:
    """Every verb with its Python, command line and REST form."""
    from workbench.app.protocol import NAMESPACES
    from workbench.app.verbs import verbs_of

    rows = [
        {
            "verb": f"{noun}.{verb.name}",
            "python": f"ws.{noun}.{verb.name}({', '.join(p.name for p in verb.parameters)})",
            "command": f"workbench {COMMANDS.get(f'{noun}.{verb.name}', '')}".strip(),
            "rest": f"{verb.method} /api{verb.path}",
            "summary": verb.summary,
        }
        for noun, protocol in NAMESPACES.items()
        for verb in verbs_of(protocol)
    ]

    def render(console: Console) -> None:
        from workbench.cli import style

        console.print(style.table(("python", "command", "REST"), [(r["python"], r["command"], r["rest"]) for r in rows]))

    show(rows, as_json, render)
