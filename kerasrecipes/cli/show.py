"""The verb `show`: a recipe's page, settings, data, layers and search space."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from kerasrecipes import registry, settings
from kerasrecipes.cli import flags
from kerasrecipes.cli.output import console, heading, line, plain_table, quiet_start, spelled
from kerasrecipes.training_settings import Training

if TYPE_CHECKING:
    from kerasrecipes.training.job import Job


def add(verbs: flags.Verbs) -> None:
    """Add the verb's parser."""
    parser = flags.add_verb(verbs, "show", execute, "lenet", rest=True)
    parser.add_argument("name", metavar="NAME", help="a recipe, or a page of your own")
    flags.add_data(parser, "data that the table of layers is for; by default the embedded data")
    flags.add_backend(parser)


def execute(arguments: argparse.Namespace) -> None:
    """Explain a recipe: its page, settings, data, layers and search space."""
    values: dict[str, Any] = {**flags.assignments(arguments)}
    # A wrong name is refused before Keras loads.
    page = registry.find(arguments.name)
    with quiet_start():
        from kerasrecipes.runs.config import resolve
        from kerasrecipes.training.job import Job

        recipe = registry.load(page)
    line((registry.load_page(page).__doc__ or "").strip())
    heading("Settings, as name=value")
    _print_settings(settings.of_functions(recipe.functions), {})
    heading("Training, as --flags")
    _print_settings(settings.of_dataclass(Training), asdict(recipe.training), flags=True)
    heading("Data, as --data")
    # The first source is the default, as in `resolve`.
    default = next(iter(recipe.data))
    for name, source in recipe.data.items():
        line(f"  {name:<14} {source.summary}{' (default)' if name == default else ''}")
    options = flags.options(arguments)
    config = resolve(arguments.name, recipe, data=arguments.data, options=options, **values)
    job = Job(recipe, config)
    _print_layers(job)
    for note in job.trainer.notes:
        line(f"  {note}")
    if recipe.search_space is not None:
        from kerasrecipes.tuning import search_space

        heading("Search space")
        table = plain_table("  name", "values")
        for name, said in search_space.described(recipe):
            table.add_row(f"  {name}", said)
        console().print(table)


def _print_settings(
    rows: Sequence[settings.Setting], defaults: Mapping[str, Any], flags: bool = False
) -> None:
    table = plain_table("  name", "default", "")
    for column in table.columns[:2]:
        column.no_wrap = True
    for row in rows:
        label = "--" + row.name.replace("_", "-") if flags else row.name
        kind = row.kind.replace("|", " | ")
        default = spelled(defaults.get(row.name, row.default))
        table.add_row(f"  {label}", default, f"{row.help} ({kind})")
    console().print(table)


def _print_layers(job: Job) -> None:
    from kerasrecipes.reports.layer_table import layer_table

    model = job.load().inner
    heading(f"Layers, for {job.config.data}")
    table = plain_table("  layer", "type", "output", "parameters", "FLOPs")
    rows = layer_table(model)
    for row in rows:
        flops = f"{row['flops']:,}" if row["flops"] is not None else "?"
        # The batch's axis has no size.
        shape = str(row["output_shape"]).replace("None, ", "")
        table.add_row(f"  {row['name']}", row["type"], shape, f"{row['parameters']:,}", flops)
    # A lower bound where the FLOPs of a layer are not known.
    total = sum(row["flops"] or 0 for row in rows)
    table.add_row("  in all", "", "", f"{model.count_params():,}", f"{total:,}")
    for column in table.columns[3:]:
        column.justify = "right"
    console().print(table)
