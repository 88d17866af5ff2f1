"""Errors about data in memory do not name the file that it lies in."""

import numpy as np
import pytest

import kerasrecipes
from kerasrecipes.errors import UserError
from kerasrecipes.runs.in_memory import spoken

IMAGES = np.zeros((40, 6, 6), np.uint8)
LABELS = np.arange(40) % 2
UNREADABLE = {
    "images without labels": ("lenet", IMAGES),
    "one class": ("lenet", (IMAGES, LABELS * 0)),
    "no numbers": ("lenet", (IMAGES.astype(str), LABELS)),
    "not finite": ("autoencoder", IMAGES + np.nan),
    "a table for images": ("lenet", (np.zeros((9, 2)), np.arange(9))),
    "images for a table": ("linear", (IMAGES, LABELS)),
    "splits": ("mlp", (({"a": [1.0] * 3}, [1, 2, 3]), ({"b": [1.0] * 3}, [1, 2, 3]))),
    "unknown": ("mlp", object()),
    "numbers alone": ("mlp", np.zeros((3, 3))),
}


@pytest.mark.parametrize("kind", UNREADABLE)
def test_what_is_not_readable_is_one_line_without_a_hidden_file(kind, tmp_path, monkeypatch):
    monkeypatch.setenv("KERASRECIPES_HOME", str(tmp_path))
    name, data = UNREADABLE[kind]
    with pytest.raises(UserError) as caught:
        kerasrecipes.run(name, data)
    told = str(caught.value)
    assert ".data/" not in told and "\n" not in told, told


@pytest.mark.parametrize("name", ["a.csv", ".data/x/a.csv", "data/0123456789abcdef/a.csv"])
def test_files_of_the_user_are_named(name):
    assert spoken(f"{name} is empty", name) == f"{name} is empty"


@pytest.mark.parametrize("end", ["", "/table.csv", "/images.npz"])
def test_files_of_objects_are_not_named(end):
    path = f"/runs/.data/0123456789abcdef{end}"
    assert spoken(f"{path}: no rows in '{path}'", path) == "the data: no rows in 'the data'"
    if not end:
        assert spoken(f"{path}/test.csv is empty", path) == "the data of test is empty"
