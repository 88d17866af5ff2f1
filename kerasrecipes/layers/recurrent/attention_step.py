"""The mathematics of `AttendingRNN`: one step forward, one step back, and the loops over both.

Reference:
    [Generating Sequences With Recurrent Neural Networks](https://arxiv.org/abs/1308.0850) (Graves,
    2013) for the gradients of an LSTM, whose kernels' gradients are sums over time of outer
    products: here one matrix product.
"""

from __future__ import annotations

from typing import Any

from keras import ops

from kerasrecipes.layers.attention import softmax
from kerasrecipes.layers.recurrent.scan import scan

State = tuple[Any, ...]


# ------------------------------------------------------------------------------------------- one
# step


def _lstm(projected: Any, recurrent: Any, state: State) -> tuple[State, Any]:
    """Advance an LSTM; the gates come in the order input, forget, cell, output."""
    i, f, g, o = ops.split(projected + recurrent, 4, axis=-1)
    i, f, g, o = ops.sigmoid(i), ops.sigmoid(f), ops.tanh(g), ops.sigmoid(o)
    cell = f * state[1] + i * g
    return (o * ops.tanh(cell), cell), ops.concatenate([i, f, g, o], axis=-1)


def _gru(projected: Any, recurrent: Any, state: State) -> tuple[State, Any]:
    """Advance a GRU; the gates come in the order update, reset, candidate."""
    zx, rx, gx = ops.split(projected, 3, axis=-1)
    zh, rh, gh = ops.split(recurrent, 3, axis=-1)
    z, r = ops.sigmoid(zx + zh), ops.sigmoid(rx + rh)
    g = ops.tanh(gx + r * gh)
    return (z * state[0] + (1 - z) * g,), ops.concatenate([z, r, g, gh], axis=-1)


ADVANCE = {"lstm": _lstm, "gru": _gru}


def _lstm_gradient(saved: Any, state: State, new: State, gradient: State) -> Any:
    """Give the gradients of both pre-activations, and the state's own but for the recurrent
    product.
    """
    i, f, g, o = ops.split(saved, 4, axis=-1)
    squashed = ops.tanh(new[1])
    cell = gradient[1] + gradient[0] * o * (1 - squashed * squashed)
    parts = [
        cell * g * i * (1 - i),
        cell * state[1] * f * (1 - f),
        cell * i * (1 - g * g),
        gradient[0] * squashed * o * (1 - o),
    ]
    found = ops.concatenate(parts, axis=-1)
    return found, found, (ops.zeros_like(gradient[0]), cell * f)


def _gru_gradient(saved: Any, state: State, new: State, gradient: State) -> Any:
    z, r, g, gh = ops.split(saved, 4, axis=-1)
    candidate = gradient[0] * (1 - z) * (1 - g * g)
    update = gradient[0] * (state[0] - g) * z * (1 - z)
    reset = candidate * gh * r * (1 - r)
    projected = ops.concatenate([update, reset, candidate], axis=-1)
    recurrent = ops.concatenate([update, reset, candidate * r], axis=-1)
    return projected, recurrent, (gradient[0] * z,)


RETREAT = {"lstm": _lstm_gradient, "gru": _gru_gradient}


def look_up(
    score: str, query: Any, memory: Any, keys: Any, bias: Any, query_kernel: Any, vector: Any
) -> tuple[Any, Any, Any]:
    """Give the context `(batch, memory_units)`, the weights `(batch, entries)` and what was
    compared.
    """
    compared = None
    if score == "additive":
        compared = ops.tanh(
            ops.expand_dims(ops.matmul(query, query_kernel), 1) + keys
        )  # (batch, entries, units)
        flat = ops.reshape(
            compared, (-1, vector.shape[0])
        )  # one product instead of one for each example
        scores = ops.reshape(ops.matmul(flat, vector), ops.shape(keys)[:2])
    else:
        scores = ops.squeeze(ops.matmul(keys, ops.expand_dims(query, -1)), -1)
    # The second factor matters where every entry is masked.
    weights = softmax(scores + bias) * ops.cast(bias == 0, scores.dtype)
    return ops.squeeze(ops.matmul(ops.expand_dims(weights, 1), memory), 1), weights, compared


