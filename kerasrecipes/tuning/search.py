"""A search from its command to what it leaves.

import kerasrecipes

found = kerasrecipes.tune("lenet", trials=20, workers=2)
found.settings, found.run.metrics["test"]
"""

from __future__ import annotations

import inspect
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kerasrecipes import registry
from kerasrecipes.data import roles
from kerasrecipes.errors import Notice, UserError, unknown
from kerasrecipes.recipe import Recipe
from kerasrecipes.runs import own_data
from kerasrecipes.runs.config import Config, resolve
from kerasrecipes.runs.run import home, new_folder
from kerasrecipes.tuning import chief as chiefs
from kerasrecipes.tuning import hosts, oracles, plan, results, secret
from kerasrecipes.tuning import join as joining
from kerasrecipes.tuning.plan import Plan
from kerasrecipes.tuning.results import Tuning
from kerasrecipes.tuning.scheduler import Scheduler
from kerasrecipes.tuning.search_space import Space, as_texts
from kerasrecipes.tuning.trial import TrialSpec
from kerasrecipes.tuning.trial_process import ForkServer
from kerasrecipes.tuning.workers import gpus, resources

_DEFAULTS = {"method": "hyperband", "objective": None, "folds": 1, "repeats": 3, "early": True}


def tune(
    name: str,
    data: Any = None,
    *,
    method: str | None = None,
    trials: int | None = None,
    time: float | str | None = None,
    workers: int | None = None,
    objective: str | None = None,
    search: Mapping[str, str] | Sequence[str] = (),
    folds: int | None = None,
    repeats: int | None = None,
    early: bool | None = None,
    resume: bool | str | Path = False,
    chief: str | None = None,
    join: str | None = None,
    token: str | None = None,
    config: str | Path | Mapping[str, Any] | None = None,
    strategy: str | None = None,
    limit: int | None = None,
    options: Mapping[str, Any] | None = None,
    watch: chiefs.Watch | None = None,
    **settings: Any,
) -> Tuning:
    """Search for the settings with which a recipe reaches the best validation score.

    Args:
        name: the recipe's name, or the path of a recipe file.
        data: a source's name, the path of your own data, or the data as for `kerasrecipes.run`; by
            default the recipe's embedded data.
        method: `hyperband`, the default, `bayesian`, `random` or `grid`.
        trials: the most trials; by default 20, and as many as its schedule has with Hyperband.
        time: the most time for the search, in seconds or such as `30m`; the repetitions come after
            it.
        workers: trials that run at once on this machine; by default one per GPU, one where there is
            none.
        objective: what to make better, such as `val_loss`; by default the task's metric on the
            validation examples.
        search: entries that are added to the recipe's space or replace them, such as
            `{"learning_rate": "log(1e-4,1e-1)"}`.
        folds: parts of the training examples for cross-validation; 1, the default, judges on the
            validation examples.
        repeats: fresh seeds with which the winner and the recipe's defaults are trained after the
            search, 3 by default.
        early: whether trials that fall behind are ended early, where the method does not do so
            itself; they are by default.
        resume: go on with the newest search of the recipe that was stopped, or with that in the
            folder given; it takes new `trials` and `time` as well as `workers` and `chief`, and
            keeps all else.
        chief: `host:port` at which workers of other machines may join.
        join: `host:port` of a chief on another machine to work for; only `workers` is then one's
            own to choose.
        token: the secret of a search on several machines, at least 16 characters, the same for
            all; by default that in the search's folder, which only its owner can read.
        config: a configuration file, or its content.
        strategy: how each trial is spread over devices.
        limit: the most training examples to use.
        options: further facts of the data.
        watch: is called a few times a second with the search; by default a table is shown.
        settings: settings of the recipe and fields of `Training`, which are not searched over; also
            `target`, `text` and `column` of the data.

    Returns:
        What was found.

    Raises:
        UserError: if something asked for makes no sense; nothing is then written.
        Interrupted: if the search was stopped; `resume` goes on.
    """
    columns, settings = roles.divide(settings)
    options = {**(options or {}), **columns} or None
    role = hosts.role(chief, join)
    token = secret.given(token, several=role is not None)
    judged: dict[str, Any] = {"method": method, "objective": objective, "folds": folds}
    judged |= {"repeats": repeats, "early": early}
    trained: dict[str, Any] = {"data": own_data.named(data), "strategy": strategy, "limit": limit}
    trained |= {"options": options, **settings}
    searches = as_texts(search)
    given = {**judged, "search": searches or None, "config": config, **trained}
    given |= dict.fromkeys(settings, True)
    _refuse_decided(given, resume, join, {"trials": trials, "time": time})
    count = _workers(workers, role)
    if role is not None and not role.chief:
        patience = joining.PATIENCE if join else hosts.PATIENCE
        return joining.join(name, role.address, count, patience, token)
    if role is not None:
        hosts.refuse_taken(role.address)
    recipe = registry.load(name)
    limits = _limits(trials, time)
    server = ForkServer(name)
    try:
        if resume:
            folder = _unfinished(name) if resume is True else _of_recipe(Path(resume), name)
            scheduler = _taken_up(folder, recipe, limits)
        else:
            resolved = resolve(name, recipe, config=config, arguments=_own_names(), **trained)
            values = {**_DEFAULTS, **{k: v for k, v in judged.items() if v is not None}, **limits}
            made = _plan(recipe, resolved, searches, settings, server, **values)
            scheduler = Scheduler(new_folder(home() / Path(name).stem, "tuning-"), made, recipe)
        chiefs.conduct(scheduler, server, count, role, watch, token)
        return chiefs.conclude(scheduler, server)
    finally:
        server.close()


