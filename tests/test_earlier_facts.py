"""What runs of earlier versions have written is read into the fields of today."""

import json
from pathlib import Path

import pytest

from kerasrecipes.earlier_facts import without_facts
from kerasrecipes.info import Info

HERE = Path(__file__).parent
WRITTEN = sorted(HERE.glob("*/released/**/info.json"))
IMAGE = {"size": [8, 8], "channels": 1, "resize": "stretch", "source": None, "background": [0]}


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def name(path):
    return path.parent.relative_to(HERE).as_posix()


@pytest.mark.parametrize("path", WRITTEN, ids=name)
def test_released_runs_have_no_facts_left(path):
    info = Info.from_dict(read(path))
    assert not info.facts
    assert (info.preprocessor is None) == ("facts" not in read(path))
    assert bool(info.task) == ("task" in read(path).get("facts", ()))
    assert Info.from_dict(json.loads(json.dumps(info.as_dict()))) == info


def test_released_runs_are_of_many_kinds():
    assert len({read(path)["classes"][0] for path in WRITTEN if "classes" in read(path)}) >= 6


def test_edges_keep_their_kernel():
    kernel = [[1.0, 0.0], [0.0, -1.0]]
    info = Info.from_dict({"facts": {"image": IMAGE, "kernel": kernel, "task": "regression"}})
    assert info.preprocessor.kernel == ((1.0, 0.0), (0.0, -1.0)) and not info.facts


def test_counts_and_bases_find_their_place():
    info = Info.from_dict(
        {"facts": {"image": IMAGE, "base": "vgg16", "examples": 9, "drawn": True}}
    )
    assert (info.preprocessor.base, info.num_examples, info.drawn) == ("vgg16", 9, True)


def test_what_a_page_of_ones_own_has_written_stays():
    values = {"classes": ["a"], "facts": {"rate": 8000}}
    assert without_facts(values) == values and Info.from_dict(values).facts == {"rate": 8000}
    assert without_facts({"facts": {"rate": 1, "drawn": True}}) == {
        "facts": {"rate": 1},
        "drawn": True,
    }


def test_tables_keep_scales_and_what_makes_their_task():
    table = {"targets": ["y"], "named": True, "order": ["x", "y"]}
    table["columns"] = [{"name": "x", "kind": "number", "mean": 1.5, "missing": True}]
    scales = {"inputs": {"mean": [1.5, 0.1], "variance": [2.0, 1.0]}}
    scales["target"] = {"mean": [3.0], "scale": [2.0]}
    facts = {"table": table, "task": "regression", "features": ["x", "x missing"], **scales}
    info = Info.from_dict({"targets": ["y"], "facts": facts})
    assert info.preprocessor.features == ("x", "x missing") and not info.facts
    assert info.preprocessor.columns[0].mean == 1.5 and info.preprocessor.targets == ("y",)
    assert (info.inputs.mean, info.target.scale) == ((1.5, 0.1), (2.0,))
    assert (info.task, info.columns) == ("regression", {"target": "y"})