def _look_back(
    score: str, gradient: Any, query: Any, weights: Any, memory: Any, keys: Any, vector: Any
) -> tuple[Any, Any, Any, Any]:
    """Give the gradients of scores, query, keys and score vector for the gradient of a context.

    The query is the projected one where scores are additive. The latter two gradients are `None`
    for other scores; that of the keys is still to be multiplied by the score vector, once for all
    steps.
    """
    weight = ops.squeeze(ops.matmul(memory, ops.expand_dims(gradient, -1)), -1)  # (batch, entries)
    scores = weights * (weight - ops.sum(weights * weight, axis=-1, keepdims=True))
    if score != "additive":
        return scores, ops.squeeze(ops.matmul(ops.expand_dims(scores, 1), keys), 1), None, None
    compared = ops.tanh(ops.expand_dims(query, 1) + keys)  # (batch, entries, units)
    vector_gradient = ops.matmul(
        ops.reshape(scores, (1, -1)), ops.reshape(compared, (-1, vector.shape[0]))
    )
    slopes = (1 - compared * compared) * ops.expand_dims(scores, -1)
    query_gradient = (
        ops.squeeze(ops.matmul(ops.ones_like(scores[:, None]), slopes), 1) * vector[:, 0]
    )
    return scores, query_gradient, slopes, ops.transpose(vector_gradient)


# -------------------------------------------------------------------------------------------- all
# steps


def recurrence(cell: str, projected: Any, state: State, kernel: Any, bias: Any) -> Any:
    """Run a cell over projected inputs.

    Args:
        cell: `"lstm"` or `"gru"`.
        projected: `(time, batch, gates)`, inputs times kernel and bias.
        state: the first state, `(batch, units)` each.
        kernel: `(units, gates)`, of the recurrent product.
        bias: `(gates,)`, likewise.

    Returns:
        The states, `(time, batch, units)`.
    """
    units = kernel.shape[0]

    @ops.custom_gradient
    def run(projected, kernel, bias, *state):
        def step(state, row):
            new, saved = ADVANCE[cell](row[0], ops.matmul(state[0], kernel) + bias, state)
            return new, (*new, saved)

        *states, saved = scan(step, state, (projected,), (units,) * len(state) + (4 * units,))[1]

        def gradient(*upstream):
            before = [_shifted(first, rest) for first, rest in zip(state, states, strict=True)]
            back = ops.transpose(kernel)

            def step(carry, row):
                own, row_saved, *rest = row
                old, new = tuple(rest[: len(state)]), tuple(rest[len(state) :])
                found = RETREAT[cell](row_saved, old, new, (carry[0] + own, *carry[1:]))
                inner, recurrent, (first, *others) = found
                return (first + ops.matmul(recurrent, back), *others), (inner, recurrent)

            start = tuple(map(ops.zeros_like, state))
            columns = (upstream[0], saved, *before, *states)
            carry, (inner, recurrent) = scan(
                step, start, columns, (projected.shape[-1],) * 2, reverse=True
            )
            return inner, _outer(before[0], recurrent), ops.sum(recurrent, axis=(0, 1)), *carry

        return states[0], gradient

    return run(projected, kernel, bias, *state)


def attending_recurrence(
    cell: str,
    score: str,
    projected: Any,
    state: State,
    looked_at: State,
    recurrent: State,
    attention: State,
) -> tuple[Any, Any, Any]:
    """Run a cell whose every step looks up a memory by the last state.

    Args:
        cell: `"lstm"` or `"gru"`.
        score: of the attention.
        projected: `(time, batch, gates)`, inputs times kernel and bias.
        state: the first state, `(batch, units)` each.
        looked_at: memory `(batch, entries, memory_units)`, its keys, and what is added to the
            scores.
        recurrent: kernel and bias of the recurrent product.
        attention: query kernel, score vector and context kernel.

    Returns:
        The states, the contexts and the weights, `(time, batch, …)` each.
    """
    units, remembered = recurrent[0].shape[0], looked_at[0].shape[-1]

    @ops.custom_gradient
    def run(
        projected, memory, keys, mask, kernel, bias, query_kernel, vector, context_kernel, *state
    ):
        def step(state, row):
            context, weights, _ = look_up(score, state[0], memory, keys, mask, query_kernel, vector)
            inner = row[0] + ops.matmul(context, context_kernel)
            new, saved = ADVANCE[cell](inner, ops.matmul(state[0], kernel) + bias, state)
            return new, (*new, saved, context, weights)

        widths = (units,) * len(state) + (4 * units, remembered, None)
        *states, saved, contexts, weights = scan(step, state, (projected,), widths)[1]

        def gradient(*upstream):
            given = (cell, score, upstream[0], saved, contexts, weights, state, states)
            return _gradients(
                *given, memory, keys, mask, kernel, query_kernel, vector, context_kernel
            )

        return ops.concatenate([states[0], contexts, weights], axis=-1), gradient

    found = run(projected, *looked_at, *recurrent, *attention, *state)
    return (
        found[..., :units],
        found[..., units : units + remembered],
        found[..., units + remembered :],
    )


