"""Music: a recurrent network hears a piece chord by chord, and composes others.

kerasrecipes run music
"""

from kerasrecipes.data import music, synthetic
from kerasrecipes.models.music_model import music_model
from kerasrecipes.recipe import Recipe
from kerasrecipes.settings import settings_of
from kerasrecipes.tasks import music as task
from kerasrecipes.training_settings import Training

build = settings_of(music_model)


def search_space(hp) -> dict:
    """Cell, sizes and dropout."""
    return {
        "cell": hp.Choice("cell", ["gru", "lstm"]),
        "units": hp.Choice("units", [128, 192, 256]),
        "hidden": hp.Choice("hidden", [32, 48, 96]),
        "dropout_rate": hp.Float("dropout_rate", 0.1, 0.6),
        "learning_rate": hp.Float("learning_rate", 1e-3, 1e-2, sampling="log"),
    }


recipe = Recipe(
    topic="Audio",
    task=task.TASK,
    build=build,
    data={"chorales": synthetic.chorales(), "files": music.tunes()},
    objective=task.OBJECTIVE,
    training=Training(
        epochs=30,
        batch_size=16,
        optimizer="adamw",
        learning_rate=4e-3,
        schedule="cosine",
        warmup_epochs=1,
        clip_norm=1,
    ),
    search_space=search_space,
    example="--seed 3",
)
