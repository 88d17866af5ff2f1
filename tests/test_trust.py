"""A page of somebody else runs only once the user has named it, never because a file does."""

import os
import shutil
from pathlib import Path

import pytest

import kerasrecipes
from kerasrecipes import registry, trust
from kerasrecipes.cli import main
from kerasrecipes.errors import UserError
from kerasrecipes.runs.run import Run
from kerasrecipes.tuning.results import Tuning

PAGE = "import pathlib\npathlib.Path({mark!r}).touch()\nrecipe = None\n"


@pytest.fixture
def mark(tmp_path, monkeypatch):
    """What a page that is executed leaves behind; the working folder holds what was received."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "executed"


def received(mark, where, folder="got"):
    """A run folder as somebody may send it, whose page lies at `where`."""
    Path(folder).mkdir(parents=True)
    page = Path(where)
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(PAGE.format(mark=str(mark)))
    text = f'recipe = "{where}"\ndata = "digits"\n[training]\nepochs = 1\n'
    Path(folder, "config.toml").write_text(text)
    return page


PLACES = {
    "beside": "./pages/lenet.py",
    "inside": "./got/page.py",
    "deeper": "got/pages/../pages/lenet.py",
    "absolute": None,
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    "verb",
    [
        ["predict", "got", "x.png"],
        ["evaluate", "got"],
        ["export", "got", "x.keras"],
        ["diagnose", "got"],
        ["run", "--resume", "got"],
    ],
)
def test_a_received_run_executes_nothing(verb, place, mark, capsys):
    received(mark, PLACES[place] or str(Path("elsewhere.py").resolve()))
    if verb[0] == "run":
        assert main(verb) == 2
    else:
        Path("got/metrics.json").write_text('{"test": {"loss": 1.0}}')
        assert main(verb) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and not mark.exists(), error
    # What lacks a record or a model is refused before its page is asked for.
    assert "--trust" in error or verb[0] in ("diagnose", "export"), error


def test_a_link_inside_the_folder_leads_nowhere(mark):
    received(mark, "./real.py")
    os.symlink(Path("real.py").resolve(), "got/page.py")
    Path("got/config.toml").write_text('recipe = "got/page.py"\ndata = "digits"\n')
    with pytest.raises(UserError, match=r"real\.py, which you have not named"):
        _ = Run("got").recipe
    assert not mark.exists()


def test_a_folder_with_the_name_of_a_recipe_executes_nothing(mark, capsys):
    received(mark, "./pages/lenet.py", folder="lenet")
    assert main(["evaluate", "lenet"]) == 2
    assert "--trust" in capsys.readouterr().err and not mark.exists()


def test_a_page_that_the_user_has_named_is_remembered(mark):
    page = received(mark, "./pages/mine.py")
    with pytest.raises(UserError, match="must define"):
        registry.load("./pages/mine.py")  # the user's own word
    mark.unlink()
    # As another process would, which has not got this one's environment.
    os.environ["KERASRECIPES_TRUSTED_PAGES"] = ""
    assert trust.is_trusted(page.resolve())
    with pytest.raises(UserError, match="must define"):
        _ = Run("got").recipe
    assert mark.exists()


def test_trust_is_given_in_one_word(mark, capsys):
    received(mark, "./pages/mine.py")
    Path("got/metrics.json").write_text('{"test": {"loss": 1.0}}')
    assert main(["evaluate", "got", "--trust"]) == 2
    assert "must define" in capsys.readouterr().err and mark.exists()


def test_a_copy_of_a_trusted_page_is_another_page(mark):
    page = received(mark, "./pages/mine.py")
    trust.remember(page.resolve())
    shutil.copy(page, "got/mine.py")
    assert not trust.is_trusted(Path("got/mine.py").resolve())


def test_the_projects_own_pages_need_no_trust():
    assert registry.load("lenet", named_by="a run").topic
    assert kerasrecipes.registry.load("lenet") is registry.load("lenet")


def test_a_home_that_cannot_be_written_is_no_hindrance(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    page = tmp_path / "mine.py"
    assert not trust.is_trusted(page)
    trust.remember(page)
    assert trust.is_trusted(page)


def test_a_received_search_executes_nothing(mark):
    released = Path(__file__).parent / "tuning" / "released"
    folder = next(path.parent for path in sorted(released.rglob("search.json")))
    shutil.copytree(folder, "search")
    page = received(mark, "./pages/lenet.py")
    found = Tuning("search")
    object.__setattr__(found.plan, "recipe", str(page))
    with pytest.raises(UserError, match="which you have not named"):
        _ = found.recipe
    assert not mark.exists()
