"""Pretraining: many examples, few labels; hidden layers first learn what the examples look like.

Each hidden layer is trained in turn, without labels, to restore its input from a copy with holes in
it: an autoencoder. Only then does the whole net learn the labels that there are. This is how deep
nets were first made to train; today it matters where labels are dear. `pretraining_epochs=0` is the
same net without it.

Paper: Greedy Layer-Wise Training of Deep Networks (Bengio, Lamblin, Popovici, Larochelle, 2006),
https://papers.nips.cc/paper/3048; with holes: Extracting and Composing Robust Features with
Denoising Autoencoders (Vincent et al., 2008), https://doi.org/10.1145/1390156.1390294

    kerasrecipes run pretraining
    kerasrecipes compare pretraining pretraining_epochs=0,10 --repeats 3
"""

import keras

from kerasrecipes.data import dense_inputs, images, tables
from kerasrecipes.data.label_transforms import mask_labels
from kerasrecipes.info import Info
from kerasrecipes.models.pretraining import pretrained_classifier
from kerasrecipes.preprocessing import plain
from kerasrecipes.ranges import Count, CountOrZero, Share
from kerasrecipes.recipe import Recipe, Splits
from kerasrecipes.tasks import tables as task
from kerasrecipes.training_settings import Training


def prepare(splits: Splits, *, num_labels: Count = 100) -> Splits:
    """Mask all training labels but a few, equally many of each class.

    Args:
        num_labels: number of training examples that keep their label.
    """
    return mask_labels(dense_inputs.prepare(splits, ("multiclass",)), num_labels)


def build(
    info: Info,
    *,
    hidden_layers: tuple[Count, ...] = (256, 128),
    pretraining_epochs: CountOrZero = 10,
    noise_rate: Share = 0.3,
    activation: str = "relu",
) -> keras.Model:
    """Build the net, and its autoencoders where it is pretrained.

    Args:
        hidden_layers: units of each hidden layer.
        pretraining_epochs: epochs for which each layer is trained as an autoencoder, of all
            `--epochs`; 0 for none.
        noise_rate: fraction of the inputs that the autoencoders have to restore.
        activation: activation function of the hidden layers.
    """
    return pretrained_classifier(
        info.fixed_shape,
        info.num_classes,
        hidden_layers=hidden_layers,
        activation=activation,
        examples_per_layer=pretraining_epochs * (info.num_examples or 0),
        noise_rate=noise_rate,
        inputs=plain(info.inputs),
    )


def search_space(hp) -> dict:
    """Epochs and noise of the autoencoders, and learning rate."""
    return {
        "pretraining_epochs": hp.Choice("pretraining_epochs", [0, 5, 10, 20]),
        "noise_rate": hp.Choice("noise_rate", [0.0, 0.15, 0.3, 0.5]),
        "learning_rate": hp.Float("learning_rate", 3e-4, 1e-2, sampling="log"),
    }


recipe = Recipe(
    topic="Fundamentals",
    task=task.CLASSIFICATION,
    prepare=prepare,
    build=build,
    data={
        "digits": images.digits(),
        "wine": tables.sklearn("wine"),
        "mnist": images.tfds("mnist"),
        "fashion_mnist": images.tfds("fashion_mnist"),
        "image_list": images.listed(),
        "csv": tables.csv(),
        "folder": images.folder(),
    },
    objective="multiclass",
    training=Training(epochs=40, batch_size=32, optimizer="adam", learning_rate=1e-3),
    search_space=search_space,
    example="digit.png",
)
