"""Which source of a recipe reads what `--data` names."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from kerasrecipes import plugins, registry
from kerasrecipes.data import archives, roles
from kerasrecipes.errors import Notice, UserError, excerpt, unknown
from kerasrecipes.files import is_there
from kerasrecipes.recipe import Recipe, Source
from kerasrecipes.runs import in_memory

# Where the summary of a source goes on to details.
_DETAIL = re.compile(r"\s*[(;]|, (?=[a-z])")
_SHOWN = 200  # characters of a path in a message, which is to be one line


class FoundSource(NamedTuple):
    """A source of a recipe, and what it is asked for.

    Args:
        name: the source's name.
        source: the source.
        path: the user's file or folder that it reads; `None` where its name was given.
    """

    name: str
    source: Source
    path: str | None


def find_source(data: str, recipe: Recipe, name: str | None = None) -> FoundSource:
    """Find the source that `data` names, or that reads the file or folder at `data`.

    Args:
        data: a source's name, or the path of the user's own data.
        recipe: the recipe, whose own sources are asked in their order, and after them those of
            installed packages, which are not imported before.
        name: the recipe's, for a message.

    Returns:
        The source with its name, and the path where `data` is one.

    Raises:
        UserError: if there is none.
    """
    # A source's name goes before a file of the same name.
    if data in recipe.data:
        if is_there(data):
            hint = f"'{data}' is data of the recipe's own; for what is here say --data ./{data}"
            warnings.warn(hint, Notice, stacklevel=2)
        return FoundSource(data, recipe.data[data], None)
    added = {n: one for n, one in recipe.data.items() if isinstance(one, plugins.AddedSource)}
    own = {n: one for n, one in recipe.data.items() if n not in added}
    for sources in (own, added):
        if found := _asked(data, sources):
            return found
    if not is_there(data):
        shown = repr(data[:_SHOWN] + "…") if len(data) > _SHOWN else f"'{data}'"
        if registry.is_path(data) or Path(data[:_SHOWN]).suffix or len(data) > _SHOWN:
            raise UserError(f"there is no file or folder {shown}")
        raise unknown("data set", data, recipe.data)
    raise _unreadable(data, recipe, name)


def _asked(data: str, sources: Mapping[str, Source]) -> FoundSource | None:
    """Return the first source that knows a name of its own, or reads a file or folder."""
    for known, source in sources.items():
        # A source may know names of its own, such as those of environments.
        if getattr(source, "names", lambda data: False)(data):
            return FoundSource(known, source, data)
    if not sources or not is_there(data):
        return None
    for known, source in sources.items():
        if source.accepts(data):
            return FoundSource(known, source, data)
    if unpacked := archives.unpacked(data):
        for known, source in sources.items():
            if source.accepts(unpacked):
                return FoundSource(known, source, unpacked)
    return None


def _unreadable(data: str, recipe: Recipe, name: str | None) -> UserError:
    """Error for a file or folder that no source reads, with the kinds that some do."""
    told = in_memory.spoken(data, data)
    # Of an object its form is known by the file that it became.
    form = "images" if data.endswith(".npz") else "a table"
    shown = (
        f"the data, {form}"
        if told != data
        else f"'{data if len(data) <= 60 else '…' + data[-59:]}'"
    )
    # Those that read files have an example of one.
    readers = [s.summary for s in recipe.data.values() if hasattr(s, "example")]
    kinds = " or ".join(excerpt(_DETAIL.split(summary)[0]) for summary in readers)
    reads = f"it reads {kinds}" if kinds else "it reads no files"
    more = f"; see: kerasrecipes show {name}" if name else ""
    return UserError(f"this recipe cannot read {shown}; {reads}{more}")


def check_columns(options: Mapping[str, Any], found: FoundSource) -> None:
    """Refuse columns that options name and that the source has no use for.

    Args:
        options: of the data.
        found: the source.

    Raises:
        UserError: if there is no such role, or it is none of this source.
    """
    known = getattr(found.source, "roles", None)
    # The sources of a page of the user's own may have options of their own.
    if known is not None:
        roles.check(options, known, getattr(found.source, "kinds", False), f"'{found.name}'")
