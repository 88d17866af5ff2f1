"""Generated products: what each is shown in a drawing, of what it is made is told in words, how
heavy and old it is stands in a table, and all of it makes the price.

No input tells the price alone, and some are missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from PIL import Image

from kerasrecipes.data.examples import Arrays
from kerasrecipes.data.products.product import ProductPreprocessor
from kerasrecipes.data.sources import SyntheticSource
from kerasrecipes.data.synthetic.scene_images import shape
from kerasrecipes.data.tables.kinds import ColumnKind
from kerasrecipes.data.tables.preprocessor import TablePreprocessor
from kerasrecipes.info import Info
from kerasrecipes.recipe import Request, Splits

COUNTS = {"train": 700, "validation": 120, "test": 200}
SIZE = 32  # pixels of a drawing
MISSING = 0.1  # share of the products that lack a description, and of those without a photograph

# By how much the logarithm of the price changes.
_SHAPES = {"disc": -0.6, "triangle": -0.2, "cross": 0.2, "ring": 0.6}
_MATERIALS = {"plastic": -0.5, "wooden": -0.1, "steel": 0.1, "golden": 0.5}
_STATES = {"as good as new": 0.25, "lightly used": 0.0, "slightly broken": -0.4, "signed": 0.4}
_MAKERS = {"Ardo": -0.2, "Bellis": 0.0, "Corvin": 0.25}
_OPENINGS = ("Offered is a", "For sale, a", "Selling my", "From an old house comes a")
_ENDINGS = ("", "collected only", "no returns", "sent well packed", "a gift of my aunt")
_NOISE = 0.08


@dataclass(frozen=True)
class PricedProducts(SyntheticSource):
    """Products with a drawing, a description and a row of a table."""

    summary: str = (
        f"{sum(COUNTS.values()):,} generated products with drawing, description and table, some of "
        "them missing, embedded"
    )

    def load(self, request: Request) -> Splits:
        """Generate the products; the same seed gives the same."""
        parts = [
            Arrays(*_products(request.seed, number, count))
            for number, count in enumerate(COUNTS.values())
        ]
        names = ("weight", "age", "maker")
        kinds = [ColumnKind(n, "category" if n == "maker" else "number") for n in names]
        table = TablePreprocessor(
            targets=("price",),
            order=(*names, "description", "photo", "price"),
            kinds=(*kinds, ColumnKind("price", "number")),
        )
        preprocessor = ProductPreprocessor(
            target="price", table=table, text=("description",), photos=("photo",)
        )
        info = Info(preprocessor=preprocessor, columns={"target": "price"})
        return Splits(train=parts[0], validation=parts[1], test=parts[2], info=info)


# An evaluation, and the next run of a comparison, begin with the same products.
@lru_cache(maxsize=6)
def _products(seed: int, number: int, count: int) -> tuple[dict[str, Any], np.ndarray]:
    # A generator for each split, so that one does not depend on the size of another.
    random = np.random.default_rng([seed, 7, number])
    weight, age = random.lognormal(0.5, 0.7, count).round(2), random.integers(0, 60, count)
    makers = random.choice(list(_MAKERS), count)
    logs = 3.5 + 0.45 * np.log(weight) - 0.008 * age + random.normal(0, _NOISE, count)
    logs += np.array([_MAKERS[str(name)] for name in makers])
    texts, photos = np.empty(count, object), np.empty(count, object)
    for row in range(count):
        name, material, state = (
            str(random.choice(list(words))) for words in (_SHAPES, _MATERIALS, _STATES)
        )
        logs[row] += _SHAPES[name] + _MATERIALS[material] + _STATES[state]
        words = [random.choice(_OPENINGS), material, "thing,", state, random.choice(_ENDINGS)]
        texts[row] = " ".join(map(str, words)).strip() + "." if random.random() > MISSING else None
        photos[row] = (_drawing(random, name),) if random.random() > MISSING else ()
    table = {
        "weight": np.where(random.random(count) < MISSING, np.nan, weight),
        "age": age.astype(float),
        "maker": makers.astype(object),
    }
    return {"table": table, "text": texts, "photos": photos}, np.exp(logs).round(2)


def _drawing(random: np.random.Generator, name: str) -> np.ndarray:
    picture = Image.fromarray(shape(random, name, "plain"))
    return np.asarray(picture.resize((SIZE, SIZE), Image.Resampling.BOX))
