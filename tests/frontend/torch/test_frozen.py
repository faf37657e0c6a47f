"""Changes of weights are seen, by their versions, their memory or their elements."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from autosched.frontend.torch.frozen import Frozen, can_freeze  # noqa: E402  after the skip


def weights() -> list[Any]:
    return [torch.tensor([0.0, -3.0, 1.0]), torch.ones(2, 3).t(), torch.tensor([float("nan")])]


def in_place(tensors: list[Any]) -> None:
    tensors[0].zero_()


def other_memory(tensors: list[Any]) -> None:
    tensors[1].data = torch.ones(3, 2)


def by_data(tensors: list[Any]) -> None:
    tensors[0].data.mul_(2)


def replaced(tensors: list[Any]) -> None:
    tensors[1] = tensors[1].clone()


def test_weights_that_stay_are_the_same() -> None:
    tensors = weights()
    assert Frozen(tensors).is_same(tensors)


@pytest.mark.parametrize("change", [in_place, other_memory, by_data, replaced])
def test_a_change_is_seen(change: Callable[[list[Any]], None]) -> None:
    tensors = weights()
    frozen = Frozen(tensors)
    change(tensors)
    assert not frozen.is_same(tensors)


def test_a_tensor_without_versions_stays_an_input() -> None:
    assert can_freeze(torch.ones(3))
    assert not can_freeze(torch.ones(0))
    with torch.inference_mode():
        assert not can_freeze(torch.ones(3))
