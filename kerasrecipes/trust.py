"""Pages of the user's own that may run, those that the user has named; and runs of the user's own.

A page is a program. The project's own pages run by their names; any other runs once the user has
named it, in a command or a call. That a run folder or a search names it is not enough: such a
folder may come from somebody else. What was named is remembered in
`~/.local/state/kerasrecipes/trusted-pages` (or `$XDG_STATE_HOME`), outside of every folder that is
handed on. Beside it `own-runs` has the run folders whose models were trained here.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path

from kerasrecipes.errors import UserError

# Child processes inherit it: also where no file can be written, trials know what the user named.
_VARIABLE = "KERASRECIPES_TRUSTED_PAGES"
# What this process has noted, also where no file can be written.
_noted: set[tuple[str, str]] = set()


def remember(page: Path) -> None:
    """Remember that the user has named a page.

    Args:
        page: its absolute path, without links.
    """
    if is_trusted(page):
        return
    named = os.environ.get(_VARIABLE, "")
    os.environ[_VARIABLE] = os.pathsep.join(filter(None, (named, str(page))))
    # Where home cannot be written, the page is trusted as long as this process runs.
    _note("trusted-pages", page)


def is_trusted(page: Path) -> bool:
    """Return whether the user has named a page.

    Args:
        page: its absolute path, without links.
    """
    if str(page) in os.environ.get(_VARIABLE, "").split(os.pathsep):
        return True
    return _is_noted("trusted-pages", page)


def require(page: Path, named_by: str) -> None:
    """Refuse a page that only a file names.

    Args:
        page: its absolute path, without links.
        named_by: what names it, for the message.

    Raises:
        UserError: if the user has never named it.
    """
    if not is_trusted(page):
        raise UserError(
            f"{named_by} wants to run the Python page {page}, which you have not named so far; if "
            "you trust it, say so with --trust"
        )


def remember_run(folder: Path) -> None:
    """Remember that the model of a run was trained here.

    Args:
        folder: of the run.
    """
    if not is_own_run(folder):
        _note("own-runs", folder.resolve())


def is_own_run(folder: Path) -> bool:
    """Return whether the model of a run was trained by this user here.

    Args:
        folder: of the run.
    """
    return _is_noted("own-runs", folder.resolve())


def _note(name: str, path: Path) -> None:
    _noted.add((name, str(path)))
    with suppress(OSError):
        _file(name).parent.mkdir(parents=True, exist_ok=True)
        # As JSON, for a path may hold the end of a line. One write, for others may write too.
        with _file(name).open("a", encoding="utf-8") as file:
            file.write(json.dumps(str(path)) + "\n")


def _is_noted(name: str, path: Path) -> bool:
    if (name, str(path)) in _noted:
        return True
    try:
        lines = _file(name).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return False
    return json.dumps(str(path)) in lines


def _file(name: str) -> Path:
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "kerasrecipes" / name
