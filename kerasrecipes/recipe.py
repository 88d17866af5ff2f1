"""The vocabulary of the project: what a recipe, its data and its training are.

Nothing here loads TensorFlow, Keras or NumPy, so that a list of recipes appears at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, Protocol

from kerasrecipes import settings
from kerasrecipes.info import Info
from kerasrecipes.training_settings import Phase, Training

if TYPE_CHECKING:
    import keras
    import keras_tuner

    from kerasrecipes.data.examples import Examples
    from kerasrecipes.data.folds import Fold

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True, kw_only=True)
class Splits:
    """Training, validation and test split of a data set, with its metadata.

    Args:
        train: examples that the model is fitted to.
        validation: examples by which early stopping and tuning choose.
        test: examples that no choice has seen.
        info: metadata of the data.
        notes: sentences for the user, such as the files that could not be read.
        trained_info: metadata of an earlier training, which `prepare` uses instead of fitting its
            own.
        example: an input of the user's own data, such as a text or a file, to propose to `predict`.
        environment: the world that an agent acts in, where the data comes into being while it
            learns and the splits are empty; see `kerasrecipes.data.environments`.
    """

    train: Examples
    validation: Examples
    test: Examples
    info: Info
    notes: tuple[str, ...] = ()
    trained_info: Info | None = None
    environment: Any = None
    example: str | None = None

    @property
    def fitted(self) -> Info | None:
        """The name of `trained_info` in version 0.1.0, for pages of one's own."""
        return self.trained_info

    def limited(self, count: int, seed: int, *, entries: bool = False) -> Splits:
        """Keep at most `count` training examples, and of the other splits in proportion but at
        least one.

        The examples kept are drawn by `seed`.

        Args:
            count: the most training examples; where there are fewer, all examples of all splits
                stay.
            seed: of the draw without replacement.
            entries: whether an example with several answers counts as one; by default each answer
                does, as training learns each.

        Returns:
            Splits with the same metadata and notes.
        """
        whole = len(self.train) if entries else self.train.num_learned
        share = min(1.0, count / max(1, whole))
        limited = self.map(lambda part: part.sample(max(1, round(len(part) * share)), seed))
        return limited if entries else replace(limited, train=self.train.limited(count, seed))

    def map(self, function: Callable[[Examples], Examples]) -> Splits:
        """Apply a function to the examples of each split."""
        parts = {name: function(getattr(self, name)) for name in SPLITS}
        return replace(
            self, train=parts["train"], validation=parts["validation"], test=parts["test"]
        )


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """A trained model's outputs on a split, from which figures are drawn and scores computed.

    Args:
        recipe: the recipe's name.
        model: the trained model.
        info: metadata of the data.
        examples: the split.
        labels: true labels, one row per example, in the split's order; `None` without labels.
        outputs: the model's outputs, likewise; a recipe's `answers` where it has them.
        metrics: loss and metrics on the split, by name.
        history: a row per epoch, each with `epoch`, `loss`, `val_loss`, metrics and
            `learning_rate`.
        settings: the run's settings, by name.
        features: `(examples, units)`, outputs of the frozen part of the model, where it has one.
        environment: the world of an agent, which `scores` lets it act in; then there are neither
            examples nor labels nor outputs.
        train: the training split, for a baseline that learns from it; at the end of a run only.
        validation: the validation split, by which scores choose what answers need, such as a
            threshold; `None` where there is none.
        film: of a model that makes images, `(epoch, images)` of the same codes at several epochs,
            bytes; at the end of a run only.
        split: name of the split, `test` or `validation`.
        state: what a loop of the recipe's own kept, `Loop.state`; at the end of a run only.
    """

    recipe: str
    model: keras.Model
    info: Info
    examples: Examples
    labels: Any
    outputs: Any
    metrics: Mapping[str, float]
    history: Sequence[Mapping[str, float]] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    features: Any = None
    environment: Any = None
    train: Examples | None = None
    validation: Examples | None = None
    film: Sequence[tuple[int, Any]] = ()
    split: str = "test"
    state: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Request:
    """Which data the user asked for, and how it is to be split.

    Args:
        path: the file or folder that `--data` named, for a source of the user's own files.
        seed: of splits that the source has to draw.
        options: further flags of the data, such as `target` of a table.
        trained_info: metadata of the training whose model is to be evaluated on this data; classes
            keep the indices that they had there, and examples without a split of their own all go
            to `test`.
        fold: part of the examples that is to be the test split, for an evaluation by folds; a
            source that does not use `make_splits` need not look at it.
    """

    path: str | None = None
    seed: int = 0
    options: Mapping[str, Any] = field(default_factory=dict)
    trained_info: Info | None = None
    fold: Fold | None = None


