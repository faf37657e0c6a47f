"""What an accelerator does not compute, and why."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from autosched.backends.parse import parse as parse_target
from autosched.graph.graph import Node, Value
from autosched.graph.offload.region import Region
from autosched.graph.offload.regions import regions
from autosched.graph.operators.in_blocks import SumBlocks
from autosched.graph.passes.quantize import quantize
from tests.graph.passes.quantized_nets import Net


def image(net: Net, x: Value, scale: float = 2.0**-5, zero: int = 0, kind: str = "int8") -> Value:
    return net.quantized(x, scale, zero, kind)


def conv(net: Net, x: Value, scale: object = 2.0**-6, **attributes: object) -> Value:
    channels = 4 // int(attributes.get("groups", 1))  # type: ignore[call-overload]
    weights = net.weights(4, channels, 1, 1, scale=np.float32(scale), axis=0)
    return net.add("conv", x, weights, **attributes)


def grouped(net: Net) -> Value:
    return image(net, conv(net, image(net, net.x), groups=2))


def off_scale(net: Net) -> Value:
    return image(net, conv(net, image(net, net.x)), scale=0.3)


def of_channels(net: Net) -> Value:
    return image(net, conv(net, image(net, net.x), scale=[0.5, 1, 2, 4]))


def unsigned(net: Net) -> Value:
    return image(net, conv(net, image(net, net.x, kind="uint8", zero=9)))


def to_unsigned(net: Net) -> Value:
    return image(net, conv(net, image(net, net.x)), kind="uint8")


def moved(net: Net) -> Value:
    return image(net, conv(net, image(net, net.x, zero=3)))


def moved_result(net: Net) -> Value:
    return image(net, conv(net, image(net, net.x)), zero=3)


def raised(net: Net) -> Value:
    return image(net, conv(net, image(net, net.x)), scale=2.0**-15)


def left_as_sums(net: Net) -> Value:
    return net.add("tanh", conv(net, image(net, net.x)))


def floats(net: Net) -> Value:
    return net.add("conv", net.x, net.constant(np.ones((4, 4, 1, 1), np.float32)))


def apart(net: Net) -> Value:
    a, b = image(net, net.x), image(net, net.x, 2.0**-12)
    return image(net, net.add("add", a, b))


def pool(net: Net) -> Value:
    x = net.add("max_pool", image(net, net.x), kernel=(3, 3), pads=(1, 1, 1, 1))
    return image(net, x)


def found_in(make: Callable[[Net], Value]) -> tuple[list[Region], dict[Node, str]]:
    net = Net(1, 4, 3, 3)
    offloading = parse_target("vta").offloading
    assert offloading is not None
    return regions(quantize(net.of(make(net))), offloading)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (grouped, "its channels are in groups"),
        (floats, "is float32, not int8"),
        (apart, "its operands' scales are too far apart"),
        (pool, "its padding is the least number, the accelerator's is 0"),
    ],
)
def test_what_is_left_is_told(make: Callable[[Net], Value], reason: str) -> None:
    found, refused = found_in(make)
    assert found == []
    assert any(reason in said for said in refused.values()), list(refused.values())


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (off_scale, "is no power of two"),
        (of_channels, "it has a scale for each channel"),
        (unsigned, "is uint8, not int8"),
        (to_unsigned, "its result is uint8, not int8"),
        (moved, "its input's zero point is not 0"),
        (moved_result, "a zero point is not 0"),
        (raised, "its sums are divided by 2**-4"),
        (left_as_sums, "its sums are not quantized, or by several"),
    ],
)
def test_sums_alone_are_computed_where_they_are_not_divided_by_a_shift(
    make: Callable[[Net], Value], reason: str
) -> None:
    (region,), _ = found_in(make)
    assert isinstance(region.operator, SumBlocks)
    assert region.layout is None
    assert reason in region.note
