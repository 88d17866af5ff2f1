"""DNA: convolutions find motifs in a sequence of letters, and an LSTM reads them in their order.

kerasrecipes run dna
"""

from kerasrecipes.data import dna, synthetic, text
from kerasrecipes.info import Info
from kerasrecipes.models.sequence_classifier import sequence_classifier
from kerasrecipes.recipe import Objective, Recipe
from kerasrecipes.settings import settings_of
from kerasrecipes.tasks import dna as task
from kerasrecipes.training_settings import Training

build = settings_of(sequence_classifier)


def objective(info: Info) -> Objective:
    """Head for the number of classes: sigmoid for two, softmax for more."""
    return Objective(task=info.task)


def search_space(hp) -> dict:
    """Number and width of motifs, size of the state, and regularisation."""
    return {
        "filters": hp.Choice("filters", [32, 64, 128]),
        "width": hp.Int("width", 6, 16, step=2),
        "units": hp.Choice("units", [16, 32, 64]),
        "dropout_rate": hp.Float("dropout_rate", 0.1, 0.5),
        "learning_rate": hp.Float("learning_rate", 1e-3, 1e-2, sampling="log"),
    }


recipe = Recipe(
    topic="Sequences",
    task=task.TASK,
    build=build,
    data={
        "enhancers": synthetic.enhancers(),
        "genomics_ood": text.tfds("genomics_ood"),
        "fasta": dna.fasta(),
        "table": dna.table(),
    },
    objective=objective,
    training=Training(
        epochs=12,
        batch_size=64,
        optimizer="adamw",
        learning_rate=4e-3,
        schedule="cosine",
        warmup_epochs=1,
        clip_norm=1,
    ),
    # Both strands of an enhancer are the same thing; those of a splice site are not.
    by_data={"enhancers": {"other_strand": 0.5}, "genomics_ood": {"other_strand": 0.5}},
    search_space=search_space,
    example="GATAAGGTACCATTGACACCTGTTAAGCTT",
)
