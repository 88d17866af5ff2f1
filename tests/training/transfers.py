"""Small trainings of the recipe `transfer`, for tests of phases and of features."""

import keras

from kerasrecipes import api, registry
from kerasrecipes.training import assembly
from kerasrecipes.training.phases import PhasedTrainer

SETTINGS = {
    "limit": 64,
    "epochs": 4,
    "head_epochs": 2,
    "batch_size": 16,
    "checkpoint_seconds": 0,
    "patience": None,
}


def made(**said):
    keras.utils.clear_session()
    recipe = registry.load("transfer")
    config = api.resolve("transfer", recipe, **{**SETTINGS, **said})
    return PhasedTrainer(recipe, assembly.load_splits(recipe, config), config)
