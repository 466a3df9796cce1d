"""The command line: the verbs of a workspace, each with ``--json``, and what keeps a workspace running."""

__all__ = ["main"]


def main() -> None:
    """Entry point of ``workbench``."""
    from workbench.cli.root import run

    run()