def _own_names() -> tuple[str, ...]:
    """Return the names of `tune`'s own arguments."""
    return tuple(inspect.signature(tune).parameters)


def _limits(trials: int | None, time: float | str | None) -> dict[str, Any]:
    """Return the most trials and seconds, checked; `None` where there is no limit."""
    return {
        "trials": _whole("trials", trials) if trials is not None else None,
        "seconds": plan.seconds(time) if time is not None else None,
    }


def _taken_up(folder: Path, recipe: Recipe, limits: Mapping[str, Any]) -> Scheduler:
    """Return a search that goes on, with the trials and the time that were granted since."""
    more = {name: value for name, value in limits.items() if value is not None}
    extended = Plan.from_dict({**results.read(folder)["plan"], **more})
    return Scheduler.load(folder, recipe, extended)


def _refuse_decided(
    given: Mapping[str, Any], resume: Any, join: str | None, limits: Mapping[str, Any]
) -> None:
    """Refuse what a search that is taken up, or one that is joined, has decided already."""
    if resume:
        _refuse_changes("goes on", given, "trials, time, workers and chief")
    if join:
        _refuse_changes("is joined", {**given, "resume": resume or None, **limits}, "workers")


def _refuse_changes(what: str, given: Mapping[str, Any], free: str) -> None:
    """Refuse what a search that was planned already could only ignore."""
    changed = [name for name, value in given.items() if value is not None]
    if changed:
        told = f"a search that {what} keeps its data and settings, received {', '.join(changed)}"
        raise UserError(f"{told}; leave that out, only {free} may be given")


def _workers(count: int | None, role: hosts.Role | None) -> int:
    """Return the number of workers on this machine; only a chief may do without."""
    if count is None:
        return max(1, len(gpus())) if role is None or role.trains or not role.chief else 0
    return _whole("workers", count, least=0 if role is not None and role.chief else 1)


def _whole(name: str, value: Any, least: int = 1) -> int:
    try:
        number = int(value)
    except (TypeError, ValueError) as error:
        raise UserError(f"{name}={value}: expected a whole number") from error
    if number < least:
        raise UserError(f"{name}={value}: must be at least {least}")
    return number


# -------------------------------------------------------------------------------------------------
# plan


def _plan(
    recipe: Recipe,
    config: Config,
    searches: tuple[str, ...],
    settings: Mapping[str, Any],
    server: ForkServer,
    *,
    method: str,
    trials: int | None,
    seconds: float | None,
    folds: int,
    repeats: int,
    objective: str | None,
    early: bool,
) -> Plan:
    """Check all that was asked for, also against the data, before anything is written."""
    if method not in oracles.METHODS:
        raise unknown("method", method, oracles.METHODS)
    folds, repeats = _whole("folds", folds), _whole("repeats", repeats, least=0)
    given = config.values
    asked = {name: given[name] for name in settings}
    pinned = plan.begun_with(recipe, config, searches) | asked
    space = Space(recipe, searches, pinned, given)
    if method == "hyperband" and "epochs" in space.names():
        raise UserError(
            "hyperband sets the epochs of each trial itself; search over others, "
            "or take another --method"
        )
    with tempfile.TemporaryDirectory() as folder:
        base = plan.document(config)
        spec = TrialSpec(kind="probe", folder=folder, config=base, objective=objective, folds=folds)
        found = server.start(spec, **resources(0, 1)).result()
    return Plan(
        recipe=config.recipe,
        base=base,
        method=method,
        objective=found["objective"],
        maximize=found["maximize"],
        epochs=config.training.epochs,
        trials=trials if trials is not None or method == "hyperband" else oracles.DEFAULT_TRIALS,
        seconds=seconds,
        folds=folds,
        repeats=repeats,
        seed=config.training.seed,
        searches=searches,
        pinned={name: value for name, value in pinned.items() if name in space.known},
        early=early and folds == 1,  # Epochs of different folds are not comparable.
    )


def _unfinished(name: str) -> Path:
    """Return the folder of a recipe's newest search that was stopped."""
    known = results.folders(Path(name).stem)
    stopped = []
    for path in known:
        try:
            if not Tuning(path).finished:
                stopped.append(path)
        except UserError as error:  # one that is damaged must not stand in the way of others
            warnings.warn(f"left out: {error}", Notice, stacklevel=2)
    if stopped:
        return stopped[-1]
    problem = f"there is no unfinished search of '{Path(name).stem}' in {home()}"
    if known:
        problem += (
            f"; to search on in a finished one: --resume {known[-1]}, with --trials or --time"
        )
    raise UserError(problem)


def _of_recipe(folder: Path, name: str) -> Path:
    """Return the folder of a search, which must be of this recipe."""
    recipe = Path(results.read(folder)["plan"]["recipe"]).stem
    if recipe != Path(name).stem:
        raise UserError(
            f"the search in {folder} is of the recipe '{recipe}', not of '{Path(name).stem}'"
        )
    return folder
