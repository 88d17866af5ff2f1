"""The course's worked examples: what Keras computes against plain arithmetic, written out in NumPy.

Everything runs in float64 where Keras lets it, so that agreement means the formula and not the
rounding.
"""

import keras
import numpy as np
import pytest
from keras import layers, ops

from kerasrecipes.diagnosis.gradient_check import computing_in
from kerasrecipes.diagnosis.measurement import differentiate
from kerasrecipes.training.optimizers import make_optimizer
from kerasrecipes.training_settings import Training

DOUBLE = keras.backend.backend() == "tensorflow"


@pytest.fixture(autouse=True)
def double():
    with computing_in("float64"):
        yield


def close(found, expected, rtol=1e-10, atol=0.0):
    """Compare; on JAX Keras rounds every result to 32 bits."""
    if not DOUBLE:
        rtol, atol = max(rtol, 2e-4), max(atol, 2e-5)
    np.testing.assert_allclose(found, expected, rtol=rtol, atol=atol)


def gradients(model, x, y, objective):
    """The derivative of an objective of labels and outputs by every variable of a model."""

    def loss(values):
        states = [variable.value for variable in model.non_trainable_variables]
        outputs, _ = model.stateless_call(values, states, x, training=True)
        return objective(y, outputs), {}

    _, _, derived = differentiate(loss, [variable.value for variable in model.trainable_variables])
    return [ops.convert_to_numpy(gradient) for gradient in derived]


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def dense_net(sizes, activations, seed=0):
    """A net of dense layers with known weights, and those weights as `[(kernel, bias), …]`."""
    random = np.random.default_rng(seed)
    model = keras.Sequential([keras.Input((sizes[0],))])
    weights = []
    for before, after, activation in zip(sizes, sizes[1:], activations, strict=False):
        model.add(layers.Dense(after, activation=activation))
        weights.append((random.normal(size=(before, after)), random.normal(size=after)))
    model.set_weights([part for pair in weights for part in pair])
    return model, weights


def test_forward_pass_of_a_4_3_2_1_net_with_26_parameters():
    model, weights = dense_net((4, 3, 2, 1), ("sigmoid", "sigmoid", "sigmoid"))
    x = np.array([[0.5, -1.0, 2.0, 0.1], [1.0, 1.0, 0.0, -3.0]])
    a = x
    for kernel, bias in weights:
        a = sigmoid(a @ kernel + bias)
    assert model.count_params() == (4 * 3 + 3) + (3 * 2 + 2) + (2 * 1 + 1) == 26
    close(ops.convert_to_numpy(model(x)), a, rtol=1e-12)


def test_backpropagation_of_a_two_layer_regression():
    """Two inputs, two linear hidden units, a linear output, squared error: every derivative by the
    chain rule.
    """
    model, [(w1, b1), (w2, b2)] = dense_net((2, 2, 1), ("linear", "linear"), seed=1)
    x, y = np.array([[8.0, 6.0]]), np.array([[4.0]])
    hidden = x @ w1 + b1  # (1, 2)
    answer = hidden @ w2 + b2  # (1, 1)
    by_answer = -2 * (y - answer)
    by_hidden = by_answer @ w2.T
    expected = [x.T @ by_hidden, by_hidden[0], hidden.T @ by_answer, by_answer[0]]
    found = gradients(model, x, y, lambda y, output: ops.mean((y - output) ** 2))
    for one, other in zip(found, expected, strict=True):
        close(one, other, rtol=1e-12)


def test_one_step_of_descent_lowers_the_regression_loss_as_the_gradient_says():
    model, [(w1, b1), (w2, b2)] = dense_net((2, 2, 1), ("linear", "linear"), seed=1)
    x, y, rate = np.array([[8.0, 6.0]]), np.array([[4.0]]), 1e-3
    model.compile(optimizer=keras.optimizers.SGD(rate), loss="mse")
    model.fit(x, y, verbose=0)
    by_answer = -2 * (y - ((x @ w1 + b1) @ w2 + b2))
    close(model.get_weights()[2], w2 - rate * (x @ w1 + b1).T @ by_answer, rtol=1e-6)
    close(model.get_weights()[0], w1 - rate * x.T @ (by_answer @ w2.T), rtol=1e-6)