def _gradients(
    cell,
    score,
    upstream,
    saved,
    contexts,
    weights,
    first,
    states,
    memory,
    keys,
    mask,
    kernel,
    query_kernel,
    vector,
    context_kernel,
) -> tuple[Any, ...]:
    """Go back through all steps; give the gradients of the arguments of `run`."""
    before = [_shifted(one, rest) for one, rest in zip(first, states, strict=True)]
    units, count, additive = kernel.shape[0], len(first), score == "additive"
    back, context_back = ops.transpose(kernel), ops.transpose(context_kernel)
    queries = ops.matmul(before[0], query_kernel) if additive else before[0]
    query_back = ops.transpose(query_kernel)
    own, context_own = upstream[..., :units], upstream[..., units : units + memory.shape[-1]]

    def step(carry, row):
        gradient, sums = carry[:count], carry[count:]
        own, context, query, weights, saved, *rest = row
        old, new = tuple(rest[:count]), tuple(rest[count:])
        inner, recurrent, (state, *others) = RETREAT[cell](
            saved, old, new, (gradient[0] + own, *gradient[1:])
        )
        context = context + ops.matmul(inner, context_back)
        scores, query, *parts = _look_back(score, context, query, weights, memory, keys, vector)
        state = (
            state
            + ops.matmul(recurrent, back)
            + (ops.matmul(query, query_back) if additive else query)
        )
        sums = tuple(one + part for one, part in zip(sums, parts, strict=False))
        return (state, *others, *sums), (inner, recurrent, context, query, scores)

    start = tuple(map(ops.zeros_like, first)) + (
        (ops.zeros_like(keys), ops.zeros_like(vector)) if additive else ()
    )
    columns = (own, context_own, queries, weights, saved, *before, *states)
    widths = (kernel.shape[-1],) * 2 + (memory.shape[-1], queries.shape[-1], None)
    carry, (inner, recurrent, context, query, scores) = scan(
        step, start, columns, widths, reverse=True
    )
    if additive:
        by_keys, by_vector = carry[count] * vector[:, 0], carry[count + 1]
        by_query = _outer(before[0], query)
    else:
        by_keys, by_vector, by_query = (
            _over_time(scores, before[0]),
            ops.zeros_like(vector),
            query_kernel,
        )
    by_memory, by_context = _over_time(weights, context), _outer(contexts, inner)
    by_recurrent = (_outer(before[0], recurrent), ops.sum(recurrent, axis=(0, 1)))
    return (
        inner,
        by_memory,
        by_keys,
        ops.zeros_like(mask),
        *by_recurrent,
        by_query,
        by_vector,
        by_context,
        *carry[:count],
    )


def _shifted(first: Any, rest: Any) -> Any:
    """Give what was there before each step, `(time, batch, units)`."""
    return ops.concatenate([ops.expand_dims(first, 0), rest[:-1]], axis=0)


def _outer(left: Any, right: Any) -> Any:
    """Sum outer products over time and batch: `(time, batch, a)` and `(time, batch, b)` to
    `(a, b)`.
    """
    left, right = (ops.reshape(x, (-1, x.shape[-1])) for x in (left, right))
    return ops.matmul(ops.transpose(left), right)


def _over_time(weights: Any, rows: Any) -> Any:
    """Sum outer products over time: `(time, batch, a)` and `(time, batch, b)` to
    `(batch, a, b)`.
    """
    return ops.matmul(ops.transpose(weights, (1, 2, 0)), ops.swapaxes(rows, 0, 1))
