"""Foley: sound for silent pictures, from what moves in them.

Many to many, in step: for each frame the network tells how loud twenty bands of sound are, by
convolutions over space and time that see how things move. Where the loudness rises an event
begins, and tones as loud as the bands make the sound. The data is synthetic: balls that fall and
bounce, and ring the higher the smaller they are. So it shows that a network hears what it sees
where both are one thing, and not more; real clips need hours of film with clean sound of their own,
a larger network, and sound made of recorded pieces rather than of tones.

Paper: Visually Indicated Sounds (Owens et al., 2016), https://arxiv.org/abs/1512.08512

Measured by the first command, one seed: an F1 of 94.1 % for the events of test clips, within a
frame, where events at the most motion have 56.6 %.

    kerasrecipes run foley
    kerasrecipes run foley --data clips/
    kerasrecipes predict foley scene.gif --output scene.wav
    kerasrecipes predict foley frames/ --video film.mp4
"""

from kerasrecipes.data import synthetic, video
from kerasrecipes.models.foley_model import foley_model
from kerasrecipes.recipe import Recipe
from kerasrecipes.settings import settings_of
from kerasrecipes.tasks import foley as task
from kerasrecipes.training_settings import Training

build = settings_of(foley_model)


def search_space(hp) -> dict:
    """Sizes, reach and dropout."""
    return {
        "filters": hp.Choice("filters", [4, 8, 16]),
        "units": hp.Choice("units", [32, 64, 128]),
        "reach": hp.Choice("reach", [3, 5, 9]),
        "dropout_rate": hp.Float("dropout_rate", 0.0, 0.4),
        "learning_rate": hp.Float("learning_rate", 1e-3, 1e-2, sampling="log"),
    }


recipe = Recipe(
    topic="Audio",
    task=task.TASK,
    build=build,
    data={"balls": synthetic.bouncing_balls(), "clips": video.clips()},
    objective=task.OBJECTIVE,
    training=Training(
        epochs=10,
        batch_size=8,
        optimizer="adamw",
        learning_rate=3e-3,
        schedule="cosine",
        warmup_epochs=0.5,
        clip_norm=1,
    ),
    search_space=search_space,
    example="scene.gif",
)
