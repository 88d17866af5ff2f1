"""Summarize: the sentences of a text that say most of it, chosen by a net that reads all of them.

A summary is made of sentences of the text as they are, so nothing in it is invented. A convolution
reads the words of each sentence, recurrent layers the sentences one after another in both
directions, and a sigmoid says of each, beside what the whole text is about, whether it is one of
the summary. Where it stands, how long it is, how many of its words come again and are in the
headline is told besides. To learn from summaries that are not copied, the sentences that come
nearest to them are taken for right. As many sentences are given as make the training's share of a
text.

News say first what is most important: three sentences from the beginning are a good summary of
them, and the baseline here. As many words from the beginning are in the report too.

    kerasrecipes run summarize
    kerasrecipes run summarize --data bbc_summary/
    kerasrecipes run summarize --data news.csv --text article --target highlights
    kerasrecipes predict summarize article.txt --sentences 3

Paper: SummaRuNNer (Nallapati et al., 2017), https://arxiv.org/abs/1611.04230

Measured on test articles, one seed each: ROUGE-2 68.0 on the BBC's news by the second command,
where the first three sentences have 38.2 and as many words from the beginning 53.1; 92.9 on the
generated news by the first, where they have 23.1 and 26.7.
"""

from kerasrecipes.data import synthetic, text
from kerasrecipes.data.text import summarization
from kerasrecipes.data.text.summarization import FEATURES, SummaryPreprocessor
from kerasrecipes.models.summarizer import sentence_scorer
from kerasrecipes.recipe import Recipe
from kerasrecipes.settings import settings_of
from kerasrecipes.tasks import summarization as task
from kerasrecipes.training_settings import Training

prepare = settings_of(summarization.prepare)


build = settings_of(
    sentence_scorer,
    from_data={
        "num_features": lambda info: FEATURES,
        "words_per_sentence": lambda info: SummaryPreprocessor.of(info).words_per_sentence,
    },
)


def search_space(hp) -> dict:
    """Widths and dropout."""
    return {
        "sentence_units": hp.Choice("sentence_units", [64, 96, 128]),
        "units": hp.Choice("units", [32, 64, 96]),
        "embedding_dimension": hp.Choice("embedding_dimension", [32, 64, 100]),
        "dropout_rate": hp.Float("dropout_rate", 0.2, 0.6),
        "learning_rate": hp.Float("learning_rate", 5e-4, 1e-2, sampling="log"),
    }


recipe = Recipe(
    topic="Text",
    task=task.TASK,
    prepare=prepare,
    build=build,
    data={
        "news": synthetic.news(),
        "cnn_dailymail": text.tfds_summaries("cnn_dailymail"),
        "files": text.summaries(),
    },
    objective=task.sentence_objective(),
    training=Training(
        epochs=8, batch_size=16, optimizer="adam", learning_rate=2e-3, schedule="cosine"
    ),
    search_space=search_space,
    example='"The council decided to close the school. It was raining. The school costs too much."',
)