def test_backpropagation_of_a_two_layer_classification():
    """Sigmoid units and binary cross-entropy over three rows: the output's error is prediction
    minus truth.
    """
    model, [(w1, b1), (w2, b2)] = dense_net((2, 2, 1), ("sigmoid", "sigmoid"), seed=2)
    x, y = np.array([[8.0, 8.0], [7.0, 9.0], [0.6, 1.0]]) / 10, np.array([[1.0], [0.0], [1.0]])
    hidden = sigmoid(x @ w1 + b1)  # (3, 2)
    answer = sigmoid(hidden @ w2 + b2)  # (3, 1)
    error = (answer - y) / len(x)
    by_sum = error @ w2.T * hidden * (1 - hidden)
    expected = [x.T @ by_sum, by_sum.sum(0), hidden.T @ error, error.sum(0)]
    found = gradients(
        model, x, y, lambda y, output: ops.mean(keras.losses.binary_crossentropy(y, output))
    )
    for one, other in zip(found, expected, strict=True):
        close(one, other, rtol=1e-6)  # Keras keeps probabilities 1e-7 away from 0 and 1


def test_softmax_with_cross_entropy_has_the_gradient_prediction_minus_truth():
    model, [(w, b)] = dense_net((3, 4), ("softmax",), seed=3)
    x, y = np.random.default_rng(0).normal(size=(5, 3)), np.array([0, 3, 1, 1, 2])
    scores = np.exp(x @ w + b)
    error = (scores / scores.sum(1, keepdims=True) - np.eye(4)[y]) / len(x)
    for loss, labels in (
        ("sparse_categorical_crossentropy", y),
        ("categorical_crossentropy", np.eye(4)[y]),
    ):
        function = keras.losses.get(loss)
        found = gradients(model, x, labels, lambda y, out, f=function: ops.mean(f(y, out)))
        close(found[0], x.T @ error, rtol=1e-6, atol=1e-9)
        close(found[1], error.sum(0), rtol=1e-6, atol=1e-9)


def sgd(w, g, state, t, rate):
    return w - rate * g


def momentum(w, g, state, t, rate, beta=0.9):
    state["v"] = beta * state.get("v", 0) - rate * g
    return w + state["v"]


def nag(w, g, state, t, rate, beta=0.9):
    """Nesterov's look ahead, written for the point that is looked ahead to."""
    state["v"] = beta * state.get("v", 0) - rate * g
    return w + beta * state["v"] - rate * g


def adagrad(w, g, state, t, rate):
    state["s"] = state.get("s", 0.1) + g**2  # Keras begins the sum at 0.1
    return w - rate * g / np.sqrt(state["s"] + 1e-7)


def rmsprop(w, g, state, t, rate, rho=0.9):
    state["s"] = rho * state.get("s", 0) + (1 - rho) * g**2
    return w - rate * g / np.sqrt(state["s"] + 1e-7)


def adam(w, g, state, t, rate, first=0.9, second=0.999):
    state["m"] = first * state.get("m", 0) + (1 - first) * g
    state["s"] = second * state.get("s", 0) + (1 - second) * g**2
    m, s = state["m"] / (1 - first**t), state["s"] / (1 - second**t)  # the bias correction
    return w - rate * m / (np.sqrt(s) + 1e-7)


def adamw(w, g, state, t, rate, decay=0.01):
    return adam(w - rate * decay * w, g, state, t, rate)


def lion(w, g, state, t, rate, first=0.9, second=0.99):
    m = state.get("m", np.zeros_like(w))
    state["m"] = second * m + (1 - second) * g
    return w - rate * np.sign(first * m + (1 - first) * g)


@pytest.mark.parametrize(
    "step", [sgd, momentum, nag, adagrad, rmsprop, adam, adamw, lion], ids=lambda f: f.__name__
)
def test_three_steps_of_each_optimizer(step):
    rate = 0.05
    decay = {"weight_decay": 0.01} if step is adamw else {}
    optimizer = make_optimizer(Training(optimizer=step.__name__, learning_rate=rate, **decay))
    w = np.array([1.0, -2.0, 0.5])
    variable = keras.Variable(w, dtype="float64", name="kernel")
    optimizer.build([variable])
    state = {}
    for t, g in enumerate(np.array([[0.3, -1.0, 2.0], [0.1, 0.4, -2.0], [-0.5, 0.2, 1.0]]), 1):
        optimizer.apply([ops.convert_to_tensor(g)], [variable])
        w = step(w, g, state, t, rate)
        close(ops.convert_to_numpy(variable.value), w, rtol=2e-6)


