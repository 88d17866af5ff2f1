"""Recipes of installed packages: listed, run and checked like the project's own."""

import importlib
import subprocess
import sys

import pytest

from kerasrecipes import registry
from kerasrecipes.cli import main
from kerasrecipes.errors import UserError
from kerasrecipes.runs.run import Run
from kerasrecipes.testing import check_recipe


@pytest.fixture
def package(tmp_path, monkeypatch, capsys):
    """A package as `copy --project` makes it, installed as pip's metadata tell it."""
    folder = tmp_path / "site" / "my_line"
    folder.parent.mkdir()
    assert main(["copy", "linear", str(folder), "--project"]) == 0
    capsys.readouterr()
    info = folder / "my_line-0.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: my_line\nVersion: 0.1.0\n")
    (info / "entry_points.txt").write_text(
        "[kerasrecipes.recipes]\nmy_line = my_line.my_line\nlinear = my_line.my_line\n"
        "gone = a_package_that_is_gone.page\nlost = my_line.lost\n"
    )
    monkeypatch.syspath_prepend(str(folder))
    importlib.invalidate_caches()
    registry.installed.cache_clear()
    yield folder
    registry.installed.cache_clear()
    for module in [name for name in sys.modules if name.split(".")[0] == "my_line"]:
        del sys.modules[module]


def test_its_recipe_is_listed_without_being_imported(package, capsys):
    assert main(["list", "my_line"]) == 0
    assert capsys.readouterr().out.splitlines()[1].startswith("  my_line  Linear")
    assert "my_line" in registry.names() and "my_line.my_line" not in sys.modules
    # What a package lacks is not listed, and the project's own names stay its own.
    assert not {"gone", "lost"} & set(registry.names())
    assert registry.find("linear").parent == registry.folder()
    with pytest.raises(UserError, match="did you mean 'my_line'"):
        registry.find("my_lin")


def test_its_recipe_keeps_the_contract(package, tmp_path):
    run = check_recipe("my_line", tmp_path)
    assert run.recipe_name == "my_line" and (run.path / "README.md").is_file()
    # A file that names it may run it: whoever installed the package trusts it.
    assert Run(run.path).recipe.build is registry.load("my_line").build
    page = (package / "my_line" / "my_line.py").read_text()
    assert "kerasrecipes run my_line" in page and "kerasrecipes run linear" not in page


@pytest.mark.slow
def test_its_own_test_runs_where_it_is_installed(package):
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"]
    done = subprocess.run(command, cwd=package, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]


PAGE = '''"""Broken: a page that breaks a promise."""
from dataclasses import replace
from kerasrecipes import registry

def broken(evaluation):
    raise ValueError("no score")

recipe = replace(registry.load("linear"), {changes})
'''


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ("scores=broken", "figures or scores fail"),
        ("search_space=lambda hp: {}", "names no setting"),
        ("build=lambda info, *, depth=1: None", "no docstring explains"),
        ("topic='Other'", "names no topic"),
    ],
)
def test_a_broken_promise_is_told(tmp_path, changes, said):
    page = tmp_path / "broken.py"
    topic = "" if "topic" in changes else ", topic='Tables'"
    page.write_text(PAGE.format(changes=changes + topic))
    with pytest.raises(AssertionError, match=said):
        check_recipe(str(page), tmp_path / "runs")


@pytest.mark.parametrize(
    ("name", "said"),
    [("My-Line", "small letters"), ("linear", "is a recipe already"), ("there", "exists already")],
)
def test_a_package_is_not_made_in_the_way_of_others(tmp_path, capsys, name, said):
    (tmp_path / "there").mkdir()
    assert main(["copy", "linear", str(tmp_path / name), "--project"]) == 2
    assert said in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["there"]
