"""DNA: convolutions find motifs in a sequence of letters, and an LSTM reads them in their order.

Proteins bind where a few letters stand, a motif, and what a stretch of DNA does depends on which of
them stand on it, in which order and on which strand. A filter of the first layer is a motif that is
learned, and the report draws it as a logo. A recurrent layer in both directions reads where which
of them were found. A sequence reads backwards, A for T and C for G, from the other strand:
where both are the same thing, half of the training windows are turned (`other_strand=0.5`).
Sequences that are nearly the same, such as windows of one gene, are kept in one split.

Papers: DanQ (Quang and Xie, 2016), https://doi.org/10.1093/nar/gkw226; the splice sites are those
of Noordewier, Towell and Shavlik (1991), https://archive.ics.uci.edu/dataset/69

Measured, test accuracy: 95.3 % of the generated windows by the first command, one seed, where a
forest that looks at each place has 60.3 %. Of the splice sites by the second, three seeds, 96.1 ±
0.3 %, and the forest 96.7 %: what stands in one place needs no network that looks for it.

    kerasrecipes run dna
    kerasrecipes run dna --data splice.data
    kerasrecipes run dna --data sequences.fa other_strand=0.5
    kerasrecipes predict dna GATAAGGTACCATTGACACCTGTTAAGCTT --explain
    kerasrecipes predict dna genome.fa --output sites.csv
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
        "width": hp.Int("width", 5, 17, step=2),
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
