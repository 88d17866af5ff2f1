"""Landmarks: where the eyes, the nose, the mouth and the chin of a face are.

A network could end in a dense layer with two numbers for each point; it would have to learn every
place anew. This one draws a map for each point, high where it may be, as a U-Net sees the face at
several sizes, and gives the mean place of each map: convolutions know how to move, and the mean
finds a point between two pixels. In a mirrored image the left eye is the right one: points change
places with their partners, which are known by their names, or by the mirrored mean shape. Errors
are counted in distances of the eyes (NME); points that are missing do not count.

Papers: Numerical Coordinate Regression with Convolutional Neural Networks (Nibali et al., 2018),
https://arxiv.org/abs/1801.07372; Wing Loss (Feng et al., 2018), https://arxiv.org/abs/1711.06753

Measured: by the first of these commands, seed 0, a normalised mean error of 9.2 % on 150 drawn
faces, where the mean places of the training have 27.1 %. On 177 photographs with 68 points of
persons who are not in training, by the second with --epochs 10, 12.1 % (mean places: 29.7 %) after
108 s on one processor, and still falling.

    kerasrecipes run landmarks
    kerasrecipes run landmarks --data faces_with_csv/
    kerasrecipes compare landmarks loss=distance,squared,wing --repeats 3
    kerasrecipes predict landmarks photo.jpg --output points.png
"""

from kerasrecipes.data import images, synthetic
from kerasrecipes.data.images.landmarks import prepare_landmarks
from kerasrecipes.models.landmark_finder import landmark_finder
from kerasrecipes.recipe import Recipe
from kerasrecipes.settings import settings_of
from kerasrecipes.tasks import landmarks
from kerasrecipes.training_settings import Training

prepare = settings_of(prepare_landmarks)


build = settings_of(landmark_finder, from_data={"num_points": landmarks.num_points}, filters=16)


def search_space(hp) -> dict:
    """Size, loss and learning rate."""
    return {
        "filters": hp.Choice("filters", [16, 24, 32]),
        "loss": hp.Choice("loss", ["distance", "squared", "wing"]),
        "rotation": hp.Float("rotation", 0.0, 0.15),
        "learning_rate": hp.Float("learning_rate", 5e-4, 1e-2, sampling="log"),
    }


recipe = Recipe(
    topic="Images",
    task=landmarks.TASK,
    prepare=prepare,
    build=build,
    data={"faces": synthetic.faces_with_points(), "points": images.pointed()},
    objective=landmarks.point_objective,
    training=Training(
        epochs=40, batch_size=16, learning_rate=3e-3, schedule="cosine", warmup_epochs=1
    ),
    # Drawn at 48 pixels, where three sizes see all of the face.
    by_data={"faces": {"image_size": 48, "levels": 3, "epochs": 20}},
    search_space=search_space,
    example="photo.jpg",
)
