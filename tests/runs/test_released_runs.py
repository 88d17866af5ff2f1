"""Run folders that a user of an earlier version has still answer, still resume, and lose no layer.

`released/` holds, for each recipe, a finished and an interrupted run as version 0.1.0 wrote them
(commit d7a2f9a), and in `expected.json` what it answered then. Both runs have one configuration, so
the interrupted one has to end like the other.
"""

import json
import shutil
from pathlib import Path

import keras
import pytest

from kerasrecipes.cli import main
from kerasrecipes.runs.run import Run, register_layers

RELEASED = Path(__file__).parent / "released"

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="written on TensorFlow"
)


RECIPES = sorted(path.parent.name for path in RELEASED.glob("*/expected.json"))


@pytest.fixture(params=RECIPES)
def folder(request):
    keras.utils.clear_session()
    return RELEASED / request.param


def test_a_finished_run_answers_as_it_did(folder, capsys):
    expected = json.loads((folder / "expected.json").read_text())
    words = [
        str(RELEASED / word) if (RELEASED / word).is_file() else word
        for word in expected["predict"]
    ]
    assert main(["predict", str(folder / "finished"), *words, "--json"]) == 0
    answers = json.loads(capsys.readouterr().out)
    assert_contains(answers, expected["answers"])


# The others have the same parts and train longer.
QUICK = {"lenet", "mlp", "perceptron"}


@pytest.mark.parametrize(
    "folder",
    [pytest.param(name, marks=[pytest.mark.slow] * (name not in QUICK)) for name in RECIPES],
    indirect=True,
)
def test_an_interrupted_run_ends_as_if_it_had_not_been(folder, tmp_path):
    run = Run(shutil.copytree(folder / "interrupted", tmp_path / folder.name / "interrupted"))
    before = run.history
    assert main(["run", "--resume", str(run.path)]) == 0
    after = run.history
    # Trained anew, the first epochs would have taken other seconds.
    assert after[: len(before)] == before
    known = Run(folder / "finished").history
    assert [row["loss"] for row in after] == pytest.approx([row["loss"] for row in known], rel=1e-2)
    assert [row["val_loss"] for row in after] == pytest.approx(
        [row["val_loss"] for row in known], rel=1e-2
    )


def test_every_registered_name_is_still_known():
    register_layers()
    names = set((RELEASED / "registered_names.txt").read_text().split())
    missing = names - set(keras.saving.get_custom_objects())
    assert not missing, f"models with these layers can no longer be loaded: {sorted(missing)}"


def assert_contains(found, expected):
    """Compare numbers nearly; `found` may say more than was expected."""
    if isinstance(expected, dict):
        for name, value in expected.items():
            assert_contains(found[name], value)
    elif isinstance(expected, list):
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            assert_contains(one, other)
    elif isinstance(expected, float):
        assert found == pytest.approx(expected, abs=1e-3)
    else:
        assert found == expected
