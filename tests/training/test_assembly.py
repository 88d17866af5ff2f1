"""Splits propose an input of the user's own to be tried."""

import zipfile

import numpy as np
import pytest
from PIL import Image

from kerasrecipes import api, registry
from kerasrecipes.training.assembly import load_splits


def proposed(name, data):
    recipe = registry.load(name)
    return load_splits(recipe, api.resolve(name, recipe, data=str(data))).example


def rows(path):
    path.write_text("a,b,kind\n" + "\n".join(f"{n},{n % 7},{'xy'[n % 2]}" for n in range(60)))
    return path


def pictures(folder):
    random = np.random.default_rng(0)
    for kind in "xy":
        (folder / kind).mkdir(parents=True)
        for number in range(12):
            pixels = random.integers(0, 255, (9, 9, 3), np.uint8)
            Image.fromarray(pixels).save(folder / kind / f"{number}.png")
    return folder


@pytest.mark.parametrize(
    ("name", "make", "own"),
    [("logistic", lambda at: rows(at / "rows.csv"), "data.zip"), ("softmax", pictures, None)],
)
def test_of_an_archive_it_is_nothing_that_lies_in_the_cache(tmp_path, name, make, own):
    made = make(tmp_path / "made") if make is pictures else make(tmp_path)
    assert proposed(name, made).startswith(str(made))
    archive = tmp_path / "data.zip"
    files = [made] if made.is_file() else sorted(made.rglob("*.png"))
    with zipfile.ZipFile(archive, "w") as packed:
        for file in files:
            packed.write(file, file.relative_to(tmp_path))
    assert proposed(name, archive) == (str(tmp_path / own) if own else None)
