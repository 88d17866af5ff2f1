"""Served runs answer as `predict` does, and read no file of this machine."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest

import kerasrecipes
from kerasrecipes import zoo
from kerasrecipes.errors import UserError
from kerasrecipes.runs.run import Run
from kerasrecipes.serve import models
from kerasrecipes.serve.models import Served, rows_of
from tests.samples import table


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    folder = tmp_path_factory.mktemp("served")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KERASRECIPES_HOME", str(folder))
        data = table(folder / "points.csv", 60)
        yield Served("rows", kerasrecipes.run("logistic", data, epochs=2, observers=[])), data


def test_rows_are_answered_as_those_of_a_file(rows):
    served, data = rows
    served.check()
    assert served.takes == "table" and not served.generates
    given = rows_of(Path(data).read_bytes())
    found = served.answer(given, {}, shown=True)
    for own, answer in zip(kerasrecipes.predict(served.run, [data]), found, strict=True):
        assert own["label"] == answer["label"] and own["probability"] == answer["probability"]
        assert answer["run"] == "rows" and answer["label"] in answer["shown"]
    described = json.loads(json.dumps(served.described()))
    assert described["columns"] and set(described["columns"]) <= set(given[0])


def test_files_of_this_machine_are_not_read(rows, tmp_path):
    served, data = rows
    # A text that names a file is content all the same.
    with pytest.raises(UserError):
        served.answer([str(data).encode()], {})
    image = Served("lenet", Run(zoo.find("zoo/lenet")))
    picture = tmp_path / "x.png"
    with pytest.raises(UserError, match="cannot be read as an image"):
        image.answer([str(picture).encode()], {})
    with pytest.raises(UserError, match="takes images, received an object"):
        image.answer([{"a": 1}], {})


def test_options_that_could_name_a_file_are_not_offered():
    assert models._is_harmless(int | None) and models._is_harmless(Literal["a", "b"])
    assert not models._is_harmless(str) and not models._is_harmless(Path | None)


def test_numbers_of_options_are_bounded():
    image = Served("lenet", Run(zoo.find("zoo/lenet")))
    assert image.bound({"top": "3"}) == {"top": 3}
    for options, words in [
        ({"top": 10**9}, "1,000 at most here"),
        ({"top": "many"}, "top"),
        ({"tap": 1}, "did you mean 'top'"),
        ({"folder": "/tmp"}, "unknown option 'folder'"),
    ]:
        with pytest.raises(UserError, match=words):
            image.bound(options)


@pytest.mark.parametrize("content", [b"\xff", b'a,b\n"1', b"a,b\n1\n", b"a\n1,2\n"])
def test_tables_that_are_none_are_refused(content):
    with pytest.raises(UserError):
        rows_of(content)


def test_a_recipe_that_does_not_predict_is_not_served(rows):
    run = Run(rows[0].run.path)
    run.recipe = replace(run.recipe, task=None, predict=None)
    with pytest.raises(UserError, match="does not predict"):
        Served("rows", run).check()