class Source(Protocol):
    """Source of examples: embedded, a set by name, or the user's own files."""

    @property
    def summary(self) -> str:
        """What it holds, in a line."""
        ...

    def load(self, request: Request) -> Splits:
        """Load the examples, or prepare to load them batch by batch.

        Raises:
            UserError: if they are not available, with what was tried.
        """
        ...

    def accepts(self, path: str) -> bool:
        """Whether this source reads the file or folder at `path`, given as `--data path`."""
        ...

    def reachable(self) -> str | None:
        """Return why `load` would fail on this machine, or `None` if it would not.

        Reads no examples.
        """
        ...


LossOf = str | Callable[..., Any]
MetricOf = str | Callable[[], Any]


@dataclass(frozen=True, kw_only=True)
class Objective:
    """Loss that training minimises, and metrics that it reports.

    Without `task` and `loss` the model brings its own: by `compute_loss`, by `add_loss` in its
    layers, or by a step of its own, as `kerasrecipes.models.alternating.AlternatingModel` has.

    Args:
        task: a row of `kerasrecipes.heads`, which gives the head's activation, the loss and the
            metrics; for several outputs `"output: row, output: row"`.
        loss: a Keras loss name, or a callable that makes one inside the strategy's scope; by
            default the task's. For several outputs a mapping by output; those that it lacks have
            the task's.
        metrics: Keras metric names, or callables that make one; by default the task's. For several
            outputs a mapping by output, likewise.
        loss_weights: factor of each output's loss in their sum, by output; 1 by default.
        missing_labels: whether labels may be missing, as NaN, or of classes also as -1; for
            several outputs the names of those. A missing one counts neither in loss nor in metrics.
        headline: the metric that people ask for first; by default the first of the metrics.
        best: its better direction, `"max"` or `"min"`, where its name does not tell.
        optimizers: of a model whose parts learn in turns, by turn: what differs from the training's
            settings, such as `{"learning_rate": 4e-4, "beta_1": 0.5}`; arguments of the Keras
            optimizer that are no setting are handed on to it.
    """

    task: str | None = None
    loss: LossOf | Mapping[str, LossOf] | None = None
    metrics: Sequence[MetricOf] | Mapping[str, Sequence[MetricOf]] | None = None
    loss_weights: Mapping[str, float] | None = None
    missing_labels: bool | Sequence[str] = False
    headline: str | None = None
    best: Literal["max", "min"] | None = None
    optimizers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def measured_task(self) -> str:
        """The task whose metrics labels and outputs tell; empty where it is the model's own, or
        labels may be missing.
        """
        return self.task if self.task is not None and not self.missing_labels else ""


Function = Callable[..., Any] | str  # a name, `module:function`, is imported when it is used


