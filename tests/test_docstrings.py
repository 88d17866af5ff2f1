"""Whatever is public says what it is and what it takes."""

import ast
import builtins
import functools
import importlib
import importlib.util
import random
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = {"kerasrecipes": ROOT / "kerasrecipes", "kerasrecipes.recipes": ROOT / "recipes"}

pytestmark = pytest.mark.skipif(not (ROOT / "setup.cfg").is_file(), reason="needs the source tree")

Function = ast.FunctionDef | ast.AsyncFunctionDef
Documented = ast.Module | ast.ClassDef | Function
Base = ast.ClassDef | type


# Reading names without importing them: Keras alone takes longer to load than these tests to run.


@functools.cache
def source(module: str) -> Path | None:
    """The file of a module, found as Python would find it but not run."""
    for package in sorted(PACKAGES, key=len, reverse=True):
        if module == package or module.startswith(package + "."):
            root, inner = PACKAGES[package], module.removeprefix(package).split(".")[1:]
            break
    else:
        package, *inner = module.split(".")
        spec = importlib.util.find_spec(package)
        if spec is None or not spec.submodule_search_locations:
            return None
        root = Path(next(iter(spec.submodule_search_locations)))
    # Until 3.11 Keras's public names stood in a folder that it adds to its path.
    for folder in (root, root / "api"):
        place = folder.joinpath(*inner)
        for path in (place / "__init__.py", place.with_suffix(".py")):
            if path.is_file():
                return path
    return None


