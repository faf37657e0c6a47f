"""Programs in parts: what each part has, the order of random numbers, and the results."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")

from autosched.frontend.torch.divided import Divided, Part, parts_of  # noqa: E402  after the skip
from autosched.frontend.torch.supported import unsupported  # noqa: E402
from tests.frontend.torch.programs import traced  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore:.*LeafSpec:FutureWarning")  # in torch itself


def kinds(part: Part) -> list[str]:
    nodes = part.module.graph.nodes
    return sorted(str(node.target).split(".")[1] for node in nodes if node.op == "call_function")


def mixed(x: Any) -> Any:
    a = torch.polygamma(1, x.exp())
    b = torch.polygamma(2, a)
    return b.sin() + a, x.cos()


def test_nodes_not_supported_that_follow_one_another_are_one_part() -> None:
    module = traced(mixed, torch.ones(3))
    parts = parts_of(module, unsupported(module))
    assert [part.is_compiled for part in parts] == [True, False, True]
    assert [kinds(part) for part in parts] == [
        ["cos", "exp"], ["polygamma", "polygamma"], ["add", "sin"]
    ]  # fmt: skip
    assert [len(part.made) for part in parts] == [2, 2, 1]


def test_the_parts_compute_what_the_program_does() -> None:
    x = torch.rand(3) + 1
    module = traced(mixed, x)
    compiled: list[Part] = []

    def as_it_is(part: Part) -> Any:
        compiled.append(part)
        return part.module

    divided = Divided(module, unsupported(module), as_it_is)
    assert len(compiled) == 2
    assert divided.is_compiled
    torch.testing.assert_close(divided(x), list(mixed(x)))


def test_complex_numbers_stay_in_a_part_that_pytorch_runs() -> None:
    def filtered(x: Any) -> Any:
        spectrum = torch.fft.fft(x.exp())
        return (spectrum * spectrum.conj()).real.sum()

    module = traced(filtered, torch.ones(4))
    refused = unsupported(module)
    assert "aten.mul.Tensor" in {str(node.target) for node in refused}
    passed = [node for part in parts_of(module, refused) for node in (*part.given, *part.made)]
    assert not any(node.meta["val"].is_complex() for node in passed)


def test_random_numbers_are_drawn_in_the_order_of_the_program() -> None:
    def drawing(x: Any) -> Any:
        first = torch.bernoulli(x.sigmoid())
        second = torch.bernoulli(first.sigmoid())
        return second, torch.bernoulli(x.tanh().abs())

    x = torch.rand(64)
    module = traced(drawing, x)
    divided = Divided(module, unsupported(module), lambda part: part.module)
    torch.manual_seed(0)
    got = divided(x)
    torch.manual_seed(0)
    torch.testing.assert_close(got, list(drawing(x)))


def test_values_made_of_nothing_stay_with_what_reads_them() -> None:
    module = traced(lambda x: x + torch.polygamma(1, torch.full((3,), 2.0)), torch.ones(3))
    parts = parts_of(module, unsupported(module))
    assert [kinds(part) for part in parts] == [["full", "polygamma"], ["add"]]
