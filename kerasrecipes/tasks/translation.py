"""Translation: a sentence for a sentence."""

from collections.abc import Collection, Mapping
from typing import Any

from kerasrecipes.data import synthetic, text
from kerasrecipes.data.text import translation
from kerasrecipes.recipe import Source, Task
from kerasrecipes.training_settings import Training

TASK = Task(
    prepare=translation.prepare,
    predict="kerasrecipes.inference.translation:translate",
    answers="kerasrecipes.inference.translation:answers",
    scores="kerasrecipes.inference.translation:scores",
    baseline="kerasrecipes.metrics.baselines:frequent_token",
    figures=("kerasrecipes.reports.translation:TRANSLATION_FIGURES",),
)

# For the generated sentences, which a small model learns in minutes.
TRAINING = Training(
    epochs=6,
    batch_size=64,
    learning_rate=4e-3,
    schedule="cosine",
    warmup_epochs=0.5,
    clip_norm=1,
)

# For sentences of real languages. Of the 24,329 German words of Multi30k's training sentences
# 14,736 occur once; subwords leave none of them unknown. Its 29,000 pairs are few: therefore
# dropout, label smoothing and tied embeddings.
LANGUAGES: Mapping[str, Any] = {
    "tokenization": "subwords",
    "vocabulary_size": 6000,
    "embedding_dimension": 256,
    "bidirectional": True,
    "dropout_rate": 0.3,
    "label_smoothing": 0.1,
    "tied_embeddings": True,
    "batch_size": 128,
    "learning_rate": 2e-3,
}


def sources() -> dict[str, Source]:
    """Return every source of pairs of sentences by its name; the first are generated."""
    return {
        "word_order": synthetic.translations("word_order"),
        "dates": synthetic.translations("dates"),
        "pt_to_en": text.tfds_pairs("ted_hrlr_translate/pt_to_en"),
        "ru_to_en": text.tfds_pairs("ted_hrlr_translate/ru_to_en"),
        "parallel": text.parallel(),
        "tsv": text.pairs(),
    }


def by_data(
    languages: Mapping[str, Any], without: Collection[str] = ()
) -> dict[str, Mapping[str, Any]]:
    """Return the settings by source: characters for dates, and `LANGUAGES` for languages.

    Args:
        languages: settings for sentences of real languages beside those.
        without: settings of `LANGUAGES` that the recipe does not have.
    """
    shared = {name: value for name, value in LANGUAGES.items() if name not in without}
    real = {**shared, **languages}
    named = dict.fromkeys(("parallel", "tsv", "pt_to_en", "ru_to_en"), real)
    return {"dates": {"tokenization": "characters"}, **named}
