"""Imports point one way, also those that stand inside functions; only those for type checkers are
left out.
"""

import ast
import functools
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# From the ground up: a room imports from those before it, and from itself.
ROOMS = (
    "errors",
    "terminal",
    "version",
    "processes",
    "files",
    "memory",
    "conversion",
    "ranges",
    "settings",
    "backend",
    "training_settings",
    "preprocessing",
    "earlier_facts",
    "info",
    "recipe",
    "plugins",
    "trust",
    "registry",
    "zoo",
    "metrics",
    "losses",
    "layers",
    "heads",
    "environments",
    "data",
    "models",
    "strategies",
    "interpret",
    "answers",
    "diagnosis",
    "runs",
    "training",
    "inference",
    "reports",
    "tasks",
    "recipes",
    "tuning",
    "comparison",
    "api",
    "predictor",
    "serve",
    "teach",
    "testing",
    "cli",
    "__main__",
    "__init__",
)

# Arrows that point down and are forbidden all the same: whoever trains has been given the recipe.
FORBIDDEN = {("training", "registry")}

# Packages that offer names of their modules; all others are imported from where they are defined.
FACES = {"kerasrecipes", "kerasrecipes.api", "kerasrecipes.diagnosis", "kerasrecipes.strategies"}

pytestmark = pytest.mark.skipif(not (ROOT / "setup.cfg").is_file(), reason="needs the source tree")


@functools.cache
def modules() -> dict[str, Path]:
    """Every module of the package by its dotted name; recipes install as a part of it."""
    found = {}
    for folder in ("kerasrecipes", "recipes"):
        for path in (ROOT / folder).rglob("*.py"):
            parts = path.relative_to(ROOT).with_suffix("").parts
            parts = parts if folder == "kerasrecipes" else ("kerasrecipes", *parts)
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


@functools.cache
def tree(name: str) -> ast.Module:
    """The syntax tree of a module."""
    return ast.parse(modules()[name].read_text())


def imports(name: str) -> set[str]:
    """The package's own modules that a module imports, wherever in it."""
    for_types = {
        id(inner)
        for node in ast.walk(tree(name))
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }
    found = set()
    for node in ast.walk(tree(name)):
        if id(node) in for_types:
            continue
        if isinstance(node, ast.Import):
            found |= {
                alias.name for alias in node.names if alias.name.split(".")[0] == "kerasrecipes"
            }
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name} imports relative to itself"
            if (node.module or "").split(".")[0] == "kerasrecipes":
                inner = {f"{node.module}.{alias.name}" for alias in node.names}
                found |= {module if module in modules() else node.module for module in inner}
    return found - {name}


def room(name: str) -> str:
    """A module's room: the folder or file right below the package."""
    return name.split(".")[1] if "." in name else "__init__"


def test_every_room_has_its_place():
    assert {room(name) for name in modules()} == set(ROOMS)


def test_imports_point_down():
    arrows = {(room(name), room(other)) for name in modules() for other in imports(name)}
    upward = {(a, b) for a, b in arrows if ROOMS.index(b) > ROOMS.index(a)}
    assert not upward
    assert not arrows & FORBIDDEN


def test_no_modules_import_each_other():
    graph = {name: imports(name) & set(modules()) for name in modules()}
    assert not circles(graph)


def circles(graph: dict[str, set[str]]) -> list[set[str]]:
    """Sets of modules that reach each other."""
    reached = {name: _reached(graph, name) for name in graph}
    found = []
    for name in graph:
        circle = {other for other in reached[name] if name in reached[other]}
        if circle and circle not in found:
            found.append(circle)
    return found


def _reached(graph: dict[str, set[str]], start: str) -> set[str]:
    reached, waiting = set(), [start]
    while waiting:
        for other in graph[waiting.pop()] - reached:
            reached.add(other)
            waiting.append(other)
    return reached


def test_names_are_imported_from_where_they_are_defined():
    taken = {
        (name, node.module, alias.name)
        for name in modules()
        for node in ast.walk(tree(name))
        if isinstance(node, ast.ImportFrom) and node.module in modules()
        for alias in node.names
        if f"{node.module}.{alias.name}" not in modules()
    }
    assert not [
        f"{name} takes {what} from {where}"
        for name, where, what in sorted(taken)
        if where not in FACES and what not in defined(where)
    ]


@functools.cache
def defined(name: str) -> set[str]:
    """Names that a module itself defines at its top level."""
    found = set()
    for node in tree(name).body:
        for inner in ast.walk(node):
            if isinstance(inner, (ast.FunctionDef, ast.ClassDef)):
                found.add(inner.name)
            elif isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
                found.add(inner.id)
    return found


def test_only_the_command_line_prints():
    for name, path in modules().items():
        if room(name) != "cli" and name != "kerasrecipes.training.progress":
            calls = (
                node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)
            )
            assert not [
                c.lineno for c in calls if isinstance(c.func, ast.Name) and c.func.id == "print"
            ], path
