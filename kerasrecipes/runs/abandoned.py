"""Folders of runs that were killed before they had begun: nothing was trained in them, and none can
be resumed from them, for `config.toml` is what makes a folder a run.
"""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

from kerasrecipes import files
from kerasrecipes.runs import lock

_TIME = re.compile(r"\d{4}-\d\d-\d\d-\d{6}(-\d+)?")
# All that a run writes before its `config.toml`.
_BEGUN = {lock.NAME, "info.json", "environment.json", "checkpoints"}


def remove(parent: Path) -> None:
    """Remove the folders of runs whose process died before it wrote what they are.

    A folder in which anything else lies stays, as does one whose process lives or may live: without
    a lock it must be as old as a lock of another machine that counts as stale.

    Args:
        parent: folder of a recipe's runs; it need not exist.
    """
    with suppress(OSError):
        for folder in list(parent.iterdir()):
            if _TIME.fullmatch(folder.name) and not folder.is_symlink():
                with suppress(OSError):
                    _remove_if_abandoned(folder)


def _remove_if_abandoned(folder: Path) -> None:
    if (folder / "config.toml").exists() or lock.holder(folder) is not None:
        return
    stale = lock.is_stale(folder)  # before anything makes the folder new
    files.remove_leftovers(folder)
    if not stale:
        return
    names = {path.name for path in folder.iterdir()}
    if names <= _BEGUN:
        # First what may not be empty; a folder that is not is kept by `rmdir`.
        if "checkpoints" in names:
            (folder / "checkpoints").rmdir()
        for name in names - {"checkpoints"}:
            (folder / name).unlink()
        folder.rmdir()
