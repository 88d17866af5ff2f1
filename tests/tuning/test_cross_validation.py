"""Folds of the training examples."""

import numpy as np

from kerasrecipes import registry
from kerasrecipes.recipe import Request
from kerasrecipes.tuning.cross_validation import for_fold
from tests.tuning.samples import PAGE


def test_folds_divide_the_training_examples_evenly():
    recipe = registry.load(PAGE)
    parts = [for_fold(recipe, number, 4).data["halves"].load(Request()) for number in range(4)]
    held = np.concatenate([part.validation.x for part in parts])
    assert len(held) == len(np.unique(held, axis=0)) == 96
    assert {len(part.train) + len(part.validation) for part in parts} == {96}
    assert (
        max(part.validation.y.mean() for part in parts)
        - min(part.validation.y.mean() for part in parts)
        < 0.1
    )