@functools.cache
def tree(path: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(path.read_text())


@functools.cache
def names(module: str) -> dict[str, ast.ClassDef | str]:
    """Classes that a module defines, and the dotted names of what it imports at its top."""
    path = source(module)
    if path is None:
        return {}
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    found: dict[str, ast.ClassDef | str] = {}
    for node in tree(path).body:
        if isinstance(node, ast.ClassDef):
            found[node.name] = node
        elif isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.partition(".")[0]
                found[alias.asname or top] = alias.name if alias.asname else top
        elif isinstance(node, ast.ImportFrom):
            home = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                home = ".".join([*above, home] if home else above)
            for alias in node.names:
                found[alias.asname or alias.name] = f"{home}.{alias.name}"
    return found


@functools.cache
def find(dotted: str, module: str) -> tuple[Base, str] | None:
    """The class that a name means where it stands, and the module that defines it."""
    first, _, rest = dotted.partition(".")
    known = names(module).get(first)
    if isinstance(known, ast.ClassDef):
        return (known, module) if not rest else None
    if known is None:
        meant = getattr(builtins, dotted, None)
        return (meant, "builtins") if isinstance(meant, type) else None
    home, _, name = f"{known}.{rest}".rstrip(".").rpartition(".")
    if home.partition(".")[0] in sys.stdlib_module_names:
        meant = getattr(importlib.import_module(home), name)
        # `NamedTuple` is a function; what it makes has no methods of its own to override.
        return (meant if isinstance(meant, type) else tuple, home)
    return find(name, home) if source(home) else None


def bases(node: ast.ClassDef, module: str) -> Iterator[tuple[Base, str]]:
    """All classes from which a class inherits, the nearest first."""
    for base in node.bases:
        name = ast.unparse(base.value if isinstance(base, ast.Subscript) else base)
        found = find(name, module)
        # An unknown base of this package would exempt or accuse methods without a reason.
        assert found or not module.startswith("kerasrecipes"), f"{module}: no class {name}"
        if found:
            yield found
            if isinstance(found[0], ast.ClassDef):
                yield from bases(found[0], found[1])


# What stands to be documented.


@functools.cache
def modules() -> dict[str, Path]:
    """Every public module of the package by its dotted name; recipes install as a part of it."""
    found = {}
    for package, folder in PACKAGES.items():
        for path in sorted(folder.rglob("*.py")):
            parts = path.relative_to(folder).with_suffix("").parts
            parts = parts[:-1] if parts[-1] == "__init__" else parts
            if not any(part.startswith("_") for part in parts):
                found[".".join((package, *parts))] = path
    return found


def public(body: list[ast.stmt]) -> Iterator[ast.ClassDef | Function]:
    """Public definitions of a body, also those under a condition such as `if` or `try`."""
    for node in body:
        if isinstance(node, ast.ClassDef | Function):
            if not node.name.startswith("_"):
                yield node
        else:
            for part in ("body", "orelse", "finalbody"):
                yield from public(getattr(node, part, []))
            for handler in getattr(node, "handlers", []):
                yield from public(handler.body)


def parameters(function: Function, *, method: bool = False) -> list[str]:
    """Names of what a function takes, without `self` and without `_`, which nobody reads."""
    given = function.args
    named = [*given.posonlyargs, *given.args]
    static = any(ast.unparse(each) == "staticmethod" for each in function.decorator_list)
    named = named[1:] if method and not static else named
    stars = [each for each in (given.vararg, given.kwarg) if each]
    names = [each.arg for each in (*named, *given.kwonlyargs, *stars)]
    return [name for name in names if name.strip("_")]


def fields(owner: ast.ClassDef) -> list[str]:
    """Parameters of the constructor that a dataclass or a named tuple gets by its annotations.

    The settings of the trainer say in their place what they are, for `--help` to read it.
    """
    makers = [ast.unparse(each) for each in (*owner.decorator_list, *owner.bases)]
    if not any(re.match(r"(dataclasses\.)?dataclass\b|(typing\.)?NamedTuple$", m) for m in makers):
        return []
    return [
        node.target.id
        for node in owner.body
        if isinstance(node, ast.AnnAssign)
        and isinstance(node.target, ast.Name)
        and not node.target.id.startswith("_")
        and not ast.unparse(node.annotation).startswith("ClassVar")
        and not re.match(r"_setting\(|.*\binit=False", ast.unparse(node.value or node.target))
    ]


def explained(node: Documented) -> set[str]:
    """Names that a docstring explains under `Args:`."""
    text = ast.get_docstring(node) or ""
    section = re.search(r"^Args:\n((?: {4}.*\n|\n)*)", text + "\n", re.MULTILINE)
    entries = re.findall(r"^ {4}([\w*, ]+): *\S", section[1] if section else "", re.MULTILINE)
    return {name.strip("* ") for entry in entries for name in entry.split(",")}


def explained_elsewhere(function: Function, owner: ast.ClassDef | None, module: str) -> set[str]:
    """Parameters that are explained where they were first declared: the one exemption.

    An override does what its base promises, so it takes what the base's docstring explains: that of
    this package, by name; that of Keras and of the standard library, whatever it takes in the same
    places, for their documentation is not ours to repeat. The functions of a recipe's page likewise
    take what `Recipe` says in words such as `prepare(splits, *, …)`. What goes beyond is new, and
    has to be explained.
    """
    if owner is None:
        return hook(function, module)
    mine = parameters(function, method=True)
    found: set[str] = set()
    for base, home in bases(owner, module):
        if isinstance(base, type):
            found |= set(mine if hasattr(base, function.name) else ())
            continue
        for theirs in base.body:
            if isinstance(theirs, Function) and theirs.name == function.name:
                names = parameters(theirs, method=True)
                if home.startswith("kerasrecipes"):
                    found |= set(names) & explained(theirs)
                elif theirs.args.vararg or theirs.args.kwarg:
                    found |= set(mine)
                else:
                    # Keras calls by position, and renames a parameter now and then.
                    found |= {*names, *mine[: len(names)]}
    return found


def hook(function: Function, module: str) -> set[str]:
    """Parameters of a page's function that `Recipe` explains with its result; empty for others."""
    recipe = names("kerasrecipes.recipe")["Recipe"]
    if not module.startswith("kerasrecipes.recipes.") or not isinstance(recipe, ast.ClassDef):
        return set()
    said = re.search(rf"`{function.name}\(([^)*]*).*\) ->", ast.get_docstring(recipe) or "")
    return set(re.findall(r"\w+", said[1])) if said else set()


def says_what_it_returns(function: Function) -> bool:
    """Whether the result has a section, or the summary is about nothing else."""
    text = ast.get_docstring(function) or ""
    result = ast.unparse(function.returns) if function.returns else "None"
    # A context manager that yields nothing is an `Iterator[None]`.
    nothing = result in ("None", "NoReturn", "Iterator[None]")
    section = re.search(r"^(Returns|Yields):$", text, re.MULTILINE)
    return bool(nothing or section or re.match(r"(Return|Yield|Whether)\b", text))


def lacking(module: str, code: ast.Module) -> list[str]:
    """What the docstrings of a module leave unsaid."""
    found = [] if ast.get_docstring(code) else [f"{module} has no docstring"]

    def look(node: ast.ClassDef | Function, owner: ast.ClassDef | None) -> None:
        name = f"{module}:{node.lineno} {owner.name + '.' if owner else ''}{node.name}"
        # What a constructor takes is explained in the docstring of its class.
        constructor = owner if node.name == "__init__" else None
        if not constructor and not ast.get_docstring(node):
            found.append(f"{name} has no docstring")
        if isinstance(node, ast.ClassDef):
            missing = [each for each in fields(node) if each not in explained(node)]
            if len(fields(node)) > 1 and missing:
                found.append(f"{name} does not explain {', '.join(missing)} under Args")
            for inner in node.body:
                if isinstance(inner, Function) and inner.name == "__init__":
                    look(inner, node)
            for inner in public(node.body):
                look(inner, node)
            return
        known = explained(node) | (explained(constructor) if constructor else set())
        taken = parameters(node, method=owner is not None)
        missing = [each for each in taken if each not in known]
        if len(taken) > 1 and missing and not constructor:
            elsewhere = explained_elsewhere(node, owner, module)
            missing = [each for each in missing if each not in elsewhere]
        if len(taken) > 1 and missing:
            found.append(f"{name} does not explain {', '.join(missing)} under Args")
        if explained(node) and not hook(node, module) and not says_what_it_returns(node):
            found.append(f"{name} does not say what it returns")

    for node in public(code.body):
        look(node, None)
    return found


def test_everything_public_says_what_it_is_and_takes():
    found = [line for module, path in modules().items() for line in lacking(module, tree(path))]
    assert not found, "\n".join(found)


# A test that reads code may come to see nothing: what it has to find is planted.


def functions() -> Iterator[tuple[str, str, Function, bool]]:
    """Public functions by module and name, and whether their own docstring has to explain all."""
    for module, path in modules().items():
        for node in public(tree(path).body):
            owner = node if isinstance(node, ast.ClassDef) else None
            for each in public(owner.body) if owner else [node]:
                if isinstance(each, Function):
                    name = f"{owner.name}.{each.name}" if owner else each.name
                    yield module, name, each, not explained_elsewhere(each, owner, module)


def without_entry(text: str) -> str:
    """Drop the name of the last parameter that a docstring explains."""
    *_, last = re.finditer(r"^ +[\w*]+: ", text.partition("Args:\n")[2].partition("\n\n")[0], re.M)
    return text.replace(last[0], last[0].replace(last[0].strip(), "planted:"))


def without_result(text: str) -> str:
    """Drop the heading of what a function returns."""
    return re.sub(r"^ +(Returns|Yields):$", "", f"Planted. {text}", flags=re.MULTILINE)


PLANTED = {
    "has no docstring": lambda text: "",
    "does not explain": without_entry,
    "does not say what it returns": without_result,
}


@pytest.mark.parametrize("fault", PLANTED)
def test_what_a_docstring_loses_is_missed(fault, monkeypatch):
    candidates = [
        (module, name, function)
        for module, name, function, alone in functions()
        if alone
        and len(explained(function)) > 1
        and "Returns:\n" in str(ast.get_docstring(function))
    ]
    assert len(candidates) > 200, "the check hardly sees any function"
    for module, name, function in random.Random(0).sample(candidates, 50):
        statement = function.body[0]
        assert isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        with monkeypatch.context() as planted:
            planted.setattr(statement.value, "value", PLANTED[fault](str(statement.value.value)))
            found = lacking(module, tree(modules()[module]))
        assert any(f" {name} {fault}" in line for line in found), f"{module} {name}: {found}"


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("kerasrecipes.strategies.jax_distribution", "ModelSharded.prepare"),  # of this package
        ("kerasrecipes.layers.text_encodings", "BagOfWords.compute_mask"),  # of Keras
        ("kerasrecipes.recipes.lenet", "prepare"),  # of `Recipe`
    ],
)
def test_only_what_the_base_takes_is_explained_there(module, name, monkeypatch):
    code = tree(modules()[module])
    (override,) = (each[2] for each in functions() if each[:2] == (module, name))
    assert len(parameters(override, method="." in name)) > 1
    assert not lacking(module, code)
    monkeypatch.setattr(override.args, "kwonlyargs", [*override.args.kwonlyargs, ast.arg("new")])
    assert [line.partition(" ")[2] for line in lacking(module, code)] == [
        f"{name} does not explain new under Args"
    ]


def test_every_field_of_a_dataclass_has_to_be_explained(monkeypatch):
    module = "kerasrecipes.data.batches"
    code = tree(modules()[module])
    (batches,) = (each for each in public(code.body) if each.name == "Batches")
    monkeypatch.setattr(batches, "body", [*batches.body, *ast.parse("new: int = 0").body])
    assert [line.partition(" ")[2] for line in lacking(module, code)] == [
        "Batches does not explain new under Args"
    ]
