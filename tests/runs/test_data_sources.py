"""Which source reads what the user names, and what is said where none does."""

import warnings

import pytest

from kerasrecipes import api, registry
from kerasrecipes.errors import Notice, UserError
from kerasrecipes.runs.data_sources import find_source


def test_a_file_of_the_users_is_read_by_the_source_that_takes_it(tmp_path):
    table = tmp_path / "rows.csv"
    table.write_text("a,b\n1,2\n")
    assert find_source(str(table), registry.load("mlp")).name == "csv"
    with pytest.raises(UserError, match="cannot read"):
        find_source(str(table), registry.load("lenet"))


# A tagger reads sentences from files of any name.
@pytest.mark.parametrize("name", sorted({*registry.names()} - {"tagger"}))
@pytest.mark.parametrize("folder", ["", "a" * 150])
def test_what_a_recipe_cannot_read_is_a_short_line(name, folder, tmp_path):
    file = tmp_path / folder / "movie.mkv"
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(b"?")
    with pytest.raises(UserError, match="cannot read") as caught:
        api.resolve(name, registry.load(name), data=str(file))
    told = str(caught.value)
    assert len(told) <= 250 and told.endswith(f"see: kerasrecipes show {name}"), told
    assert told.count("(") == told.count(")") and "movie.mkv" in told


def test_a_folder_that_is_called_as_the_recipes_own_data_is_told(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    recipe = registry.load("lenet")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert find_source("digits", recipe).path is None
    (tmp_path / "digits").mkdir()
    with pytest.warns(Notice, match=r"--data \./digits"):
        assert find_source("digits", recipe).path is None
    for name in ("a", "b"):
        (tmp_path / "digits" / name).mkdir()
    assert find_source("./digits", recipe).path == "./digits"
