"""A search from its beginning to what it leaves: the chief's work.

import kerasrecipes

found = kerasrecipes.tune("lenet", trials=20, workers=2)
found.settings, found.run.metrics["test"]
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from kerasrecipes import files, registry
from kerasrecipes.errors import Interrupted, UserError, unknown
from kerasrecipes.recipe import Recipe
from kerasrecipes.runs.config import Config, resolve
from kerasrecipes.runs.run import Run, home, new_folder
from kerasrecipes.tuning import join as joining
from kerasrecipes.tuning import oracles, plan, results, rpc
from kerasrecipes.tuning import workers as crew
from kerasrecipes.tuning.join import interruptible
from kerasrecipes.tuning.plan import Plan
from kerasrecipes.tuning.results import Tuning
from kerasrecipes.tuning.scheduler import Desk
from kerasrecipes.tuning.search_space import Space
from kerasrecipes.tuning.trial import Order

Watch = Callable[[Desk, bool], None]
_DEFAULTS = {"method": "hyperband", "objective": None, "folds": 1, "repeats": 3, "early": True}
_LOOK = 0.25  # seconds between looks at the search
_LINGER = 6.0  # seconds in which workers of other machines may learn that the search is over


def tune(
    name: str,
    data: str | None = None,
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
    config: str | Path | Mapping[str, Any] | None = None,
    strategy: str | None = None,
    limit: int | None = None,
    options: Mapping[str, Any] | None = None,
    watch: Watch | None = None,
    **settings: Any,
) -> Tuning:
    """Search for the settings of a recipe that serve best.

    Args:
        name: the recipe's name, or the path of a page.
        data: a source's name, or the path of your own data; by default the recipe's embedded data.
        method: `hyperband`, the default, `bayesian`, `random` or `grid`.
        trials: the most trials; by default 20, and as many as its schedule has with Hyperband.
        time: the most time for the search, in seconds or such as `30m`; the repetitions come after
            it.
        workers: trials that run at once on this machine; by default one per GPU, one where there is
            none.
        objective: what to make better, such as `val_loss`; by default the task's metric on the
            validation examples.
        search: entries that are added to the page's space or replace them, such as
            `{"learning_rate": "log(1e-4,1e-1)"}`.
        folds: parts of the training examples for cross-validation; 1, the default, judges on the
            validation examples.
        repeats: fresh seeds with which the winner and the page's defaults are trained after the
            search, 3 by default.
        early: whether trials that fall behind are ended early, where the method does not do so
            itself; they are by default.
        resume: go on with the newest search of the recipe that was stopped, or with that in the
            folder given; it takes new `trials` and `time` as well as `workers` and `chief`, and
            keeps all else.
        chief: `host:port` at which workers of other machines may join.
        join: `host:port` of a chief on another machine to work for; only `workers` is then one's
            own to choose.
        config: a configuration file, or its content.
        strategy: how each trial is spread over devices.
        limit: the most training examples to use.
        options: further facts of the data.
        watch: is called a few times a second with the search; by default a table is shown.
        settings: settings of the recipe and fields of `Training`, which are not searched over.

    Returns:
        What was found.

    Raises:
        UserError: if something asked for makes no sense; nothing is then written.
        Interrupted: if the search was stopped; `resume` goes on.
    """
    place = rpc.role(chief, join)
    judged = {
        "method": method,
        "objective": objective,
        "folds": folds,
        "repeats": repeats,
        "early": early,
    }
    trained = {"data": data, "strategy": strategy, "limit": limit, "options": options, **settings}
    given = {
        **judged,
        "search": _texts(search) or None,
        "config": config,
        **trained,
        **dict.fromkeys(settings, True),
    }
    if resume:
        _refuse_changes("goes on", given, "trials, time, workers and chief")
    if join:
        given |= {"resume": resume or None, "trials": trials, "time": time}
        _refuse_changes("is joined", given, "workers")
    count = _workers(workers, place)
    if place is not None and not place.chief:
        return joining.join(
            name, place.address, count, patience=joining.PATIENCE if join else rpc.PATIENCE
        )
    if place is not None:
        rpc.refuse_taken(place.address)
    recipe = registry.load(name)
    limits = {
        "trials": _whole("trials", trials),
        "seconds": plan.seconds(time) if time is not None else None,
    }
    nursery = crew.Nursery(name)
    try:
        if resume:
            folder = _found(name, None if resume is True else Path(resume))
            desk = Desk.load(folder, recipe, _extended(results.read(folder)["plan"], limits))
        else:
            resolved = resolve(name, recipe, config=config, **trained)
            judged = {
                **_DEFAULTS,
                **{key: value for key, value in judged.items() if value is not None},
            }
            made = _plan(recipe, resolved, _texts(search), settings, nursery, **judged, **limits)
            desk = Desk(new_folder(home() / Path(name).stem, "tuning-"), made, recipe)
        _conduct(desk, nursery, count, place, watch)
        return _conclude(desk, nursery)
    finally:
        nursery.close()


def _refuse_changes(what: str, given: Mapping[str, Any], free: str) -> None:
    """Refuse what a search that was planned already could only ignore."""
    changed = [name for name, value in given.items() if value is not None]
    if changed:
        told = f"a search that {what} keeps its data and settings, received {', '.join(changed)}"
        raise UserError(f"{told}; leave that out, only {free} may be given")


def _workers(count: int | None, place: rpc.Role | None) -> int:
    if count is None:
        return max(1, len(crew.gpus())) if place is None or place.trains or not place.chief else 0
    least = 0 if place is not None and place.chief else 1
    return _whole("workers", count, least)


def _whole(name: str, value: Any, least: int = 1) -> int | None:
    if value is None:
        return None
    try:
        number = int(value)
    except (TypeError, ValueError) as error:
        raise UserError(f"{name}={value}: expected a whole number") from error
    if number < least:
        raise UserError(f"{name}={value}: must be at least {least}")
    return number


def _texts(search: Mapping[str, str] | Sequence[str]) -> tuple[str, ...]:
    if isinstance(search, Mapping):
        return tuple(f"{name}={what}" for name, what in search.items())
    return (search,) if isinstance(search, str) else tuple(search)


# -------------------------------------------------------------------------------------------------
# plan


def _plan(
    recipe: Recipe,
    config: Config,
    searches: tuple[str, ...],
    settings: Mapping[str, Any],
    nursery: crew.Nursery,
    *,
    method: str,
    trials: int | None,
    folds: int,
    repeats: int,
    objective: str | None,
    **rest: Any,
) -> Plan:
    """Check all that was asked for, also against the data, before anything is written."""
    if method not in oracles.METHODS:
        raise unknown("method", method, oracles.METHODS)
    folds, repeats = _whole("folds", folds), _whole("repeats", repeats, least=0)
    given = config.values
    space = Space(recipe, searches, {name: given[name] for name in settings}, given)
    if method == "hyperband" and "epochs" in space.names():
        raise UserError(
            "hyperband sets the epochs of each trial itself; search over others, or take another --method"
        )
    if folds > 1:
        rest["early"] = False
    with tempfile.TemporaryDirectory() as folder:
        base = plan.document(config)
        order = Order(kind="probe", folder=folder, config=base, objective=objective, folds=folds)
        found = nursery.start(order, **crew.surroundings(0, 1)).result()
    return Plan(
        recipe=config.recipe,
        base=base,
        method=method,
        objective=found["objective"],
        maximize=found["maximize"],
        epochs=config.training.epochs,
        trials=trials if trials is not None or method == "hyperband" else oracles.DEFAULT_TRIALS,
        folds=folds,
        repeats=repeats,
        seed=config.training.seed,
        searches=searches,
        pinned={name: given[name] for name in settings if name in space.known},
        **rest,
    )


def _extended(values: Mapping[str, Any], limits: Mapping[str, Any]) -> Plan:
    """Take a plan up again, with more trials or time where they were granted."""
    return Plan.from_dict(
        {**values, **{name: value for name, value in limits.items() if value is not None}}
    )


def _found(name: str, folder: Path | None) -> Path:
    """Find the search to go on with."""
    if folder is None:
        known = results.folders(Path(name).stem)
        stopped = [path for path in known if not Tuning(path).finished]
        if not stopped:
            further = [
                f"; to search on in a finished one: --resume {path}, with --trials or --time"
                for path in known
            ]
            raise UserError(
                f"there is no unfinished search of '{Path(name).stem}' in {home()}{''.join(further[-1:])}"
            )
        return stopped[-1]
    recipe = results.read(folder)["plan"]["recipe"]
    if Path(recipe).stem != Path(name).stem:
        raise UserError(
            f"the search in {folder} is of the recipe '{Path(recipe).stem}', not of '{Path(name).stem}'"
        )
    return folder


# ------------------------------------------------------------------------------------------------
# chief


def _conduct(
    desk: Desk, nursery: crew.Nursery, count: int, place: rpc.Role | None, watch: Watch | None
) -> None:
    """Let workers work until the search is over."""
    with _alone(desk.folder), _served(desk, place):
        desk.save()
        workers = [
            crew.Worker(desk, nursery, f"worker {number + 1}", crew.surroundings(number, count))
            for number in range(count)
        ]
        try:
            with interruptible(), _shown(watch) as show:
                _work(desk, workers, show)
                if place:
                    time.sleep(_LINGER)
        except KeyboardInterrupt:
            _stop(desk, workers)
            told = f"the search was stopped and its state is saved in {desk.folder}"
            raise Interrupted(
                f"{told}; go on with: kerasrecipes tune {desk.plan.recipe} --resume"
            ) from None
    if desk.fatal:
        raise UserError(f"{desk.fatal} (search: {desk.folder})")


def _work(desk: Desk, workers: Sequence[crew.Worker], show: Watch) -> None:
    for worker in workers:
        worker.start()
    while any(worker.is_alive() for worker in workers) or not (desk.finished or desk.fatal):
        show(desk, False)
        failed = [worker.failure for worker in workers if worker.failure is not None]
        if failed:
            desk.halt()
            raise failed[0]
        desk.expire()
        time.sleep(_LOOK)
    show(desk, True)


def _stop(desk: Desk, workers: Sequence[crew.Worker]) -> None:
    """Let running trials save themselves; a second Ctrl-C does not wait for them."""
    desk.halt()
    with suppress(KeyboardInterrupt):
        for worker in workers:
            worker.stopping.set()
        for worker in workers:
            if worker.is_alive():
                worker.join(crew.GRACE + 5)
    desk.save()


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Make sure that no other process conducts this search."""
    try:
        import fcntl
    except ImportError:  # On systems without it two chiefs are the user's to avoid.
        yield
        return
    with (folder / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise UserError(f"another process conducts the search in {folder} already") from error
        yield


@contextmanager
def _served(desk: Desk, place: rpc.Role | None) -> Iterator[None]:
    """Listen for other machines, if there are any; a search that cannot begin for it leaves nothing
    behind.
    """
    with ExitStack() as stack:
        try:
            if place is not None:
                stack.enter_context(rpc.serving(desk, place.address))
        except UserError:
            if not (desk.folder / "search.json").exists():
                shutil.rmtree(desk.folder)
            raise
        yield


@contextmanager
def _shown(watch: Watch | None) -> Iterator[Watch]:
    if watch is not None:
        yield watch
        return
    from kerasrecipes.tuning.live_table import Board

    with Board() as board:
        yield board.show


def _conclude(desk: Desk, nursery: crew.Nursery) -> Tuning:
    """Make a run of the best trial, which looks at the test split once, and write all results."""
    tuning = Tuning(desk.folder)
    record = tuning.winner
    run = tuning.run
    if run is None or _made_of(run) != _made_by(record):
        # Written before it is trained: whoever resumes goes on with this run.
        run = Run.create(Path(desk.plan.recipe).stem)
        run.write_json("tuned.json", {"trial": _made_by(record)})
        files.write_text(desk.folder / "run.txt", f"{run.path.name}\n")
    if not run.finished:
        config = plan.with_settings(
            desk.base, {**record["settings"], "seed": record["seed"], "diagnose": False}
        )
        earlier = desk.folder_of(record["id"]) if desk.plan.folds == 1 else None
        order = Order(
            kind="final", folder=str(run.path), config=plan.document(config), earlier=earlier
        )
        nursery.start(order, **crew.surroundings(0, 1)).result()
    results.write(tuning)
    return tuning


def _made_by(record: Mapping[str, Any]) -> str:
    return f"{record['id']} {record['score']!r}"


def _made_of(run: Run) -> str | None:
    with suppress(UserError):
        return run._json("tuned.json")["trial"]
    return None
