"""Which run a training begins with, and which of its settings it hands on."""

import pytest

from kerasrecipes.runs import earlier


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("KERASRECIPES_HOME", str(tmp_path))
    folder = tmp_path / "gpt" / "2026-01-01-000000"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text(
        'recipe = "gpt"\n[settings]\nunits = 12\nweights = "x"\nadapter_rank = 4\nlr = 1\n'
    )
    (folder / "metrics.json").write_text('{"test": {}}')
    return folder


def test_it_is_found_by_folder_and_by_name(run):
    assert earlier.folder_of(str(run)) == run
    assert earlier.folder_of("gpt/2026-01-01-000000").samefile(run)
    for other in ("gpt", "elsewhere", ""):
        assert earlier.folder_of(other) is None


def test_it_hands_on_settings_of_its_model_to_the_same_recipe_only(run):
    names = {"units", "weights", "adapter_rank"}
    assert earlier.handed_on(str(run), "gpt", names) == {"units": 12}
    assert earlier.handed_on(str(run), "sentiment", names) == {}
    for none in (None, "none", "pretrained", "elsewhere", "~nobody-here/x"):
        assert earlier.handed_on(none, "gpt", names) == {}


@pytest.mark.parametrize("content", ["", "[settings", "recipe = 3", 'recipe = "gpt"\nsettings = 1'])
def test_a_damaged_run_hands_nothing_on(run, content):
    (run / "config.toml").write_text(content)
    assert earlier.handed_on(str(run), "gpt", {"units"}) == {}
