"""What is installed is what is on disk."""

import ast
import configparser
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

pytestmark = pytest.mark.skipif(not (ROOT / "setup.cfg").is_file(), reason="needs the source tree")


@pytest.fixture
def config():
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg")
    return parser


def test_every_folder_of_code_is_a_listed_package(config):
    folders = {path.parent.relative_to(ROOT) for path in (ROOT / "kerasrecipes").rglob("__init__.py")}
    expected = {".".join(folder.parts) for folder in folders} | {"kerasrecipes.recipes"}
    assert set(config["options"]["packages"].split()) == expected
    loose = {path.parent.relative_to(ROOT) for path in (ROOT / "kerasrecipes").rglob("*.py")} - folders
    assert not loose, "folders without __init__.py are not installed"


def test_every_file_that_is_no_code_is_listed_as_package_data(config):
    listed = config["options.package_data"]
    for path in (ROOT / "kerasrecipes").rglob("*"):
        if path.is_file() and path.suffix not in (".py", ".pyc"):
            home = next(folder for folder in path.parents if (folder / "__init__.py").is_file())
            patterns = listed.get(".".join(home.relative_to(ROOT).parts), "").split()
            assert any(path in home.glob(pattern) for pattern in patterns), f"{path} is not installed"


def test_the_readme_gives_the_test_command_that_ci_runs():
    command = 'python -m pip install --quiet ".[test]" && python -m pytest'
    assert command in (ROOT / ".ci" / "run").read_text()
    assert command.replace(" --quiet", "") in (ROOT / "README.md").read_text()


def test_modules_point_one_way():
    """Models know no recipes, the trainer knows no command line, nothing but the console prints."""
    forbidden = {
        "models": ("kerasrecipes.recipe ", "kerasrecipes.training", "kerasrecipes.reports", "kerasrecipes.data"),
        "layers": ("kerasrecipes.models", "kerasrecipes.training", "kerasrecipes.data"),
        "data": ("kerasrecipes.training", "kerasrecipes.reports", "kerasrecipes.inference"),
        "training": ("kerasrecipes.cli", "kerasrecipes.console", "kerasrecipes.reports", "kerasrecipes.inference"),
    }
    for package, names in forbidden.items():
        for path in (ROOT / "kerasrecipes" / package).rglob("*.py"):
            imports = [line for line in path.read_text().splitlines() if re.match(r"\s*(from|import) ", line)]
            for name in names:
                assert not any(name in f"{line} " for line in imports), f"{path} imports {name}"


def test_only_the_command_line_prints():
    for path in (ROOT / "kerasrecipes").rglob("*.py"):
        if path.name not in ("cli.py", "progress.py") and path.parent.name != "console":
            calls = (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call))
            assert not [c.lineno for c in calls if isinstance(c.func, ast.Name) and c.func.id == "print"], path
