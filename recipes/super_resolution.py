"""Super-resolution: a photograph with more pixels than were taken.

Where an image was made small, its fine detail is gone; but edges and patterns look alike in all
images, and a network that has seen what small ones came from draws the most likely. It works at the
small image's size, where a convolution costs least and sees farthest; only its last channels are
laid out as the pixels of the large image. The baseline is what every program does: bicubic
interpolation. PSNR and SSIM are those of papers: of the brightness, in bytes, without a border as
wide as the scale; folders beside `train`, such as `Set5`, are judged each by itself.

Papers: Real-Time Single Image and Video Super-Resolution (Shi et al., 2016),
https://arxiv.org/abs/1609.05158; Enhanced Deep Residual Networks for Single Image Super-Resolution
(Lim et al., 2017), https://arxiv.org/abs/1707.02921

Measured, seed 0: by the first of these commands 32.6 dB on the test scenes, twice as large, where
bicubic interpolation has 31.6 dB. By the second, three times as large, trained on 49 of the
T91 images, 32.9 dB on Set5 (30.4 dB) and 29.4 dB on Set14 (27.5 dB), in seven minutes on one busy
processor; without the mean over turned images (`ensemble=false`) 32.6 and 29.2 dB.

    kerasrecipes run super_resolution
    kerasrecipes run super_resolution --data photographs/
    kerasrecipes run super_resolution scale=2 architecture=espcn
    kerasrecipes predict super_resolution photo.png --output large.png
"""

from kerasrecipes.data import images, synthetic
from kerasrecipes.data.images.degradation import Degradation, Scale
from kerasrecipes.data.images.image_restoration import prepare_patches
from kerasrecipes.models.super_resolver import super_resolver
from kerasrecipes.ranges import Count
from kerasrecipes.recipe import Recipe, Splits
from kerasrecipes.settings import settings_of
from kerasrecipes.tasks import image_restoration
from kerasrecipes.training_settings import Training


def prepare(
    splits: Splits,
    *,
    scale: Scale = 3,
    patch: Count = 24,
    patches: Count = 32,
    ensemble: bool = True,
) -> Splits:
    """Make images small, and cut patches of small and large ones.

    Args:
        scale: height and width of the large image over those of the small one.
        patch: side of the patches of the training, in pixels of the small images.
        patches: how many of each image are drawn in an epoch.
        ensemble: whether answers are means over turned and mirrored images, eight times as slow.
    """
    reduction = Degradation(kind="reduction", strength=scale)
    return prepare_patches(splits, reduction, patch=patch, patches=patches, ensemble=ensemble)


build = settings_of(super_resolver)
objective = settings_of(image_restoration.pixel_objective, loss="mae")  # which trains as well


def search_space(hp) -> dict:
    """Size of the network, loss and learning rate."""
    return {
        "filters": hp.Choice("filters", [16, 32, 48]),
        "blocks": hp.Choice("blocks", [2, 4, 6]),
        "loss": hp.Choice("loss", ["mse", "mae"]),
        "learning_rate": hp.Float("learning_rate", 3e-4, 3e-3, sampling="log"),
    }


# Drawn at 64 pixels, of which a third would be fewer than a patch has.
SCENES = {
    **{"scale": 2, "patch": 20, "patches": 4, "filters": 24, "ensemble": False},
    **{"epochs": 14, "learning_rate": 1e-3, "warmup_epochs": 0},
}

recipe = Recipe(
    topic="Images",
    task=image_restoration.TASK,
    prepare=prepare,
    build=build,
    data={
        "scenes": synthetic.textured_scenes(),
        "tf_flowers": images.tfds("tf_flowers"),
        "folder": images.photographs(),
    },
    objective=objective,
    # Without batch normalization the first steps are careful, and then the rate can be high.
    training=Training(
        epochs=45,
        batch_size=16,
        optimizer="adam",
        learning_rate=2e-3,
        schedule="cosine",
        warmup_epochs=1,
    ),
    by_data={"scenes": SCENES},
    search_space=search_space,
    example="photo.png",
)
