"""Restore: an image without its noise, blur, blocks of compression or missing pixels.

What is wrong with an image is often simpler than the image: noise has no edges, and blocks of JPEG
lie on a grid. So the network computes the error, at the image's own size, and takes it away. Every
damage is made from whole images (`degradation=`), of which the network sees nothing but pairs. The
baseline is the best filter that a straight line can be: weights of 7 × 7 pixels, fitted by least
squares to the same pairs. It must blur edges to blur noise; the network need not.

Paper: Beyond a Gaussian Denoiser (Zhang et al., 2017), https://arxiv.org/abs/1608.03981

Measured, seed 0: by the first of these commands 29.6 dB on the test scenes, where the filter
reaches 26.4 dB; by the second, trained on 49 of the T91 images, 28.6 dB on Set14 (26.1 dB) and
29.7 dB on Set5 (26.9 dB), in grey with noise of standard deviation 25.

    kerasrecipes run restore
    kerasrecipes run restore --data photographs/
    kerasrecipes run restore degradation=jpeg quality=10
    kerasrecipes run restore degradation=masking masked=0.5
    kerasrecipes run restore depth=17 filters=64
    kerasrecipes predict restore photo.png --output restored.png
"""

from kerasrecipes.data import images, synthetic
from kerasrecipes.data.images.degradation import Damage, Degradation, Quality
from kerasrecipes.data.images.image_restoration import prepare_patches
from kerasrecipes.models.dncnn import dncnn
from kerasrecipes.ranges import Count, Positive, Share
from kerasrecipes.recipe import Recipe, Splits
from kerasrecipes.settings import settings_of
from kerasrecipes.tasks import image_restoration
from kerasrecipes.training_settings import Training


def prepare(
    splits: Splits,
    *,
    degradation: Damage = "noise",
    noise: Positive = 25.0,
    blur: Positive = 1.6,
    quality: Quality = 10,
    masked: Share = 0.5,
    patch: Count = 48,
    patches: Count = 16,
    ensemble: bool = False,
) -> Splits:
    """Damage images, and cut patches of damaged and whole ones.

    Args:
        degradation: what the images suffer.
        noise: standard deviation of noise, in levels of brightness.
        blur: standard deviation of the blur in pixels.
        quality: of JPEG, from 1 to 95.
        masked: share of the pixels that are missing.
        patch: side of the patches of the training in pixels.
        patches: how many of each image are drawn in an epoch.
        ensemble: whether answers are means over turned and mirrored images, eight times as slow.
    """
    strength = {"noise": noise, "blur": blur, "jpeg": quality, "masking": masked}[degradation]
    damage = Degradation(kind=degradation, strength=strength)
    return prepare_patches(splits, damage, patch=patch, patches=patches, ensemble=ensemble)


# A receptive field of 17 pixels; with as few layers normalization is not needed for them to learn.
build = settings_of(dncnn, depth=8, filters=32, batch_normalization=False)


def search_space(hp) -> dict:
    """Size of the network, loss and learning rate."""
    return {
        "filters": hp.Choice("filters", [16, 32, 48]),
        "depth": hp.Choice("depth", [6, 8, 12]),
        "loss": hp.Choice("loss", ["mse", "mae"]),
        "learning_rate": hp.Float("learning_rate", 3e-4, 3e-3, sampling="log"),
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
    objective=image_restoration.pixel_objective,
    training=Training(
        epochs=20, batch_size=16, optimizer="adam", learning_rate=1e-3, schedule="cosine"
    ),
    # Small pictures of few kinds: a smaller network and half a minute are enough.
    by_data={"scenes": {"patch": 32, "patches": 4, "filters": 24, "epochs": 14}},
    search_space=search_space,
    example="photo.png",
)
