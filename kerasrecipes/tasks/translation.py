"""Translation: a sentence for a sentence."""

from kerasrecipes.data import synthetic, text
from kerasrecipes.data.text import translation
from kerasrecipes.recipe import Source, Task

TASK = Task(
    prepare=translation.prepare,
    predict="kerasrecipes.inference.translation:translate",
    answers="kerasrecipes.inference.translation:answers",
    scores="kerasrecipes.inference.translation:scores",
    figures=("kerasrecipes.reports.translation:TRANSLATION_FIGURES",),
)


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
