"""The root command."""

from __future__ import annotations

import errno
import os
import sys
from typing import Any

import click

import workbench
from workbench.cli.exits import CODES, report, report_unexpected
from workbench.cli.lazy import LazyGroup, ReaderLeft
from workbench.core.errors import StorageUnavailable, WorkbenchError

__all__ = ["cli", "run"]

_HERE = "workbench.cli.commands"
SECTIONS: dict[str, dict[str, tuple[str, str]]] = {
    "Begin": {
        "init": (f"{_HERE}.init:init", "Make a workspace of a folder."),
        "demo": (f"{_HERE}.demo:demo", "Make a workspace with a year of real flights to try things on."),
        "lab": (f"{_HERE}.lab:lab", "Open JupyterLab on this project, with everything running."),
        "status": (f"{_HERE}.system:status", "What is here and what runs."),
        "doctor": (f"{_HERE}.system:doctor", "Check every part; says what to do about each that fails."),
        "config": (f"{_HERE}.system:config", "Each setting, its value and where it came from."),
    },
    "Data": {
        "ingest": (f"{_HERE}.ingest:ingest", "Take files, folders, addresses and databases into tables."),
        "quarantine": (f"{_HERE}.quarantine:quarantine", "Records that did not parse: list, correct, discard them."),
        "readings": (f"{_HERE}.loads:readings", "How files of which sources are read, because somebody corrected it."),
        "loads": (f"{_HERE}.loads:loads", "Loads on the durable queue, their reports, figures of all of them."),
        "connections": (f"{_HERE}.connections:connections", "Databases that can be read as connection:NAME/table."),
        "users": (f"{_HERE}.users:users", "People and programs that the workspace knows."),
        "tokens": (f"{_HERE}.users:tokens", "Tokens that were given."),
        "password": (f"{_HERE}.users:password", "Change your own password."),
        "login": (f"{_HERE}.login:login", "Sign in to a server; WORKBENCH_URL alone is enough then."),
        "logout": (f"{_HERE}.login:logout", "Sign out of a server."),
        "me": (f"{_HERE}.users:me", "Who you are to the workspace."),
        "audit": (f"{_HERE}.audit:audit", "Who was allowed what, and who was refused."),
        "policy": (f"{_HERE}.policy:policy", "Who may see what: roles, grants, masks, row filters."),
        "compliance": (f"{_HERE}.compliance:compliance", "Personal data: find it, confirm what is found; what columns inherit."),
        "watch": (f"{_HERE}.connections:watch", "Folders whose new files are taken in as they come."),
        "datasets": (f"{_HERE}.datasets:datasets", "List, show, branch, tag, rename, drop ... datasets."),
        "search": (f"{_HERE}.search:search", "Find datasets by name, column or description."),
        "catalog": (f"{_HERE}.glossary:catalog", "What is there, who uses it, what should be looked at; the files themselves."),
        "schema": (f"{_HERE}.schema:schema", "A dataset's columns over time, and who would feel a change."),
        "sql": (f"{_HERE}.sql:sql", "Run a statement; show, save or pipe its rows."),
        "explain": (f"{_HERE}.sql:explain", "What a statement would read and return, without running it."),
        "estimate": (f"{_HERE}.history:estimate", "What a statement would read, how long it would take, and advice."),
        "validate": (f"{_HERE}.history:validate", "Whether a statement may run; nothing is run."),
        "writable": (f"{_HERE}.history:writable", "Where you may make datasets and views."),
        "plan": (f"{_HERE}.history:plan", "Run a SELECT and show how it was carried out."),
        "history": (f"{_HERE}.history:history", "Statements that were run: search, share, compare, figures."),
        "complete": (f"{_HERE}.sql:complete", "Words that fit at a position of a statement."),
        "read": (f"{_HERE}.transfer:read", "A dataset's rows, to the screen or a file."),
        "write": (f"{_HERE}.transfer:write", "Write a file's rows to a dataset in one commit."),
        "profile": (f"{_HERE}.quality:profile", "What a dataset's columns hold."),
        "quality": (f"{_HERE}.quality:quality", "How good a dataset is: eight dimensions, expectations, history."),
        "checks": (f"{_HERE}.quality:checks", "What is expected of datasets, and the rows that fail."),
        "recipe": (f"{_HERE}.recipes:recipe", "Named, reversible steps that make silver of bronze."),
        "promote": (f"{_HERE}.recipes:promote", "Make a silver dataset gold."),
        "lineage": (f"{_HERE}.lineage:lineage", "What a dataset was made from, and what was made from it."),
    },
    "Runs": {
        "run": (f"{_HERE}.pipeline_runs:run", "Run a pipeline."),
        "pipelines": (f"{_HERE}.pipelines:pipelines", "List and show pipelines and their runs."),
        "schedules": (f"{_HERE}.schedules:schedules", "When pipelines run by themselves."),
        "notifications": (f"{_HERE}.notifications:notifications", "What you are told of, and how."),
        "replay": (f"{_HERE}.replay:replay", "Whether a past run of a pipeline gives the same once more."),
        "runs": (f"{_HERE}.runs:runs", "List, show, follow and cancel runs."),
        "jobs": (f"{_HERE}.jobs:jobs", "What waits for a worker, and what workers do."),
        "events": (f"{_HERE}.runs:all_events", "What happened, in order; --follow stays."),
    },
    "Processes": {
        "up": (f"{_HERE}.processes:up", "Start the workbench's processes, or attach to those that run."),
        "down": (f"{_HERE}.processes:down", "Stop them."),
        "logs": (f"{_HERE}.processes:logs", "The end of the logs; --follow stays."),
        "serve": (f"{_HERE}.processes:serve", "Serve the API for a team."),
    },
    "Upkeep": {
        "maintenance": (f"{_HERE}.upkeep:maintenance", "Expire old snapshots and delete files nothing needs."),
        "backup": (f"{_HERE}.upkeep:backup", "Copy the workspace, consistent while it is written to."),
        "restore": (f"{_HERE}.upkeep:restore", "Make a workspace of a back-up."),
        "relocate": (f"{_HERE}.upkeep:relocate", "Mend the paths after the folder was moved."),
        "adopt": (f"{_HERE}.upkeep:adopt", "Own the lake that another copy of the workspace owned."),
        "upgrade": (f"{_HERE}.upkeep:upgrade", "Bring an older workspace to this version's format."),
        "verbs": (f"{_HERE}.verbs:verbs", "Every verb with its Python, command line and REST form."),
        "bench": ("workbench.cli.bench:bench", "Run a benchmark."),
    },
}

