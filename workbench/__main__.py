"""``python -m workbench``: the command line where no script is installed, or another environment's comes first."""

from workbench.cli import main

main()
