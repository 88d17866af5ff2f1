"""What is said of an export."""

from __future__ import annotations

from collections.abc import Iterator

from kerasrecipes.inference.export import Exported
from kerasrecipes.metrics import names


def sentences(exported: Exported) -> Iterator[str]:
    """Say what was written and how it compares, a sentence at a time.

    Args:
        exported: of `kerasrecipes.inference.export.export`.

    Returns:
        The sentences, those of the file first.
    """
    found, target = exported.comparison, exported.target
    given = f"{found.examples:,} test examples" if found.examples else "random inputs"
    agreed = (
        ""
        if found.agreement is None
        else f", and {names.percent(found.agreement)} of its classes are the same"
    )
    size = f"{exported.size / 1000:,.0f} kB"
    yield (
        f"{target} ({size}) gives on {given} what the run gives, to {found.difference:.1g}{agreed}"
    )
    if exported.quantize and found.scores:
        name, own, other = found.scores
        label = names.label(name)
        yield f"{label} {names.printed(name, own)} becomes {names.printed(name, other)}"
    yield (
        f"one example takes {found.milliseconds:.2g} ms, in Keras {found.keras_milliseconds:.2g} ms"
    )
    if exported.needs:
        needs = ", ".join(exported.needs)
        yield f"{target} opens after `kerasrecipes.register_layers()`, which knows {needs}"
    if exported.note:
        yield exported.note
    yield f"{target}.json tells how inputs become numbers, and what outputs mean"
    if exported.script:
        yield f"{exported.script} answers raw inputs without this package"
    elif not exported.note:  # weights alone answer nothing
        yield f"raw inputs need `import kerasrecipes`: kerasrecipes.load('{target}').predict(INPUT)"
