"""The command line, a file per verb."""

from __future__ import annotations

from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run a verb; see `kerasrecipes.cli.verbs.main`."""
    from kerasrecipes.cli import verbs

    return verbs.main(argv)
