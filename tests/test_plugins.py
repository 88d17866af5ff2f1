"""Recipes of installed packages: listed, run and checked like the project's own."""

import importlib
import subprocess
import sys

import pytest

import kerasrecipes
from kerasrecipes import registry
from kerasrecipes.cli import main
from kerasrecipes.errors import UserError
from kerasrecipes.recipe import Objective
from kerasrecipes.runs.data_sources import find_source
from kerasrecipes.runs.run import Run
from kerasrecipes.testing import check_recipe
from kerasrecipes.training import objectives


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
import kerasrecipes
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


ADDED = '''
import keras
import numpy as np

from kerasrecipes.data.examples import Arrays
from kerasrecipes.data.sources import SyntheticSource
from kerasrecipes.info import Info
from kerasrecipes.recipe import Splits


class Bars(SyntheticSource):
    """Images of a bar, lying or standing."""

    summary = "drawn bars, lying or standing"

    def load(self, request):
        labels = np.arange(60, dtype=np.int32) % 2
        pixels = np.zeros((60, 8, 8, 1), np.uint8)
        pixels[labels == 0, 3:5], pixels[labels == 1, :, 3:5] = 255, 255
        parts = [Arrays(pixels[i::3], labels[i::3]) for i in range(3)]
        info = Info(input_shape=(8, 8, 1), classes=("lying", "standing"))
        train, validation, test = parts
        return Splits(train=train, validation=validation, test=test, info=info)


class Sure(keras.metrics.MeanMetricWrapper):
    """Share of examples whose class is quite sure."""

    def __init__(self, name="sure", **options):
        super().__init__(lambda y, p: keras.ops.max(p, axis=-1) > 0.9, name=name, **options)


def broken():
    raise ImportError("something is not there")


class Faulty:
    """Raises whatever it is asked."""

    summary = property(lambda self: 1 / 0)
    example = property(lambda self: 1 / 0)

    def load(self, request):
        raise ZeroDivisionError

    accepts = names = load

    def reachable(self):
        raise ZeroDivisionError("no\\nline")


class Sound(Faulty):
    """Raises but for its summary."""

    summary = "a source that fails"


class Empty:
    """A source that lacks all but a summary."""

    summary = "nothing"
'''


@pytest.fixture
def added(tmp_path, monkeypatch):
    """A small package that adds a source and a metric, and a source that is broken."""
    from kerasrecipes import plugins

    monkeypatch.setattr("kerasrecipes.reports.run_report.write", lambda *given: None)

    site = tmp_path / "site"
    info = site / "my_bars-0.1.0.dist-info"
    info.mkdir(parents=True)
    (site / "my_bars.py").write_text(ADDED)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: my_bars\nVersion: 0.1.0\n")
    (info / "entry_points.txt").write_text(
        "[kerasrecipes.sources]\nbars = my_bars:Bars\ndigits = my_bars:broken\n"
        "lost = my_bars:broken\nfaulty = my_bars:Faulty\nsound = my_bars:Sound\n"
        "empty = my_bars:Empty\n"
        "[kerasrecipes.metrics]\nsure = my_bars:Sure\nunsure = my_bars:broken\n"
        "accuracy = my_bars:broken\nmse = my_bars:broken\nMeanIoU = my_bars:broken\n"
    )
    monkeypatch.syspath_prepend(str(site))
    importlib.invalidate_caches()
    plugins.installed.cache_clear()
    yield plugins
    plugins.installed.cache_clear()
    sys.modules.pop("my_bars", None)


def test_a_source_of_a_package_serves_every_recipe_by_its_name(added, capsys):
    recipe = registry.load("softmax")
    assert "my_bars" not in sys.modules and next(iter(recipe.data)) == "digits"
    # The recipe's own names stay its own.
    assert not isinstance(recipe.data["digits"], added.AddedSource)
    run = kerasrecipes.run("softmax", data="bars", epochs=3, diagnose=False, observers=[])
    assert run.document["data"] == "bars" and run.info.classes == ("lying", "standing")
    assert kerasrecipes.evaluate(run)["examples"] == 20
    assert main(["show", "softmax"]) == 0
    shown = capsys.readouterr().out
    assert "drawn bars, lying or standing" in shown and "something is not there" in shown
    assert main(["run", "softmax", "--data", "lost"]) == 2
    said = capsys.readouterr().err
    assert "'lost' of the package my_bars cannot be used: something is not there" in said
    assert main(["run", "softmax", "--data", "bar"]) == 2
    assert "did you mean 'bars'" in capsys.readouterr().err


def test_a_metric_of_a_package_is_named_by_a_page(added, tmp_path):
    page = tmp_path / "own.py"
    page.write_text(
        '"""Own: a page that names the metric of a package."""\n'
        "from dataclasses import replace\n"
        "from kerasrecipes import registry\n"
        "from kerasrecipes.recipe import Objective\n"
        "recipe = replace(registry.load('softmax'), topic='Images',\n"
        "    objective=Objective(task='multiclass', metrics=('accuracy', 'sure')))\n"
    )
    run = kerasrecipes.run(str(page), data="bars", epochs=2, diagnose=False, observers=[])
    assert 0 <= run.metrics["test"]["sure"] <= 1 and "val_sure" in run.history[0]
    assert added.metric("other") is None
    with pytest.raises(UserError, match="'unsure' of the package my_bars"):
        added.metric("unsure")


def test_a_metric_of_keras_stays_its_own(added):
    objective = Objective(task="multiclass", metrics=("accuracy", "mse", "MeanIoU"))
    assert objectives.metrics(objective) == ["accuracy", "mse", "MeanIoU"]
    with pytest.raises(UserError, match="'unsure' of the package my_bars"):
        objectives.metrics(Objective(task="multiclass", metrics=("unsure",)))


@pytest.mark.parametrize("name", ["faulty", "sound", "lost", "empty"])
def test_a_source_that_fails_breaks_no_other(added, name):
    source = added.sources()[name]
    assert source.accepts("a.csv") is False and source.names("a") is False
    for said in (source.summary, source.reachable()):
        assert said and "\n" not in said
    assert not hasattr(source, "example")
    if name == "empty":
        assert source.summary.endswith("cannot be used: it has no load, accepts, reachable")


def test_packages_are_asked_after_the_own_sources_of_a_recipe(added, tmp_path):
    recipe = registry.load("mlp")
    (tmp_path / "rows.csv").write_text("a,b\n1,2\n")
    assert find_source(str(tmp_path / "rows.csv"), recipe).path.endswith("rows.csv")
    assert "my_bars" not in sys.modules
    (tmp_path / "odd.xyz").write_bytes(b"odd")
    with pytest.raises(UserError, match="cannot read"):
        find_source(str(tmp_path / "odd.xyz"), recipe)
    assert "my_bars" in sys.modules
