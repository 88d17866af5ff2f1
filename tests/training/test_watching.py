"""What the diagnosis is told of labels: of several outputs, ragged ones, missing ones."""

import numpy as np
import pytest

from kerasrecipes import api, registry
from kerasrecipes.training import assembly, watching


def told(name, **said):
    """Return what is said of the labels of a recipe's embedded data."""
    recipe = registry.load(name)
    config = api.resolve(name, recipe, limit=120, **said)
    splits = assembly.load_splits(recipe, config)
    objective = assembly.objective_of(recipe, splits.info, config)
    model = assembly.build(recipe, splits.info, config)
    return watching.diagnosis_of(model, splits, config, objective)._record["labels"]


def test_of_rows_of_different_lengths_nothing_is_said():
    outputs = told("assistant")["outputs"]
    assert outputs["slots"] == {} and outputs["intent"]["constant_losses"]


@pytest.mark.parametrize("output", ["age", "emotion", "gender"])
def test_missing_labels_of_a_single_output_are_no_faults(output):
    found = told("faces", outputs=output)
    assert found.get("finite", True) and found["constant_losses"]
    assert np.isfinite(list(found["constant_losses"].values())).all()
