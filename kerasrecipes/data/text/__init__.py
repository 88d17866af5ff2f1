"""Texts: where they come from, tokenizers, and texts as token ids.

A recipe names its sources by these functions; what they need is imported when they are called:

    data={"imdb_reviews": text.tfds("imdb_reviews"), "table": text.table()}
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kerasrecipes.recipe import Source


def table() -> Source:
    """Return the source of labelled texts in the user's own CSV, TSV or JSON lines file."""
    from kerasrecipes.data.text.classification import TextTableSource

    return TextTableSource()


def folder() -> Source:
    """Return the source of labelled texts in the user's own folder, a subfolder for each class."""
    from kerasrecipes.data.text.classification import TextFolderSource

    return TextFolderSource()


def tfds(name: str) -> Source:
    """Return the source of labelled texts of TensorFlow Datasets.

    Args:
        name: its TFDS name, such as `imdb_reviews`.
    """
    from kerasrecipes.data.text.classification import SUMMARIES, TfdsTexts

    return TfdsTexts(name, SUMMARIES.get(name, f"the texts {name} (TensorFlow Datasets)"))


def files() -> Source:
    """Return the source of the user's own text without labels, for language models."""
    from kerasrecipes.data.text.language_modeling import TextFileSource

    return TextFileSource()


def conll() -> Source:
    """Return the source of tagged sentences in the user's own files, CoNLL-U or CoNLL-2003."""
    from kerasrecipes.data.text.conll_files import ConllSource

    return ConllSource()


def commands() -> Source:
    """Return the source of commands with intents and slots in the user's own files."""
    from kerasrecipes.data.text.command_files import CommandSource

    return CommandSource()


def questions() -> Source:
    """Return the source of questions about texts in the user's own files, SQuAD's or tables."""
    from kerasrecipes.data.text.squad_files import QuestionSource

    return QuestionSource()


def tfds_questions(name: str) -> Source:
    """Return the source of questions about texts of TensorFlow Datasets.

    Args:
        name: its TFDS name, `squad/v1.1` or `squad/v2.0`.
    """
    from kerasrecipes.data.text.squad_tfds import SUMMARIES, TfdsQuestions

    return TfdsQuestions(name, SUMMARIES.get(name, f"the questions {name} (TensorFlow Datasets)"))


def summaries() -> Source:
    """Return the source of articles with summaries in the user's own files."""
    from kerasrecipes.data.text.summary_files import SummarySource

    return SummarySource()


def tfds_summaries(name: str) -> Source:
    """Return the source of articles with summaries of TensorFlow Datasets.

    Args:
        name: its TFDS name, `cnn_dailymail` or `xsum`.
    """
    from kerasrecipes.data.text.summary_tfds import SUMMARIES, TfdsSummaries

    return TfdsSummaries(name, SUMMARIES.get(name, f"the summaries {name} (TensorFlow Datasets)"))


def tagged_table() -> Source:
    """Return the source of tagged sentences in the user's own table, a word or sentence a row."""
    from kerasrecipes.data.text.tagged_tables import TaggedTableSource

    return TaggedTableSource()


def pairs() -> Source:
    """Return the source of pairs of sentences in the user's own table: tabs, CSV or JSON lines."""
    from kerasrecipes.data.text.translation_tables import PairFileSource

    return PairFileSource()


def parallel() -> Source:
    """Return the source of pairs of sentences in the user's own files `train.de`, `train.en`."""
    from kerasrecipes.data.text.translation_files import ParallelSource

    return ParallelSource()


def tfds_pairs(name: str) -> Source:
    """Return the source of pairs of sentences of TensorFlow Datasets.

    Args:
        name: its TFDS name, such as `ted_hrlr_translate/pt_to_en`.
    """
    from kerasrecipes.data.text.translation_tfds import SUMMARIES, TfdsPairs

    return TfdsPairs(name, SUMMARIES.get(name, f"the translations {name} (TensorFlow Datasets)"))