_EPILOG = "Exit status: " + "; ".join(f"{code} {text}" for code, text in CODES.items()) + "."


@click.group(
    cls=LazyGroup,
    sections=SECTIONS,
    epilog=_EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "-C", "--workspace", "path", type=click.Path(file_okay=False), metavar="FOLDER", help="The workspace; else the nearest one upwards."
)
@click.option("--url", metavar="URL", help="Use the workspace behind this address instead (or WORKBENCH_URL).")
@click.version_option(workbench.__version__, "-V", "--version", message="workbench %(version)s")
@click.pass_context
def cli(ctx: click.Context, path: str | None, url: str | None) -> None:
    """A JupyterLab distribution with a lakehouse inside it.

    `workbench init` makes a workspace of a folder, `workbench lab` opens JupyterLab on it. Every command that shows
    something takes --json and then prints what the REST API would answer.
    """
    ctx.obj = {"path": path, "url": url}


def run(arguments: list[str] | None = None) -> None:
    """Run the command line and end the process with its exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    sys.exit(_run(given))


def _run(arguments: list[str]) -> int:
    try:
        result: Any = cli.main(args=arguments, prog_name="workbench", standalone_mode=False)
        sys.stdout.flush()
        return result if isinstance(result, int) else 0
    except WorkbenchError as error:
        return report(error, "--json" in arguments)
    except click.NoSuchOption as error:
        if error.option_name == "--json" and error.ctx is not None and error.ctx.parent is None:
            # Click would offer --version, which is like it only in letters.
            click.UsageError("--json follows the command, as in: workbench status --json", error.ctx).show()
        else:
            error.show()
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        print("Interrupted.", file=sys.stderr)
        return 130
    except (BrokenPipeError, ReaderLeft):
        # The reader (head, less) has seen enough. Python would complain again while it closes standard output.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            # Where standard output goes; Python would complain again while it closes it.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return report(StorageUnavailable("The disk is full.", fix="Make room on it, then try again."))
        if isinstance(error.__cause__, KeyboardInterrupt):  # as DuckDB tells of one that came while it worked
            print("Interrupted.", file=sys.stderr)
            return 130
        return report_unexpected(error)
