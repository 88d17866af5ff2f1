"""What `check` shows: what this machine has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kerasrecipes.cli.output import out, quiet_start


def check() -> None:
    """Print what this machine has, and prove that it trains."""
    for name, value in checked().items():
        if isinstance(value, Mapping):
            out.print(f"[bold]{name}[/]")
            for key, entry in value.items():
                out.print(f"  {key:<22} {entry}", markup=False)
        else:
            out.print(f"[bold]{name}[/]  {value}")


def checked() -> dict[str, Any]:
    """Find out what this machine has, and whether it trains."""
    from kerasrecipes.cli import health

    with quiet_start():
        return health.report()
