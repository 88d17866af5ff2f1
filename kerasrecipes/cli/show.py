"""What `show` shows: a recipe's page, settings, layers and search space."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rich.markup import escape

from kerasrecipes import registry, settings
from kerasrecipes.cli.output import heading, out, plain_table, short
from kerasrecipes.recipe import Recipe, Training

if TYPE_CHECKING:
    from kerasrecipes.training.job import Job


def show_recipe(
    name: str,
    recipe: Recipe,
    *,
    data: str | None,
    options: Mapping[str, Any],
    values: Mapping[str, Any],
) -> None:
    """Print a page's docstring, its settings, data, layers and search space."""
    from kerasrecipes.runs.config import resolve
    from kerasrecipes.training.job import Job

    page = registry.load_page(registry.find(name))
    out.print((page.__doc__ or "").strip(), markup=False)
    heading("Settings, as name=value")
    _settings_table(settings.of_functions(recipe.functions), {})
    heading("Training, as --flags")
    _settings_table(settings.of_dataclass(Training), asdict(recipe.training), flags=True)
    heading("Data, as --data")
    for number, (source_name, source) in enumerate(recipe.data.items()):
        out.print(
            f"  {source_name:<14} {source.summary}{' (default)' if number == 0 else ''}",
            markup=False,
        )
    job = Job(recipe, resolve(name, recipe, data=data, options=options, **values))
    _show_layers(job)
    _show_search_space(recipe)


def _settings_table(
    rows: Sequence[settings.Setting], defaults: Mapping[str, Any], flags: bool = False
) -> None:
    table = plain_table("  name", "default", "")
    for column in table.columns[:2]:
        column.no_wrap = True
    for row in rows:
        label = "--" + row.name.replace("_", "-") if flags else row.name
        kind = row.kind.replace("|", " | ")
        table.add_row(
            f"  {label}", short(defaults.get(row.name, row.default)), escape(f"{row.help} ({kind})")
        )
    out.print(table)


def _show_layers(job: Job) -> None:
    from kerasrecipes.reports.layer_table import layer_table

    model = job.load().inner
    heading(f"Layers, for {job.config.data}")
    table = plain_table("  layer", "type", "output", "parameters", "FLOPs")
    rows = layer_table(model)
    for row in rows:
        count = f"{row['flops']:,}" if row["flops"] is not None else "?"
        shape = str(row["output_shape"]).replace("None, ", "")
        table.add_row(f"  {row['name']}", row["type"], shape, f"{row['parameters']:,}", count)
    total = sum(row["flops"] or 0 for row in rows)
    table.add_row("  in all", "", "", f"{model.count_params():,}", f"{total:,}")
    for column in table.columns[3:]:
        column.justify = "right"
    out.print(table)


def _show_search_space(recipe: Recipe) -> None:
    if recipe.search_space is None:
        return
    import keras_tuner

    space = keras_tuner.HyperParameters()
    recipe.search_space(space)
    heading("Search space")
    table = plain_table("  name", "values")
    for item in space.space:
        config = item.get_config()
        values = (
            config.get("values")
            or f"{config.get('min_value')} to {config.get('max_value')}, {config.get('sampling')}"
        )
        table.add_row(
            f"  {item.name}", ", ".join(map(str, values)) if isinstance(values, list) else values
        )
    out.print(table)
