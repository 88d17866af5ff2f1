"""A figure of each recipe's run, small enough for the documentation."""

from __future__ import annotations

import shutil
from pathlib import Path

from PIL import Image

FOLDER = Path(__file__).resolve().parent.parent.parent / "docs" / "pictures"
WIDTH = 900  # pixels, of which a page of the site shows 740
COLOURS = 128

# Of the figures that a run has, the first of these tells most of its recipe.
TELLING = (
    *("hits_and_misses", "masks", "points_on_images", "faces_and_answers", "nearest_images"),
    *("coloured", "pictures", "restorations", "samples", "reconstructions"),
    *("forecasts_with_bands", "greedy_actions", "heard_and_made", "alignment_in_time", "composed"),
    *("generated", "contributions", "learned_motifs", "answered_commands", "answers_in_place"),
    *("marked_article", "grade_confusion", "captions_shown", "alignments", "translations"),
    *("hidden_words", "attention", "learned_kernel", "decision_boundary", "outliers_and_losses"),
    *("worst_mistakes", "examples_by_confidence", "tag_confusion", "confusion_matrix", "curves"),
)


def keep(folder: str | Path) -> Path | None:
    """Keep a figure of a run with the recipe's own defaults.

    Args:
        folder: of a finished run.

    Returns:
        The picture that was written, named by the recipe; nothing for runs with other settings.

    Raises:
        FileNotFoundError: if the run has none of the telling figures.
    """
    from kerasrecipes.runs.run import Run  # loads Keras

    run = Run(folder)
    said = run.environment["command"].split()
    if said[-2:] != ["run", run.recipe_name]:
        return None
    named = (run.path / "figures" / f"{name}.png" for name in TELLING)
    found = next((path for path in named if path.is_file()), None)
    if found is None:
        raise FileNotFoundError(f"{run.path} has no figure that tells of its recipe")
    target = FOLDER / f"{run.recipe_name}.png"
    reduce(found, target)
    return target


def reduce(source: Path, target: Path) -> None:
    """Write an image with fewer pixels and colours; one that gets no smaller is copied.

    Args:
        source: the image.
        target: the PNG file to write.
    """
    with Image.open(source) as image:
        picture = image.convert("RGB")
        if picture.width > WIDTH:
            size = (WIDTH, round(picture.height * WIDTH / picture.width))
            picture = picture.resize(size, Image.Resampling.LANCZOS)
        picture.quantize(COLOURS, dither=Image.Dither.NONE).save(target, optimize=True)
    if target.stat().st_size >= source.stat().st_size:
        shutil.copyfile(source, target)
