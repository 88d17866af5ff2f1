"""The verb `tune`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from kerasrecipes import registry
from kerasrecipes.cli import flags
from kerasrecipes.cli.output import console, line, quiet_start
from kerasrecipes.metrics.names import printed

if TYPE_CHECKING:
    from kerasrecipes.tuning.results import Tuning

# Names of flags that are names of `tune`'s parameters too.
_SEARCH = ("method", "trials", "time", "workers", "objective", "search", "folds", "repeats")
_HOSTS = ("chief", "join", "token")
_SHARED = ("data", "config", "limit", "strategy")


def add(verbs: flags.Verbs) -> None:
    """Add the verb's parser."""
    parser = flags.add_verb(
        verbs, "tune", execute, "lenet --trials 20 --workers 2 --time 30m", rest=True
    )
    flags.add_recipe(
        parser,
        settings="settings that are not searched over",
        config="settings that all trials share, from a file",
    )
    _add_search(parser)
    parser.add_argument(
        "--strategy", metavar="NAME", help="how each trial is spread over devices; by default auto"
    )
    flags.add_backend(parser)
    # Its --time is that of the whole search; that of a trial can stand in --config.
    flags.add_training(parser, without=("time",))


def _add_search(parser: flags.Parser) -> None:
    add = parser.add_argument_group("search").add_argument
    what = "hyperband (the default), bayesian, random or grid"
    add("--method", metavar="NAME", help=what)
    what = "the most trials; by default 20, or hyperband's own schedule"
    add("--trials", metavar="N", help=what)
    add("--time", metavar="TIME", help="the most time for the search, such as 30m")
    add("--workers", metavar="N", help="trials at once; by default one per GPU")
    add("--objective", metavar="FIGURE", help="what to make better, such as val_loss")
    what = "add or replace: name=choice(a,b), log(1e-4,1e-1), int(1,8) or float(0,0.5)"
    add("--search", action="extend", nargs="+", metavar="ENTRY", help=what)
    what = "judge by cross-validation over K parts of the training examples"
    add("--folds", metavar="K", help=what)
    what = "fresh seeds for winner and defaults after the search; by default 3"
    add("--repeats", metavar="N", help=what)
    what = "go on with a search that was stopped"
    add("--resume", nargs="?", const=True, metavar="FOLDER", help=what)
    add("--chief", metavar="HOST:PORT", help="let machines of a trusted network join here")
    what = "work for a chief that writes to the same folder"
    add("--join", metavar="HOST:PORT", help=what)
    what = "secret of a search on several machines; by default a file in its folder"
    add("--token", metavar="TEXT", help=what)


def execute(arguments: argparse.Namespace) -> None:
    """Search for the settings that serve best, in parallel; what is found is a configuration for
    'run'.

    Nothing is lost when it is stopped: --resume goes on, running trials from their checkpoints;
    --trials and --time may then be raised and --workers and --chief chosen anew, all else stays. On
    several machines that share the folder of runs, start one with --chief host:port and the others
    with --join host:port, to which only --workers and --token are added. Who may join can read the
    secret in the search's folder, or is given the same --token (or KERASRECIPES_TOKEN).
    """
    # argparse fills `settings` once: name=value behind a flag is left over.
    arguments.rest = [*arguments.settings, *arguments.rest]
    given: dict[str, Any] = {**flags.assignments(arguments), **flags.training(arguments)}
    # By the names that `tune` takes.
    named = {name: getattr(arguments, name) for name in (*_SEARCH, *_HOSTS, *_SHARED)}
    given |= {name: value for name, value in named.items() if value is not None}
    if arguments.resume is not None:
        # True without a folder: the newest search of the recipe that was stopped.
        given["resume"] = arguments.resume
    if options := flags.options(arguments):
        given["options"] = options
    registry.find(arguments.name)
    with quiet_start(devices=False):  # they are the trials'
        from kerasrecipes.tuning.live_table import LiveTable
        from kerasrecipes.tuning.search import tune

    with LiveTable(console()) as table:
        found = tune(arguments.name, watch=table.show, **given)
    if found.finished:
        _print_result(found)
    else:
        line("the search is over; its results are with the chief")


def _print_result(found: Tuning) -> None:
    from kerasrecipes.tuning.live_table import spelled
    from kerasrecipes.tuning.report import sentences

    assert found.run is not None
    best = found.best
    line()
    score = printed(found.plan.objective, best["score"])
    line(f"best    {found.plan.objective} {score}, trial {best['trial']}")
    line(f"        {spelled(best['settings'], 1000)}")
    # The first names the best trial and its score, as the line `best` does.
    for sentence in sentences(found)[1:]:
        line(f"        {sentence}")
    line(f"config  {found.config}")
    line(f"report  {found.report}")
    line(f"run     {found.run.path}")
    line(f"next    {flags.PROGRAM} run {found.plan.recipe} --config {found.config}")
