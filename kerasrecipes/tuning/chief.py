"""What the chief of a search does: let workers work until it is over, and save what it found."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from kerasrecipes import files
from kerasrecipes.errors import Interrupted, UserError
from kerasrecipes.runs import lock
from kerasrecipes.runs.run import Run
from kerasrecipes.training.signals import terminable
from kerasrecipes.tuning import plan, results, rpc, secret
from kerasrecipes.tuning.hosts import Role
from kerasrecipes.tuning.results import Tuning
from kerasrecipes.tuning.scheduler import Scheduler
from kerasrecipes.tuning.trial import TrialSpec
from kerasrecipes.tuning.trial_process import ForkServer
from kerasrecipes.tuning.workers import POLL, Worker, WorkerPool, resources

Watch = Callable[[Scheduler, bool], None]
_LINGER = 6.0  # seconds in which workers of other machines may learn that the search is over


def conduct(
    scheduler: Scheduler,
    server: ForkServer,
    count: int,
    role: Role | None,
    watch: Watch | None,
    token: str | None = None,
) -> None:
    """Let workers work until the search is over.

    Args:
        scheduler: of the search.
        server: fork server of this machine.
        count: of workers on this machine.
        role: of this process, where machines work together.
        watch: is called a few times a second; by default a table is shown.
        token: the secret by which other machines may join; by default one that is made in the
            search's folder.

    Raises:
        UserError: if another process conducts the search, the chief's address is taken, or the
            search cannot go on.
        Interrupted: if it was stopped; its state is saved.
    """
    with _kept(scheduler), lock.held(scheduler.folder), _served(scheduler, role, token):
        # Trials of other machines may still write in folders within.
        files.remove_leftovers(scheduler.folder, owned=True, deep=False)
        scheduler.save()
        pool = WorkerPool(
            [
                Worker(scheduler, server, f"worker {number + 1}", resources(number, count))
                for number in range(count)
            ]
        )
        try:
            with terminable(), _shown(watch) as show:
                _work(scheduler, pool, show)
                if role:
                    time.sleep(_LINGER)
        except KeyboardInterrupt:
            scheduler.stop()
            with suppress(KeyboardInterrupt):  # A second Ctrl-C does not wait for the trials.
                pool.stop()
            scheduler.save()
            saved = f"the search was stopped and its state is saved in {scheduler.folder}"
            raise Interrupted(f"{saved}; go on with: {_again(scheduler)}") from None
    if scheduler.fatal:
        raise UserError(f"{scheduler.fatal} (search: {scheduler.folder})")


def _work(scheduler: Scheduler, pool: WorkerPool, show: Watch) -> None:
    pool.start()
    # Workers of other machines may go on when those of this one have none left.
    while pool.at_work or not (scheduler.finished or scheduler.fatal):
        show(scheduler, False)
        if pool.failure is not None:
            scheduler.stop()
            raise pool.failure
        scheduler.expire()
        time.sleep(POLL)
    show(scheduler, True)


def _again(scheduler: Scheduler) -> str:
    return f"kerasrecipes tune {scheduler.plan.recipe} --resume {scheduler.folder}"


@contextmanager
def _kept(scheduler: Scheduler) -> Iterator[None]:
    """Tell an error of the disk in one line; a search that could not begin leaves nothing behind.

    Raises:
        UserError: in place of the error.
    """
    try:
        yield
    except OSError as error:
        said = files.failure(error)
        if (scheduler.folder / "search.json").exists():
            kept = f"the search is kept in {scheduler.folder}; mend that, then"
            raise UserError(f"{said}; {kept}: {_again(scheduler)}") from error
        shutil.rmtree(scheduler.folder, ignore_errors=True)
        raise UserError(f"{said}; nothing was searched") from error


@contextmanager
def _served(scheduler: Scheduler, role: Role | None, token: str | None) -> Iterator[None]:
    """Listen for other machines, if there are any; a search that cannot begin for it leaves nothing
    behind.
    """
    with ExitStack() as stack:
        try:
            if role is not None:
                known = token or secret.of_chief(scheduler.folder)
                stack.enter_context(rpc.serve(scheduler, role.address, known))
        except UserError:
            if not (scheduler.folder / "search.json").exists():
                shutil.rmtree(scheduler.folder)
            raise
        yield


@contextmanager
def _shown(watch: Watch | None) -> Iterator[Watch]:
    if watch is not None:
        yield watch
        return
    from kerasrecipes.tuning.live_table import LiveTable

    with LiveTable() as table:
        yield table.show


def conclude(scheduler: Scheduler, server: ForkServer) -> Tuning:
    """Make a run of the best trial, which looks at the test examples once, and write all results.

    Args:
        scheduler: of a search that is over.
        server: fork server of this machine.

    Returns:
        The search as it lies in its folder, with its results.

    Raises:
        UserError: if no trial was completed, or its run failed.
    """
    try:
        with _kept(scheduler), terminable():
            return _concluded(scheduler, server)
    except KeyboardInterrupt:
        saved = f"the search is over and saved in {scheduler.folder}, its best run is not"
        raise Interrupted(f"{saved}; go on with: {_again(scheduler)}") from None


def _concluded(scheduler: Scheduler, server: ForkServer) -> Tuning:
    tuning = Tuning(scheduler.folder)
    record, run = tuning.winner, tuning.run
    source = f"{record['id']} {record['score']!r}"
    made_of = None
    if run is not None:
        with suppress(UserError):
            made_of = run._json("tuned.json").get("trial")
    if run is None or made_of != source:
        # Written before it is trained: whoever resumes goes on with this run.
        run = Run.create(Path(scheduler.plan.recipe).stem)
        run.write_json("tuned.json", {"trial": source})
        files.write_text(scheduler.folder / "run.txt", f"{run.path.name}\n")
    if not run.finished:
        config = plan.with_settings(
            scheduler.base, {**record["settings"], "seed": record["seed"], "diagnose": False}
        )
        spec = TrialSpec(
            kind="final",
            folder=str(run.path),
            config=plan.document(config),
            earlier=scheduler.folder_of(record["id"]) if scheduler.plan.folds == 1 else None,
        )
        server.start(spec, **resources(0, 1)).result()
    results.write(tuning)
    return tuning
