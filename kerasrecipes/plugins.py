"""What installed packages add besides recipes: sources of data and metrics, by entry points.

    [project.entry-points."kerasrecipes.sources"]
    stripes = "my_package.sources:stripes"

    [project.entry-points."kerasrecipes.metrics"]
    far_off = "my_package.metrics:FarOff"

Each is a function, or a class, that makes one when it is called without arguments. A source stands
behind a recipe's own by its name, for every recipe; a metric behind Keras's by its name, wherever
an `Objective` names metrics. A package is imported when what it adds is used, and not before.
"""

from __future__ import annotations

import importlib.metadata
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from kerasrecipes.errors import UserError

if TYPE_CHECKING:
    from kerasrecipes.recipe import Request, Source, Splits

SOURCES = "kerasrecipes.sources"
METRICS = "kerasrecipes.metrics"
_PARTS = ("summary", "load", "accepts", "reachable")  # what a source has to have


@cache
def installed(group: str) -> dict[str, importlib.metadata.EntryPoint]:
    """List what installed packages add, without importing them.

    Args:
        group: `SOURCES` or `METRICS`.

    Returns:
        Entry points by name.
    """
    return {point.name: point for point in importlib.metadata.entry_points(group=group)}


def sources() -> dict[str, Source]:
    """Return the sources of installed packages by name, none of which is imported yet."""
    return {name: AddedSource(name) for name in sorted(installed(SOURCES))}


def metric(name: str) -> Any:
    """Make the metric of an installed package.

    Args:
        name: by which an objective names it.

    Returns:
        A Keras metric, or `None` if no package adds one of this name.

    Raises:
        UserError: if the package cannot be imported, or what it names makes none.
    """
    return _made(METRICS, name) if name in installed(METRICS) else None


class AddedSource:
    """A source of an installed package, imported when something is asked of it.

    Args:
        name: of the entry point.
    """

    def __init__(self, name: str):
        self.name = name

    @cached_property
    def source(self) -> Any:
        """The package's source.

        Raises:
            UserError: if it cannot be had.
        """
        return _made(SOURCES, self.name)

    @property
    def summary(self) -> str:
        """What it holds, in a line."""
        try:
            return str(self.source.summary)
        except Exception as error:  # a package that is broken must not keep `show` from showing
            return _said(SOURCES, self.name, error)

    def load(self, request: Request) -> Splits:
        """Load the examples.

        Args:
            request: as for any source.

        Returns:
            The splits of the package's source.
        """
        return self.source.load(request)

    def accepts(self, path: str) -> bool:
        """Whether the package's source reads the file or folder at `path`."""
        try:
            return bool(self.source.accepts(path))
        except Exception:  # a package that is broken reads nothing, and other sources are asked
            return False

    def names(self, data: str) -> bool:
        """Whether `data` is one of the names that the package's source knows, if it knows any."""
        try:
            return bool(getattr(self.source, "names", lambda data: False)(data))
        except Exception:
            return False

    def reachable(self) -> str | None:
        """Return why `load` would fail on this machine, or `None` if it would not."""
        try:
            return self.source.reachable()
        except Exception as error:
            return _said(SOURCES, self.name, error)

    def __getattr__(self, name: str) -> Any:
        """Return what else the package's source has, such as `example` or `roles`.

        Args:
            name: of the attribute.

        Raises:
            AttributeError: if it has no such thing.
        """
        if name.startswith("_") or name == "source":
            raise AttributeError(name)
        try:
            return getattr(self.source, name)
        except Exception as error:
            raise AttributeError(name) from error


def _made(group: str, name: str) -> Any:
    try:
        made = installed(group)[name].load()()
        lacking = [part for part in _PARTS if group == SOURCES and not hasattr(made, part)]
        if lacking:
            raise TypeError(f"it has no {', '.join(lacking)}")
    except Exception as error:  # of somebody else's package, which may raise anything
        raise UserError(_said(group, name, error)) from error
    return made


def _said(group: str, name: str, error: Exception) -> str:
    """Return what went wrong in a package, in a line."""
    if isinstance(error, UserError):
        return str(error)
    point = installed(group)[name]
    package = point.dist.name if point.dist is not None else point.module
    said = (str(error).splitlines() or [type(error).__name__])[0]
    return f"'{name}' of the package {package} cannot be used: {said[:120]}"