def test_adams_first_step_is_the_learning_rate_whatever_the_gradient():
    """Without the bias correction the first step would be 0.1 / sqrt(0.001), over three times as
    long.
    """
    for size in (0.1, 1.0, 1e3):
        variable = keras.Variable([0.0], dtype="float64")
        optimizer = make_optimizer(Training(optimizer="adam", learning_rate=0.01))
        optimizer.apply([ops.convert_to_tensor([size], dtype="float64")], [variable])
        assert float(ops.convert_to_numpy(variable.value)[0]) == pytest.approx(-0.01, rel=1e-3)


def test_gradient_clipping_by_the_norm_of_all_and_by_value():
    gradient = np.array([3.0, 4.0])
    for settings, expected in (
        ({"clip_norm": 1.0}, gradient / 5),
        ({"clip_value": 3.5}, np.array([3.0, 3.5])),
    ):
        variable = keras.Variable([0.0, 0.0], dtype="float64")
        optimizer = make_optimizer(Training(optimizer="sgd", learning_rate=1.0, **settings))
        optimizer.apply([ops.convert_to_tensor(gradient)], [variable])
        close(ops.convert_to_numpy(variable.value), -expected, rtol=1e-6)


def test_batch_normalization_by_hand():
    x = np.array([[1.0, 10.0], [2.0, 30.0], [6.0, 20.0]])
    layer = layers.BatchNormalization(momentum=0.9, epsilon=1e-3)
    layer.build((None, 2))
    gamma, beta = np.array([2.0, 0.5]), np.array([1.0, -1.0])
    layer.set_weights([gamma, beta, np.zeros(2), np.ones(2)])
    mean, variance = x.mean(0), x.var(0)
    trained = gamma * (x - mean) / np.sqrt(variance + 1e-3) + beta
    close(ops.convert_to_numpy(layer(x, training=True)), trained, rtol=1e-10)
    moving_mean, moving_variance = 0.1 * mean, 0.9 + 0.1 * variance
    close(layer.get_weights()[2], moving_mean, rtol=1e-10)
    close(layer.get_weights()[3], moving_variance, rtol=1e-10)
    answered = gamma * (x - moving_mean) / np.sqrt(moving_variance + 1e-3) + beta
    close(ops.convert_to_numpy(layer(x, training=False)), answered, rtol=1e-10)


def test_gradient_of_batch_normalization():
    """Through mean and variance too: what is common to the batch, or lies along it, is taken
    out.
    """
    random = np.random.default_rng(4)
    x, weight = random.normal(size=(6, 3)), random.normal(size=(6, 3))
    source = keras.Input((3,))
    shift = layers.EinsumDense("bi,i->bi", output_shape=3, kernel_initializer="ones")
    model = keras.Model(source, layers.BatchNormalization(epsilon=1e-3)(shift(source)))
    found = gradients(model, x, weight, lambda w, out: ops.sum(w * out))
    scale = np.sqrt(x.var(0) + 1e-3)
    normal = (x - x.mean(0)) / scale
    by_x = (weight - weight.mean(0) - normal * (weight * normal).mean(0)) / scale
    close(found[0], (by_x * x).sum(0), rtol=1e-6, atol=1e-9)  # by the factor on each column
    close(found[1], (weight * normal).sum(0), rtol=1e-8)
    close(found[2], weight.sum(0), rtol=1e-8)


