"""The verb `run`."""

from __future__ import annotations

import argparse
import shlex
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kerasrecipes import registry, terminal, trust
from kerasrecipes.cli import flags
from kerasrecipes.cli.diagnose import print_findings
from kerasrecipes.cli.output import chosen_strategy, console, line, quiet_start
from kerasrecipes.data import roles
from kerasrecipes.errors import Interrupted, UserError
from kerasrecipes.metrics import summary
from kerasrecipes.metrics.names import duration

if TYPE_CHECKING:
    from kerasrecipes.runs.run import Run
    from kerasrecipes.training.job import Job

_LONGEST_NOTE = 400  # characters of a note in the terminal
GRADCHECK_EXAMPLES = 8  # each numeric derivative takes two forward passes over all of them


def add(verbs: flags.Verbs) -> None:
    """Add the verb's parser."""
    parser = flags.add_verb(
        verbs, "run", execute, "lenet --data mnist --epochs 5 activation=relu", rest=True
    )
    flags.add_recipe(
        parser,
        settings="settings of the recipe; see 'show'",
        config="settings from a file, such as an earlier run's",
        optional=True,
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="resolve everything and build, but train nothing"
    )
    parser.add_argument(
        "--gradcheck", action="store_true", help="first compare automatic with numeric gradients"
    )
    parser.add_argument(
        "--find-learning-rate",
        action="store_true",
        help="learning-rate range test: draw the loss by learning rate and propose one; "
        "trains no run",
    )
    parser.add_argument(
        "--resume", nargs="?", const=True, metavar="RUN", help="go on with an interrupted run"
    )
    flags.add_trust(parser)
    flags.add_strategy(parser)
    flags.add_backend(parser)
    flags.add_training(parser)


def execute(arguments: argparse.Namespace) -> None:
    """Train a recipe, evaluate it and write a report."""
    # argparse fills `settings` once: name=value behind a flag is left over.
    arguments.rest = [*arguments.settings, *arguments.rest]
    given = {**flags.assignments(arguments), **flags.training(arguments)}
    hosts = flags.hosts(arguments)
    if arguments.resume is not None:
        if given or arguments.data or arguments.config or arguments.find_learning_rate:
            raise UserError("a resumed run keeps its data and settings; give --resume without them")
        _train(_resumed_job(arguments, hosts))
        return
    if arguments.name is None:
        raise UserError(f"which recipe? choose from: {', '.join(registry.names())}")
    if arguments.find_learning_rate:
        _find_learning_rate(arguments, given, hosts)
        return
    job = _resolved_job(arguments, given, hosts)
    _load(job)
    # Before --dry-run ends the call, so that gradients can be checked without a training.
    if arguments.gradcheck:
        _check_gradients(job)
    if arguments.dry_run:
        line(f"\n{job.config.to_toml()}")
        line("nothing was trained; leave out --dry-run to train")
        return
    _train(job)


def _resolved_job(
    arguments: argparse.Namespace, given: Mapping[str, Any], hosts: flags.Hosts | None
) -> Job:
    # A wrong name is refused before Keras loads.
    page = registry.find(arguments.name)
    with quiet_start():
        from kerasrecipes.runs.config import resolve
        from kerasrecipes.training.job import Job

        recipe = registry.load(page)
        config = resolve(
            arguments.name,
            recipe,
            config=arguments.config,
            data=arguments.data,
            strategy=arguments.strategy,
            limit=arguments.limit,
            options=flags.options(arguments),
            **given,
        )
        return Job(recipe, config, strategy=chosen_strategy(config.strategy, hosts))


def _find_learning_rate(
    arguments: argparse.Namespace, given: Mapping[str, Any], hosts: flags.Hosts | None
) -> None:
    """Try all learning rates, write the figure, and print the rate that is proposed."""
    job = _resolved_job(arguments, given, hosts)
    from kerasrecipes.reports import learning_rate_finder as page
    from kerasrecipes.runs.run import home, new_folder
    from kerasrecipes.training.learning_rate_finder import find_learning_rate
    from kerasrecipes.training.progress import Progress

    progress = Progress(console())
    try:
        found = find_learning_rate(job.recipe, job.config, job.strategy, [progress])
    finally:
        progress.close()
    if not job.strategy.is_chief:
        return
    name = Path(job.config.recipe).stem
    command = None if found.proposed is None else _with_rate(arguments.typed, found.proposed)
    folder = new_folder(home() / name, prefix="learning-rate-")
    report = page.write(found, folder, name, job.config.data, command)
    phase = f" in the phase {found.phase}" if found.phase else ""
    if found.proposed is None:
        line(f"at no learning rate up to {found.rates[-1]:.2g} does the loss fall{phase}")
    else:
        line(f"the loss falls fastest at a learning rate of {found.proposed:g}{phase}")
    line(f"figure  {folder / page.FIGURE}.png")
    line(f"report  {report}")
    if command is not None:
        line(f"next    {command}")


def _with_rate(words: Sequence[str], rate: float) -> str:
    """Return the command that was typed, with a learning rate and without the test."""
    kept: list[str] = []
    for word, before in zip(words, ["", *words], strict=False):
        if before == "--learning-rate" or word.partition("=")[0] in (
            "--learning-rate",
            "--find-learning-rate",
        ):
            continue
        kept.append(word)
    return shlex.join([flags.PROGRAM, *kept, "--learning-rate", f"{rate:g}"])


