import numpy as np
import pytest
from sklearn import metrics as sklearn

from kerasrecipes.metrics import classification


def drawn(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Labels of which some classes are rare or missing, and probabilities that know a little."""
    random = np.random.default_rng(seed)
    classes, count = int(random.integers(2, 7)), int(random.integers(20, 200))
    truth = random.choice(classes, count, p=random.dirichlet(np.full(classes, 0.7)))
    if len(np.unique(truth)) < 2:
        truth[0] = (truth[0] + 1) % classes
    scores = random.normal(0, 1, (count, classes)) + 1.5 * np.eye(classes)[truth]
    probabilities = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    return truth, probabilities


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.filterwarnings("ignore")  # scikit-learn's, of classes that do not occur
def test_the_metrics_are_those_of_scikit_learn(seed):
    truth, probabilities = drawn(seed)
    predicted, classes = probabilities.argmax(axis=1), probabilities.shape[1]
    found = classification.class_metrics(truth, probabilities)
    by = {"average": "macro", "zero_division": 0}
    wanted = {
        "accuracy": sklearn.accuracy_score(truth, predicted),
        "macro_f1": sklearn.f1_score(truth, predicted, **by),
        "macro_precision": sklearn.precision_score(truth, predicted, **by),
        "macro_recall": sklearn.recall_score(truth, predicted, **by),
        "balanced_accuracy": sklearn.balanced_accuracy_score(truth, predicted),
        "log_loss": sklearn.log_loss(truth, probabilities, labels=range(classes)),
    }
    if classes == 2:
        second = probabilities[:, 1]
        wanted["roc_auc"] = sklearn.roc_auc_score(truth, second)
        wanted["average_precision"] = sklearn.average_precision_score(truth, second)
    elif len(np.unique(truth)) == classes:
        wanted["roc_auc"] = sklearn.roc_auc_score(truth, probabilities, multi_class="ovr")
    for name, value in wanted.items():
        assert found[name] == pytest.approx(value, abs=1e-9), name
    rows = classification.by_class(truth, predicted, [str(n) for n in range(classes)])
    per_class = sklearn.precision_recall_fscore_support(
        truth, predicted, labels=range(classes), zero_division=0
    )
    for column, values in zip(("precision", "recall", "f1", "examples"), per_class, strict=True):
        assert [row[column] for row in rows.values()] == pytest.approx(values.tolist()), column


def test_what_the_examples_do_not_define_is_left_out():
    truth, probabilities = np.zeros(4, int), np.tile([0.7, 0.3], (4, 1))
    found = classification.class_metrics(truth, probabilities)
    assert "roc_auc" not in found and "average_precision" not in found
    assert found["accuracy"] == found["balanced_accuracy"] == found["macro_f1"] == 1


def test_several_labels_are_judged_one_by_one():
    random = np.random.default_rng(0)
    truth = (random.random((60, 3)) < [0.5, 0.2, 0.1]).astype(float)
    given = np.clip(0.6 * truth + random.random((60, 3)) * 0.6, 0, 1)
    found = classification.multilabel_metrics(truth, given)
    assert found["macro_f1"] == pytest.approx(
        sklearn.f1_score(truth, given > 0.5, average="macro", zero_division=0)
    )
    assert found["roc_auc"] == pytest.approx(sklearn.roc_auc_score(truth, given))
    assert found["average_precision"] == pytest.approx(
        sklearn.average_precision_score(truth, given)
    )


@pytest.mark.parametrize(
    ("labels", "indices"),
    [
        (np.array([0, 2, 1]), [0, 2, 1]),
        (np.array([[0.0], [2.0]]), [0, 2]),
        (np.eye(3)[[2, 0]], [2, 0]),
        (np.array([0.5, 1.0]), None),
        (np.array([0, 3]), None),
        (np.array([-1, 0]), None),
        (np.zeros((2, 2, 2)), None),
    ],
)
def test_labels_of_every_form_become_indices(labels, indices):
    found = classification.class_indices(labels, 3)
    assert indices is None if found is None else found.tolist() == indices
