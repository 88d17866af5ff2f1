"""GoogLeNet: kernels of several sizes side by side, and heads in the middle to teach it.

Which kernel size is right depends on how large the thing is; so each module has 1 x 1, 3 x 3 and
5 x 5 kernels and a pooling side by side, and 1 x 1 convolutions before the large ones make that
cheap. An average over the places replaces VGG's dense layers: 7 million parameters instead of 138,
for a better result. Two auxiliary classifiers bring a gradient into the middle of its 22 layers;
they train with it and have no say in an answer. The loss of the training is the sum of all three,
hence above that of the validation. (torchvision's GoogLeNet is
another: with batch normalization, and 3 x 3 kernels for those of 5 x 5.)

Paper: Going Deeper with Convolutions (Szegedy et al., 2014), https://arxiv.org/abs/1409.4842

Measured: 97.4 % on the embedded digits' test split, seed 0, by the first of these commands, which
makes it narrower and the images smaller; logistic regression on the pixels (`softmax`) has 97.4 %.

    kerasrecipes run googlenet
    kerasrecipes run googlenet --data photos/ flip=true shift=0.1
    kerasrecipes compare googlenet auxiliary_weight=0,0.3 --repeats 3
"""

from functools import partial

from kerasrecipes.data import images
from kerasrecipes.data.images.prepare import prepare_squares
from kerasrecipes.info import Info
from kerasrecipes.losses.negative_log_likelihood import NegativeLogLikelihood
from kerasrecipes.models.augmentation import augmentation
from kerasrecipes.models.googlenet import googlenet
from kerasrecipes.ranges import Penalty, Share
from kerasrecipes.recipe import Objective, Recipe
from kerasrecipes.settings import settings_of
from kerasrecipes.tasks import image_classification
from kerasrecipes.training_settings import Training

prepare = settings_of(prepare_squares, image_size=224)
build = settings_of(googlenet, made_by={"augmentation": augmentation})


def objective(
    info: Info, *, mixup: Penalty = 0.0, cutmix: Penalty = 0.0, label_smoothing: Share = 0.0
) -> Objective:
    """Sum of the heads' cross-entropies.

    Args:
        mixup: alpha of the beta distribution by which pairs of training images are blended; 0.2
            is usual, 0 is none.
        cutmix: likewise, of pairs of which one is pasted into a rectangle of the other; 1 is usual.
        label_smoothing: fraction of each label's probability that is spread over all classes.
    """
    blended = mixup or cutmix or label_smoothing
    return Objective(
        task="multiclass_one_hot" if blended else "multiclass",
        loss=partial(NegativeLogLikelihood, label_smoothing),
    )


def search_space(hp) -> dict:
    """Weight of the auxiliary heads, width, dropout and learning rate."""
    return {
        "auxiliary_weight": hp.Choice("auxiliary_weight", [0.0, 0.3, 1.0]),
        "width": hp.Choice("width", [0.125, 0.25, 0.5, 1.0]),
        "dropout_rate": hp.Float("dropout_rate", 0.0, 0.6),
        "learning_rate": hp.Float("learning_rate", 1e-4, 5e-3, sampling="log"),
    }


recipe = Recipe(
    topic="Images",
    task=image_classification.TASK,
    prepare=prepare,
    build=build,
    data=images.labelled(),
    objective=objective,
    training=Training(
        epochs=30, batch_size=64, learning_rate=2e-3, schedule="cosine", warmup_epochs=1
    ),
    # Auxiliary heads pool 5 x 5 pixels at a sixteenth of the size: 65 are the fewest. One module at
    # each size is enough for digits.
    by_data=image_classification.on_small_images(
        image_size=72, width=0.25, modules=(1, 1, 1), dropout_rate=0.1, epochs=10
    ),
    search_space=search_space,
    example="photo.jpg",
)
