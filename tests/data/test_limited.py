"""`--limit` counts what training learns from, also where an example has several answers."""

import random

import pytest

from kerasrecipes.data.captioning.captions import CaptionExamples
from kerasrecipes.data.text.translation import TranslationExamples
from kerasrecipes.recipe import Info, Splits


def translations(count, most, seed=0):
    draw = random.Random(seed)
    return TranslationExamples(
        [f"sentence {n}" for n in range(count)],
        [tuple(f"{n}.{k}" for k in range(draw.randint(1, most))) for n in range(count)],
    )


@pytest.mark.parametrize("most", [1, 2, 5])
def test_a_limit_of_pairs_is_a_limit_of_pairs(most):
    train, held = translations(300, most), translations(100, most, 1)
    splits = Splits(train=train, validation=held, test=held, info=Info())
    draw = random.Random(most)
    for count in [1, 2, 299, *(draw.randint(3, 290) for _ in range(10))]:
        limited = splits.limited(count, seed=count)
        assert len(limited.train.each()) == count
        share = count / len(train.each())
        assert len(limited.validation) == max(1, round(100 * share))
        # Only pairs that there are, and the same for the same seed.
        assert set(limited.train.each().references) <= set(train.each().references)
        again = splits.limited(count, seed=count)
        assert again.train.references == limited.train.references
        assert train.num_learned == len(train.each())  # nothing of the whole has changed
    # As runs of the first version counted, which go on so.
    assert len(splits.limited(100, seed=0, entries=True).train) == 100
    assert len(splits.limited(10_000, seed=0).train.each()) == len(train.each())


def test_a_limit_of_captions_keeps_the_images_of_the_captions_that_are_kept():
    whole = CaptionExamples(Numbered(40), [(f"{n} a", f"{n} b", f"{n} c") for n in range(40)])
    limited = whole.limited(20, seed=0)
    assert sum(map(len, limited.references)) == 20 and len(limited) == 7
    for (caption, *_), image in zip(limited.references, limited.images.numbers, strict=True):
        assert caption.split()[0] == str(image)


class Numbered:
    """Images that are known by their numbers alone."""

    def __init__(self, numbers):
        self.numbers = list(range(numbers)) if isinstance(numbers, int) else list(numbers)

    def select(self, indices):
        return Numbered(self.numbers[n] for n in indices)