@dataclass(frozen=True, kw_only=True)
class Task:
    """What goes with a kind of recipe, whatever its model: how it is prepared, answers and is
    judged.

    Functions may be given as `module:function`; then loading a page imports neither matplotlib nor
    what answers, until it is asked for. For what each of them does see `Recipe`.

    Args:
        prepare: from what a source gives to what `build` expects.
        predict: a user's raw inputs to readable answers.
        answers: a trained model's answers for a split, where they are more than its outputs.
        scores: metrics that are added to those of a split.
        baseline: what the model's metrics are compared with, by default the majority class or mean.
        snapshot: images that the model makes of examples, for the film of a training.
        phases: the phases of a training that has several.
        phases_when: settings with which it has them; by default it always has.
        loop: a training of its own, such as an agent's.
        figures: functions of an `Evaluation` that draw; a name may be that of several in a tuple.
    """

    prepare: Function | None = None
    predict: Function | None = None
    answers: Function | None = None
    scores: Function | None = None
    baseline: Function | None = None
    snapshot: Function | None = None
    phases: Function | None = None
    phases_when: Mapping[str, Any] = field(default_factory=dict)
    loop: Function | None = None
    figures: Sequence[Function] = ()


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A model, its data, its objective and its search space, joined under a name.

    A recipe holds functions and plain values only; live Keras objects are born inside the
    strategy's scope. The keyword-only parameters of `prepare`, `build`, `objective`, `phases` and
    `loop` are the recipe's settings: each can be given as `name=value` on the command line. A name
    that several of them share goes to each.

    Args:
        topic: the heading under which the recipe is listed.
        build: `build(info, *, …) -> keras.Model`, uncompiled.
        data: sources by name; the first is the embedded default.
        objective: an `Objective`, the name of a task, or `objective(info, *, …) -> Objective`; by
            default what the model brings, a loss or a step of its own.
        training: this recipe's own defaults.
        task: what goes with recipes of its kind; what the page gives itself goes before it.
        prepare: `prepare(splits, *, …) -> Splits`, from what a source gives to what `build`
            expects.
        search_space: `search_space(hp) -> dict` of settings and training settings, for `tune`; what
            it names begins with the page's default, which a choice gains if it lacks it.
        predict: `predict(run, inputs, **options)`, a user's raw inputs to an answer each, of
            `kerasrecipes.answers` or a dictionary with the entries of one; where `inputs` has a
            default, the recipe generates without any.
        answers: `answers(model, info, examples)`, what a trained model gives for a split where that
            is more than its outputs, such as whole sentences; they stand in `Evaluation.outputs`.
        scores: `scores(evaluation) -> dict`, metrics that are added to those of the test split, and
            without `answers` of the validation split too; one that is a list of `(x, value)` is a
            line, which `compare` draws beside those of other runs, and `by_class` a table: metrics
            by name, by class.
        baseline: `baseline(evaluation) -> kerasrecipes.metrics.baselines.Baseline | None`, what the
            model is compared with, by the same metrics; by default the majority class or the mean
            of the training labels.
        snapshot: `snapshot(model, info, examples)`, `(images, height, width, channels)` from 0 to 1
            that the model makes of a few of the examples, always the same: a row of the film that
            the report shows. A model with a method `snapshot` or `snapshot_of` needs none.
        phases: `phases(model, training, info, *, …)` yields each `Phase` when it is to begin, where
            a training has several or trains a part of the model; what may learn in it is set on the
            model's layers before.
        phases_when: settings with which the training has phases; by default it always has.
        loop: `loop(job, *, steps_per_epoch, …)`, a training of the recipe's own, such as an
            agent's, which yields a row of metrics after each epoch; `job` is a
            `kerasrecipes.training.own_loop.Loop`.
        figures: functions `figure(evaluation) -> matplotlib.figure.Figure | None` for the report.
        example: an input for `predict`, shown to the user as the next command to try.
        by_count: `by_count(count, given, num_replicas) -> dict`, settings and training settings
            that suit a number of training examples on so many devices, beside those `given` by the
            user or for the data; they stand between the recipe's and those.
        by_data: settings and training settings that a source wants other than the recipe's own, by
            the source's name; they stand between the recipe's and the user's.
    """

    topic: str
    build: Callable[..., keras.Model]
    data: Mapping[str, Source]
    objective: Objective | str | Callable[..., Objective] = Objective()
    training: Training = Training()
    task: Task | None = None
    prepare: Callable[..., Splits] | None = None
    search_space: Callable[[keras_tuner.HyperParameters], dict[str, Any]] | None = None
    predict: Callable[..., Sequence[Mapping[str, Any]]] | None = None
    answers: Callable[[keras.Model, Info, Examples], Any] | None = None
    scores: Callable[[Evaluation], Mapping[str, Any]] | None = None
    baseline: Callable[[Evaluation], Any] | None = None
    snapshot: Callable[[keras.Model, Info, Examples], Any] | None = None
    phases: Callable[..., Iterable[Phase]] | None = None
    phases_when: Mapping[str, Any] = field(default_factory=dict)
    loop: Callable[..., Iterator[Mapping[str, float]]] | None = None
    figures: Sequence[Callable[..., Any]] = ()
    example: str | None = None
    by_count: Callable[[int, Mapping[str, Any], int], Mapping[str, Any]] | None = None
    by_data: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Take from the task what the page does not give."""
        for name in (
            "prepare",
            "predict",
            "answers",
            "scores",
            "baseline",
            "snapshot",
            "phases",
            "phases_when",
            "loop",
            "figures",
        ):
            value: Any = getattr(self, name) or getattr(self.task, name, None)
            if isinstance(value, str):
                value = settings.Lazy(value)
            value = tuple(value or ()) if name == "figures" else value
            object.__setattr__(self, name, {} if name == "phases_when" and not value else value)

    @property
    def plots(self) -> tuple[Callable[[Evaluation], Any], ...]:
        """The functions that draw the report's figures, imported."""
        found: list[Callable[[Evaluation], Any]] = []
        for item in self.figures:
            value = settings.Lazy(item).value if isinstance(item, str) else item
            found += value if isinstance(value, tuple) else (value,)
        return tuple(found)

    @property
    def functions(self) -> tuple[Callable[..., Any], ...]:
        """The functions whose keyword-only parameters are the recipe's settings."""
        return tuple(
            f
            for f in (self.prepare, self.build, self.objective, self.phases, self.loop)
            if callable(f)
        )

    def has_phases(self, values: Mapping[str, Any]) -> bool:
        """Whether a training with these settings has phases.

        Args:
            values: settings by name.
        """
        chosen = (values.get(name) == value for name, value in self.phases_when.items())
        return self.phases is not None and all(chosen)

    def objective_for(self, info: Info, **values: Any) -> Objective:
        """Return the objective for the data and settings.

        Args:
            info: metadata of the data, from which the objective may take its task.
            **values: settings of a function `objective`; others have none.

        Returns:
            The objective; one that is a name of a task comes with that task's loss and metrics.
        """
        if callable(self.objective):
            return self.objective(info, **values)
        return Objective(task=self.objective) if isinstance(self.objective, str) else self.objective
