"""What is installed is what is on disk."""

import configparser
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
    folders = {
        path.parent.relative_to(ROOT) for path in (ROOT / "kerasrecipes").rglob("__init__.py")
    }
    expected = {".".join(folder.parts) for folder in folders} | {"kerasrecipes.recipes"}
    assert set(config["options"]["packages"].split()) == expected
    loose = {
        path.parent.relative_to(ROOT) for path in (ROOT / "kerasrecipes").rglob("*.py")
    } - folders
    assert not loose, "folders without __init__.py are not installed"


def test_every_file_that_is_no_code_is_listed_as_package_data(config):
    listed = config["options.package_data"]
    for path in (ROOT / "kerasrecipes").rglob("*"):
        if path.is_file() and path.suffix not in (".py", ".pyc"):
            home = next(folder for folder in path.parents if (folder / "__init__.py").is_file())
            patterns = listed.get(".".join(home.relative_to(ROOT).parts), "").split()
            assert any(path in home.glob(pattern) for pattern in patterns), (
                f"{path} is not installed"
            )


def test_the_readme_gives_the_test_command_that_ci_runs():
    command = 'python -m pip install --quiet ".[test]" && python -m pytest'
    assert command in (ROOT / ".ci" / "run").read_text()
    assert command.replace(" --quiet", "") in (ROOT / "README.md").read_text()
