"""The run whose weights another training begins with: where it is, and the settings it hands on."""

from __future__ import annotations

import tomllib
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import Any

from kerasrecipes import files
from kerasrecipes.data.files import utf8_text
from kerasrecipes.settings import Lazy

NONE = "none"  # value of the setting `weights` without such a run
_HOME = Lazy("kerasrecipes.runs.run:home")
_OWN = ("weights", "adapter_rank")  # how a run began, which says nothing of the next one


def folder_of(weights: str) -> Path | None:
    """Return the folder of the run that the setting `weights` names, `None` if there is none.

    A recipe's name is not enough: the same setting has to mean the same weights tomorrow.

    Args:
        weights: a run's folder, or its name below `home()`, such as `gpt/2026-11-22-153012`.
    """
    folders = (files.expanded(weights), _HOME() / weights)
    return next((folder for folder in folders if (folder / "config.toml").is_file()), None)


def handed_on(weights: Any, recipe: str, names: Collection[str]) -> dict[str, Any]:
    """Return the settings that a training has from the run it begins with, unless the user chose.

    Args:
        weights: the setting that names the run.
        recipe: name of the recipe that is to be trained.
        names: of the settings of its data and its model.

    Returns:
        Settings by name; none where the run is one of another recipe, is not there or is damaged,
        which whoever needs its weights will say.
    """
    folder = folder_of(str(weights)) if weights not in (None, NONE) else None
    if folder is None:
        return {}
    with suppress(OSError, ValueError, TypeError, AttributeError):
        document = tomllib.loads(utf8_text(folder / "config.toml"))
        if Path(document.get("recipe", "")).stem == Path(recipe).stem:
            written = document.get("settings", {})
            return {k: v for k, v in written.items() if k in names and k not in _OWN}
    return {}