def convolved(x, kernel, stride=1):
    """Slide a kernel over `(height, width, channels)`; Keras does not turn it over."""
    size = kernel.shape[0]
    rows, columns = ((x.shape[i] - size) // stride + 1 for i in (0, 1))
    out = np.zeros((rows, columns, kernel.shape[3]))
    for i in range(rows):
        for j in range(columns):
            patch = x[i * stride : i * stride + size, j * stride : j * stride + size]
            out[i, j] = np.tensordot(patch, kernel, 3)
    return out


@pytest.mark.parametrize("stride", [1, 2])
def test_convolution_and_its_gradient(stride):
    random = np.random.default_rng(5)
    x, kernel = random.normal(size=(1, 6, 7, 2)), random.normal(size=(3, 3, 2, 4))
    model = keras.Sequential(
        [keras.Input((6, 7, 2)), layers.Conv2D(4, 3, strides=stride, use_bias=True)]
    )
    model.set_weights([kernel, np.arange(4.0)])
    out = convolved(x[0], kernel, stride) + np.arange(4.0)
    close(ops.convert_to_numpy(model(x))[0], out, rtol=1e-10)
    weight = random.normal(size=out.shape)
    by_kernel = np.zeros_like(kernel)
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            patch = x[0, i * stride : i * stride + 3, j * stride : j * stride + 3]
            by_kernel += patch[..., None] * weight[i, j]
    found = gradients(model, x, weight, lambda w, output: ops.sum(w * output[0]))
    close(found[0], by_kernel, rtol=1e-9, atol=1e-9)
    close(found[1], weight.sum((0, 1)), rtol=1e-9)


def test_same_padding_adds_zeros_all_round():
    random = np.random.default_rng(6)
    x, kernel = random.normal(size=(1, 5, 5, 1)), random.normal(size=(3, 3, 1, 1))
    layer = layers.Conv2D(1, 3, padding="same", use_bias=False)
    layer.build((None, 5, 5, 1))
    layer.set_weights([kernel])
    padded = np.pad(x[0], ((1, 1), (1, 1), (0, 0)))
    close(ops.convert_to_numpy(layer(x))[0], convolved(padded, kernel), rtol=1e-10)


def test_max_pooling_sends_the_gradient_to_the_largest_only():
    x = np.array(
        [[1.0, 5.0, 2.0, 0.0], [3.0, 4.0, 8.0, 1.0], [0.0, 2.0, 9.0, 6.0], [7.0, 1.0, 3.0, 4.0]]
    )
    source = keras.Input((4, 4, 1))
    factor = layers.EinsumDense("bijc,ij->bijc", output_shape=(4, 4, 1), kernel_initializer="ones")
    model = keras.Model(source, layers.MaxPooling2D(2)(factor(source)))
    np.testing.assert_array_equal(
        ops.convert_to_numpy(model(x[None, ..., None]))[0, ..., 0], [[5, 8], [7, 9]]
    )
    weight = np.array([[1.0, 10.0], [100.0, 1000.0]])[..., None]
    found = gradients(model, x[None, ..., None], weight, lambda w, out: ops.sum(w * out[0]))[0]
    expected = np.zeros((4, 4))
    for (i, j), w in {(0, 1): 1, (1, 2): 10, (3, 0): 100, (2, 2): 1000}.items():
        expected[i, j] = w * x[i, j]
    close(found, expected)


def test_backpropagation_through_time():
    """A simple recurrent unit over four steps: the shared weights collect the gradient of every
    step.
    """
    random = np.random.default_rng(7)
    x, y = random.normal(size=(1, 4, 2)), np.array([[0.3, -0.2, 0.5]])
    model = keras.Sequential([keras.Input((4, 2)), layers.SimpleRNN(3)])
    w, u, b = random.normal(size=(2, 3)), random.normal(size=(3, 3)), random.normal(size=3)
    model.set_weights([w, u, b])
    states = [np.zeros((1, 3))]
    for t in range(4):
        states.append(np.tanh(x[:, t] @ w + states[-1] @ u + b))
    close(ops.convert_to_numpy(model(x)), states[-1], rtol=1e-10)
    by_w, by_u, by_b = np.zeros_like(w), np.zeros_like(u), np.zeros_like(b)
    by_state = 2 * (states[-1] - y)
    for t in reversed(range(4)):
        by_sum = by_state * (1 - states[t + 1] ** 2)
        by_w += x[:, t].T @ by_sum
        by_u += states[t].T @ by_sum
        by_b += by_sum[0]
        by_state = by_sum @ u.T
    found = gradients(model, x, y, lambda y, out: ops.sum((out - y) ** 2))
    for one, other in zip(found, (by_w, by_u, by_b), strict=True):
        close(one, other, rtol=1e-8)


def test_a_long_chain_of_sigmoids_makes_gradients_vanish():
    """Each sigmoid takes at least three quarters of what comes back: the product of many is next to
    nothing.
    """
    depth = 10
    model, weights = dense_net((1,) * (depth + 1), ("sigmoid",) * depth, seed=8)
    x = np.array([[0.5]])
    a, outputs = x, []
    for kernel, bias in weights:
        a = sigmoid(a @ kernel + bias)
        outputs.append(a)
    by_sum = 1.0
    for (kernel, _), out in zip(reversed(weights[1:]), reversed(outputs[1:]), strict=True):
        by_sum = by_sum * out * (1 - out) * kernel
    by_sum = by_sum * outputs[0] * (1 - outputs[0])
    found = gradients(model, x, np.zeros((1, 1)), lambda y, out: ops.sum(out))
    close(found[0], x * by_sum, rtol=1e-8)
    assert abs(found[0].item()) < 1e-3 * abs(found[-1].item())