def _resumed_job(arguments: argparse.Namespace, hosts: flags.Hosts | None) -> Job:
    # Without a word it is true: the newest run.
    named = None if arguments.resume is True else arguments.resume
    run = _interrupted_run(arguments.name, named)
    if run.finished:
        raise UserError(f"the run {run.path} is finished; there is nothing to resume")
    if arguments.trust:
        run.trust()
    elif arguments.name and registry.is_path(arguments.name) and Path(arguments.name).is_file():
        trust.remember(registry.find(arguments.name))
    with quiet_start():
        from kerasrecipes.training.job import Job

        recipe, config = run.recipe, run.config
        strategy = chosen_strategy(arguments.strategy or config.strategy, hosts)
        job = Job(recipe, config, run, strategy, only_unfinished=True)
    _load(job)
    return job


def _interrupted_run(name: str | None, which: str | None) -> Run:
    """Find the run to resume, which `--resume RUN` or the recipe's place may name."""
    from kerasrecipes.runs import finding
    from kerasrecipes.runs.run import Run

    for folder in (which, name):
        if folder and (Path(folder) / "config.toml").is_file():
            return Run(folder)
    if which and (name or "/" in which):
        raise UserError(f"'{which}' is not a run folder")
    # `--resume lenet`: argparse takes the recipe's name for the flag's RUN. A page's runs lie under
    # the name of its file.
    wanted = which or name
    return finding.unfinished(Path(wanted).stem if wanted else None)


def _load(job: Job) -> None:
    """Load the data, build the model, and print what is about to be trained."""
    from rich.text import Text

    from kerasrecipes.training import device_defaults

    trainer, splits = job.load(), job.splits
    if job.run is not None:
        line(f"resuming {job.run.path}")
    counts = " / ".join(
        f"{len(getattr(splits, part)):,} {part}" for part in ("train", "validation", "test")
    )
    if splits.environment is not None:
        counts = "an environment to act in"
    facts = [
        counts,
        *([f"{len(splits.info.classes)} classes"] if splits.info.classes else ()),
        f"{trainer.inner.count_params():,} parameters",
        f"{job.strategy.description}, {device_defaults.precision(job.config.training)}",
    ]
    name = Path(job.config.recipe).stem
    columns = roles.headline(splits.info.columns, splits.info.columns_by)
    of = f", {columns}" if columns else ""
    rest = f" on {job.config.data}{of}: {', '.join(facts)}"
    console().print(Text.assemble((terminal.visible(name), "bold"), terminal.visible(rest)))
    _print_notes(splits.notes)


def _print_notes(notes: Iterable[str]) -> None:
    for note in notes:
        # The report has it whole.
        line(f"  note: {textwrap.shorten(note, _LONGEST_NOTE, placeholder=' …')}")


def _check_gradients(job: Job) -> None:
    """Compare automatic with numeric gradients on a few training examples."""
    import numpy as np

    from kerasrecipes.diagnosis.gradient_check import gradcheck

    train, model = job.splits.train, job.trainer.inner
    x, y = train.take(np.arange(min(GRADCHECK_EXAMPLES, len(train))))[:2]
    found = gradcheck(model, x, y, model.loss)
    if not found.passed:
        raise UserError(str(found))
    line(str(found))


def _train(job: Job) -> None:
    """Train with a progress bar; every error ends with the run that it leaves behind."""
    from kerasrecipes.reports.conclusion import conclude
    from kerasrecipes.training.progress import Progress

    progress = Progress(console())
    try:
        run = job.start(conclude, [progress])
    except (Interrupted, KeyboardInterrupt) as error:
        what = str(error) if isinstance(error, Interrupted) else "stopped"
        if job.run is not None:
            what += f"; go on with: {flags.PROGRAM} run --resume {job.run.path}"
        raise Interrupted(what) from None
    except UserError as error:
        what = str(error)
        # Some messages name the folder already.
        if job.run is not None and str(job.run.path) not in what:
            what += f" (run folder: {job.run.path})"
        raise UserError(what) from None
    finally:
        # Before any line is printed, an error's too, or the bar would stand in its way.
        progress.close()
    _print_result(job, run)


def _print_result(job: Job, run: Run) -> None:
    from rich.text import Text

    # Each access reads the file.
    metrics = run.metrics
    # The headline's value stands between two null characters, which no name has.
    before, value, after = [*summary.sentence(metrics, bold="\0{}\0").split("\0"), "", ""][:3]
    end = f"{after}, trained in {duration(metrics['seconds'])}"
    console().print(Text.assemble(f"\ntest: {before}", (value, "bold"), end))
    # Those of the data were printed before the training.
    _print_notes(note for note in metrics.get("notes", ()) if note not in job.splits.notes)
    if "kept" in metrics:
        line(f"kept    {metrics['kept']['sentence']}")
    for sentence in metrics.get("profile", {}).get("sentences", ()):
        line(f"profile {sentence}")
    line(f"run     {run.path}")
    line(f"report  {run.path / 'report.html'}")
    print_findings(run, metrics.get("findings", ()))
    line(f"next    {_next_command(job, run)}")


def _next_command(job: Job, run: Run) -> str:
    """Return the command to try next: this run, with an input of the user's own kind."""
    # By its recipe's name another run may answer, now or after the next training.
    name = shlex.quote(str(run.path))
    if not job.recipe.predict:
        return f"{flags.PROGRAM} evaluate {name}"
    example = job.recipe.example or "INPUT"
    if job.splits.example:
        # Behind the input the page's example may have flags.
        flagged = shlex.split(example)[1:]
        example = " ".join(map(shlex.quote, [job.splits.example, *flagged]))
    return f"{flags.PROGRAM} predict {name} {example}"
