"""Recurrent layers: directions, lengths and layouts, against one another."""

from __future__ import annotations

import numpy as np
import pytest

from autosched.errors import GraphError
from autosched.graph.operators.recurrent import Gru, Lstm, Recurrent, Rnn
from autosched.graph.types import TensorType
from tests.graph.operators.sample import floats

STEPS, BATCH, FEATURES, HIDDEN = 5, 3, 4, 2
KINDS = pytest.mark.parametrize("kind", [Rnn, Gru, Lstm], ids=lambda kind: kind.name)


def matrices(kind: type[Recurrent], directions: int = 1) -> list[np.ndarray]:
    rows = kind.gates * HIDDEN
    return [
        floats(directions, rows, FEATURES),
        floats(directions, rows, HIDDEN),
        floats(directions, 2 * rows),
    ]


@KINDS
def test_a_short_sequence_of_a_batch_runs_as_if_alone(kind: type[Recurrent]) -> None:
    x, given = floats(STEPS, BATCH, FEATURES), matrices(kind, 2)
    layer = kind("bidirectional")
    whole, *last = layer.evaluate(x, *given, np.array([5, 2, 0]))
    alone, *ends = layer.evaluate(x[:2, 1:2], *given)
    np.testing.assert_allclose(whole[:2, :, 1:2], alone, rtol=1e-5, atol=1e-6)
    assert not whole[2:, :, 1].any()
    for states, wanted in zip(last, ends, strict=True):
        np.testing.assert_allclose(states[:, 1:2], wanted, rtol=1e-5, atol=1e-6)
        assert not states[:, 2].any()


@KINDS
def test_reverse_is_forward_on_the_reversed_sequence(kind: type[Recurrent]) -> None:
    x, given = floats(STEPS, BATCH, FEATURES), matrices(kind)
    whole, *last = kind("reverse").evaluate(x, *given)
    forward, *ends = kind().evaluate(x[::-1], *given)
    np.testing.assert_array_equal(whole, forward[::-1])
    np.testing.assert_array_equal(last, ends)


@KINDS
def test_the_batch_may_come_first(kind: type[Recurrent]) -> None:
    x, given, initial = floats(STEPS, BATCH, FEATURES), matrices(kind), floats(1, BATCH, HIDDEN)
    whole, last, *_ = kind().evaluate(x, *given, None, initial)
    swapped = kind(batch_first=True).evaluate(
        x.swapaxes(0, 1), *given, None, initial.swapaxes(0, 1)
    )
    np.testing.assert_allclose(swapped[0], whole.transpose(2, 0, 1, 3), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(swapped[1], last.swapaxes(0, 1), rtol=1e-5, atol=1e-6)


def test_an_activation_takes_its_numbers_in_order_and_is_clipped() -> None:
    x = np.array([[[3.0]]], np.float32)
    one, none = np.ones((2, 1, 1), np.float32), np.zeros((2, 1, 1), np.float32)
    layer = Rnn("bidirectional", ("tanh", "affine"), alphas=(2.0,), betas=(1.0,), clip=0.5)
    found, _ = layer.evaluate(x, one, none)
    np.testing.assert_allclose(found.ravel(), [np.tanh(0.5), 2.0])


def test_the_cell_is_shown_as_it_is_however_the_gates_are_clipped() -> None:
    x, cell = np.zeros((1, 1, 1), np.float32), np.full((1, 1, 1), 3, np.float32)
    weight, recurrence = (np.zeros((1, 4, 1), np.float32) for _ in range(2))
    layer = Lstm(activations=("sigmoid", "tanh", "affine"), clip=0.5)
    _, state, after = layer.evaluate(x, weight, recurrence, None, None, None, cell)
    assert after.item() == 1.5  # half is kept
    assert state.item() == 0.75  # half is shown


def test_what_does_not_fit_is_told() -> None:
    x, given = TensorType.of(floats(5, 3, 4)), [TensorType.of(a) for a in matrices(Rnn)]
    with pytest.raises(GraphError, match=r"expected \[2, 2, 4\] for rnn"):
        Rnn("bidirectional").infer(x, *given)
    with pytest.raises(GraphError, match="expected 1 activations of rnn, got swish"):
        Rnn(activations=("swish",)).infer(x, *given)
    with pytest.raises(GraphError, match="a direction"):
        Rnn("sideways").infer(x, *given)
