"""Files appear whole or not at all."""

import pytest

from kerasrecipes import files


def test_an_error_leaves_the_old_file_and_no_rest(tmp_path):
    path = tmp_path / "a.txt"
    files.write_text(path, "old")
    with pytest.raises(OSError, match="disk"), files.replacing(path) as file:
        file.write(b"ne")
        raise OSError("disk")
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_a_file_is_replaced_as_a_whole(tmp_path):
    path = tmp_path / "a.txt"
    files.write_text(path, "old")
    files.write_text(path, "new")
    assert path.read_text() == "new"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


@pytest.mark.parametrize("name", ["", "no/such", "a\x00b", "é" * 5000, "~nobody-of-this-name/x"])
def test_what_cannot_be_a_name_names_nothing(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert files.is_there(name) is (name == "")  # the empty path is the working folder
    assert files.is_there(tmp_path)
