"""What is installed is what is on disk."""

import ast
import configparser
import re
from pathlib import Path

import pytest

from kerasrecipes.version import __version__

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
    # Those two lie beside the package in a source tree.
    beside = {"kerasrecipes.recipes", "kerasrecipes.trained"}
    expected = {".".join(folder.parts) for folder in folders} | beside
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
    install, test = 'python -m pip install --quiet ".[test]"', "python -m pytest"
    lines = (ROOT / ".ci" / "run").read_text().splitlines()
    assert lines.index(install) < lines.index(test)
    assert f"{install} && {test}".replace(" --quiet", "") in (ROOT / "README.md").read_text()


# Tests of a behaviour that no module has alone; all others are named by the module that they test.
BY_BEHAVIOUR = {
    "data/images/test_photos.py": "photographs of every odd kind, from files to batches",
    "data/synthetic/test_released_examples.py": "generated sets are those of earlier versions",
    "data/test_limited.py": "--limit counts what training learns from, whatever the examples",
    "diagnosis/test_truth.py": "rules together, on rare classes, noise, heads and rates",
    "inference/test_explain.py": "--explain of every kind of answer",
    "models/test_lineage.py": "parameters of the networks of several papers",
    "runs/test_released_runs.py": "runs of earlier versions answer and resume",
    "serve/test_page.py": "the page in a real browser",
    "strategies/test_agreement.py": "several devices and processes equal one",
    "teach/test_page.py": "the page in a real browser",
    "training/test_input_pipeline_of_sequences.py": "batches of different length in every strategy",
    "training/test_resume.py": "an interrupted training ends with the same bits",
    "tuning/test_chaos.py": "a search survives kills at random",
    "tuning/test_released_searches.py": "searches of earlier versions go on",
}


def test_tests_are_named_by_what_they_test():
    tests = ROOT / "tests"
    for path in tests.rglob("test_*.py"):
        name = path.relative_to(tests)
        if len(name.parts) == 1 or name.as_posix() in BY_BEHAVIOUR:
            continue  # at the top stand tests of the whole
        module = ROOT / "kerasrecipes" / name.with_name(name.name.removeprefix("test_"))
        package = module.parent if module.stem == module.parent.name else module.with_suffix("")
        assert module.is_file() or (package / "__init__.py").is_file(), f"{name} tests no module"
    gone = [name for name in BY_BEHAVIOUR if not (tests / name).is_file()]
    assert not gone, f"no longer there: {gone}"


def test_no_module_of_a_wing_takes_the_place_of_its_functions():
    """Importing `data.synthetic.tables` would make `synthetic.tables` the module."""
    for wing in (ROOT / "kerasrecipes" / "data").glob("*/__init__.py"):
        functions = {
            node.name
            for node in ast.parse(wing.read_text()).body
            if isinstance(node, ast.FunctionDef)
        }
        modules = {path.stem for path in wing.parent.glob("*.py")}
        assert not functions & modules, f"{wing.parent.name}: {functions & modules}"


def test_the_version_is_the_newest_of_the_changelog(config):
    text = (ROOT / "CHANGELOG.md").read_text()
    unreleased, *released = re.findall(r"^## \[([^\]]+)\](.*)$", text, re.M)
    assert unreleased == ("Unreleased", "")
    assert released[0][0] == __version__
    assert all(re.fullmatch(r" - \d{4}-\d\d-\d\d", day) for _, day in released), released
    assert config["metadata"]["version"] == "attr: kerasrecipes.version.__version__"
