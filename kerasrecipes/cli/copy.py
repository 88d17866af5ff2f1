"""The verb `copy`."""

from __future__ import annotations

import argparse
import re
import shutil
from pathlib import Path

from kerasrecipes import files, registry
from kerasrecipes.cli import flags
from kerasrecipes.errors import UserError
from kerasrecipes.version import __version__

# Of a package with one recipe, which is found by its name once the package is installed.
_SETUP = """[metadata]
name = {name}
version = 0.1.0
description = A recipe for kerasrecipes

[options]
packages = {name}
install_requires =
    kerasrecipes>={version}

[options.extras_require]
test = pytest

[options.entry_points]
{group} =
    {name} = {name}.{name}
"""
_PYPROJECT = """[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"
"""
_TEST = """from kerasrecipes.testing import check_recipe


def test_{name}(tmp_path):
    check_recipe("{name}", tmp_path)
"""
_README = """# {name}

    pip install -e '.[test]'
    kerasrecipes run {name}
    python -m pytest
"""


def add(verbs: flags.Verbs) -> None:
    """Add the verb's parser."""
    parser = flags.add_verb(verbs, "copy", execute, "lenet my_page.py")
    parser.add_argument("name", metavar="NAME", help="a recipe")
    what = "the page to write, or with --project the folder of a package"
    parser.add_argument("target", metavar="PAGE.py", help=what)
    what = "make a package that can be installed, whose recipe has the folder's name, with a test"
    parser.add_argument("--project", action="store_true", help=what)


def execute(arguments: argparse.Namespace) -> None:
    """Copy a recipe's page to make it your own."""
    source, target = registry.find(arguments.name), Path(arguments.target)
    if arguments.project:
        _project(arguments.name, source, target)
        return
    if target.suffix != ".py":
        raise UserError(
            f"a page is a Python file, received '{target}'; try: {target.with_suffix('.py')}"
        )
    try:
        # Mode `x` looks and creates in one step: nothing can appear in between and be overwritten.
        with source.open("rb") as read, target.open("xb") as written:
            shutil.copyfileobj(read, written)
    except FileExistsError as error:
        raise UserError(
            f"'{target}' exists already and is left alone; choose another name"
        ) from error
    except OSError as error:
        raise UserError(f"cannot write '{target}': {error.strerror}") from error
    path = target if target.is_absolute() else f"./{target}"
    print(f"{target} is yours; try: {flags.PROGRAM} run {path}")


def _project(recipe: str, page: Path, target: Path) -> None:
    """Write a package around a copy of a page.

    Raises:
        UserError: if the folder is there, or its name cannot be that of a package and a new recipe.
    """
    name = target.absolute().name
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise UserError(
            f"the folder is the package's name too: small letters, digits and _, such as "
            f"my_{page.stem}; received '{name}'"
        )
    if name in registry.names():
        raise UserError(f"'{name}' is a recipe already; choose another name, such as my_{name}")
    if target.exists():
        raise UserError(f"'{target}' exists already and is left alone; choose another name")
    text = page.read_text(encoding="utf-8")
    # The commands of its docstring.
    text = re.sub(rf"(kerasrecipes \w+ ){re.escape(page.stem)}\b", rf"\g<1>{name}", text)
    given = {"name": name, "version": __version__, "group": registry.GROUP}
    parts = {
        "setup.cfg": _SETUP.format(**given),
        "pyproject.toml": _PYPROJECT,
        "README.md": _README.format(**given),
        f"{name}/__init__.py": f'"""A recipe for kerasrecipes, after {recipe}."""\n',
        f"{name}/{name}.py": text,
        f"tests/test_{name}.py": _TEST.format(**given),
    }
    with (
        files.telling_failures(f"'{target}' was not written"),
        files.replacing_path(target) as folder,
    ):
        for path, content in parts.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(content, encoding="utf-8")
    print(
        f"{target} is a package of yours; try: pip install -e {target}, then "
        f"{flags.PROGRAM} run {name}"
    )
