"""Registry of recipes: each page in `recipes/` is one, and so is any page of the user's own.

Installed packages add theirs by entry points of the group `kerasrecipes.recipes`, a name and the
page's module; the names of the project's own recipes stay theirs. Names, summaries and topics are
read from the pages' text; only `load` runs a page, and with it Keras.
"""

from __future__ import annotations

import ast
import importlib
import importlib.metadata
import importlib.util
import sys
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import ModuleType

from kerasrecipes import plugins, trust
from kerasrecipes.errors import UserError, unknown
from kerasrecipes.recipe import Recipe


@dataclass(frozen=True)
class Entry:
    """A recipe as it is listed.

    Args:
        name: what the user calls it.
        summary: the first paragraph of the page's docstring.
        topic: the heading under which it is listed.
        path: the page.
    """

    name: str
    summary: str
    topic: str
    path: Path


def folder() -> Path:
    """Find the folder of the project's pages, installed or in a source tree."""
    here = Path(__file__).resolve().parent
    installed = here / "recipes"
    return installed if installed.is_dir() else here.parent / "recipes"


GROUP = "kerasrecipes.recipes"  # of entry points


@cache
def installed() -> dict[str, tuple[str, Path]]:
    """Find the pages that installed packages add, without importing these packages.

    Returns:
        Module and file of each page, by the recipe's name.
    """
    found = {}
    for point in importlib.metadata.entry_points(group=GROUP):
        top, *rest = point.module.split(".")
        # Of a package on the path itself; that of a module within would import the package.
        spec = importlib.util.find_spec(top)
        if spec is None or spec.origin is None:
            continue
        page = Path(spec.origin)
        if rest:
            page = page.parent.joinpath(*rest).with_suffix(".py")
        if page.is_file() and not (folder() / f"{point.name}.py").is_file():
            found[point.name] = (point.module, page.resolve())
    return found


def entries(pattern: str = "") -> list[Entry]:
    """List the recipes whose name, summary or topic holds `pattern`, by topic and name.

    Those of installed packages are among them.
    """
    own = sorted(path for path in folder().glob("*.py") if not path.name.startswith("_"))
    pages = [entry(path) for path in own]
    pages += [replace(entry(page), name=name) for name, (_, page) in installed().items()]
    word = pattern.lower()
    chosen = [
        e
        for e in pages
        if word in e.name.lower() or word in e.summary.lower() or word in e.topic.lower()
    ]
    return sorted(chosen, key=lambda e: (e.topic, e.name))


def entry(path: Path) -> Entry:
    """Read a page's name, summary and topic without running it."""
    tree = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
    summary = " ".join((ast.get_docstring(tree) or "").partition("\n\n")[0].split()).rstrip(".")
    topics = (
        str(node.value.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.keyword)
        and node.arg == "topic"
        and isinstance(node.value, ast.Constant)
    )
    return Entry(path.stem, summary, next(topics, "Other"), path)


def names() -> list[str]:
    """List the names of all recipes, those of installed packages too."""
    return [e.name for e in entries()]


def is_path(name: str) -> bool:
    """Whether a recipe is named by the path of its page."""
    return name.endswith(".py") or "/" in name or "\\" in name


def find(name: str) -> Path:
    """Find the page of a recipe.

    Args:
        name: the name of a recipe, or the path of a page.

    Returns:
        The page's absolute path.

    Raises:
        UserError: if there is none.
    """
    if is_path(name):
        path = Path(name).expanduser().resolve()
        if path.suffix != ".py":
            raise UserError(
                f"a page is a Python file, received '{name}'; your own data is given as --data "
                f"{name}"
            )
        if not path.is_file():
            raise UserError(
                f"there is no page '{name}'; 'kerasrecipes copy lenet {Path(name).name}' would "
                "make one"
            )
        return path
    path = folder() / f"{name}.py"
    if not name.startswith("_") and path.is_file():
        return path
    if name not in installed():
        raise unknown("recipe", name, names())
    return installed()[name][1]


def canonical(name: str) -> str:
    """Name of a recipe that holds in any working folder: a path becomes absolute."""
    return str(Path(name).expanduser().resolve()) if is_path(name) else name


def load(name: str | Path, *, named_by: str | None = None) -> Recipe:
    """Run a page and return its recipe.

    Args:
        name: the name of a recipe, or the path of a page; a `Path` is one that `find` has returned.
        named_by: the file that names the page, such as the configuration of a run; by default the
            user does. A page that is neither the project's own nor an installed package's runs only
            if the user has named it.

    Returns:
        The object that the page calls `recipe`; sources of installed packages stand behind its own.

    Raises:
        UserError: if there is no such page, it holds no recipe, or only a file names it.
    """
    page = name if isinstance(name, Path) else find(name)
    if page.parent != folder() and _module_of(page) is None:
        if named_by is not None:
            trust.require(page, named_by)
        trust.remember(page)
    module = load_page(page)
    recipe = getattr(module, "recipe", None)
    if not isinstance(recipe, Recipe):
        raise UserError(
            f"the page '{name}' must define 'recipe = Recipe(…)', found {type(recipe).__name__}"
        )
    # The recipe's own names stay its own, and its default is the first.
    added = {n: source for n, source in plugins.sources().items() if n not in recipe.data}
    return replace(recipe, data={**recipe.data, **added}) if added else recipe


def _module_of(page: Path) -> str | None:
    """Return the module of an installed package's page; `None` for any other page."""
    return next((module for module, path in installed().values() if path == page), None)


def load_page(path: Path) -> ModuleType:
    """Run a page as a module."""
    if added := _module_of(path):
        return importlib.import_module(added)
    own = path.parent == folder()
    name = f"kerasrecipes.recipes.{path.stem}" if own else f"kerasrecipes_page_{path.stem}"
    if own and name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None  # a .py file always has both
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException as error:
        del sys.modules[name]
        if isinstance(error, SystemExit):
            # Taken for the end of the program, it would end a command as if it had succeeded.
            raise UserError(f"the page '{path}' ends the program (sys.exit)") from error
        if isinstance(error, SyntaxError):
            raise UserError(
                f"the page '{path}' is not Python: {error.msg} in line {error.lineno}"
            ) from error
        raise
    return module
