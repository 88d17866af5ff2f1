"""DNA: sequences with a class in FASTA files and tables, and their letters as numbers.

A recipe names its sources by these functions; what they need is imported when they are called:

    data={"fasta": dna.fasta(), "table": dna.table()}
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kerasrecipes.recipe import Source


def fasta() -> Source:
    """Return the source of the user's own FASTA files: classes by file, or in the headers."""
    from kerasrecipes.data.dna.files import FastaSource

    return FastaSource()


def table() -> Source:
    """Return the source of sequences and classes in the user's own CSV or UCI file."""
    from kerasrecipes.data.dna.files import SequenceTable

    return SequenceTable()
