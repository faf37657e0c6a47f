"""Which operator and schedule a target has, as TVM's tests ask."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from autosched import te
from autosched.errors import not_offered
from autosched.tvm import nd
from autosched.tvm.module import build
from autosched.tvm.target import Target
from autosched.tvm.testing import assert_allclose
from autosched.tvm.topi import nn
from autosched.tvm.topi.generic import default_schedule


def dispatch(target: str | Target, dispatch_map: Mapping[str, Any]) -> Any:
    """Return the entry of a target: by its keys, else the one of "generic"."""
    for key in (*Target(target).keys, "generic"):
        if key in dispatch_map:
            return dispatch_map[key]
    raise not_offered(f"the target {target} among {', '.join(dispatch_map)}")


def get_injective_schedule(target: str | Target) -> Callable[..., te.Schedule]:
    """Return the function that schedules outputs: the default schedule of autosched."""
    Target(target)
    return default_schedule


get_elemwise_schedule = get_broadcast_schedule = get_reduce_schedule = get_injective_schedule


def get_conv2d_nchw_implement(
    target: str | Target,
) -> tuple[Callable[..., Any], Callable[..., te.Schedule]]:
    """Return the convolution and its schedule."""
    Target(target)
    return nn.conv2d_nchw, default_schedule


def compare_numpy_tvm(
    inputs: Sequence[np.ndarray], output: np.ndarray, target: str | Target, device: Any,
    compute: Callable[..., Any], schedule: Callable[..., te.Schedule],
) -> None:  # fmt: skip
    """Assert that an operator computes `output` from arrays or numbers."""
    given = [te.placeholder(np.shape(each), str(np.asarray(each).dtype)) for each in inputs]
    result = compute(*given)
    found = nd.array(np.zeros(output.shape, output.dtype), device)
    kernel = build(schedule([result]), [*given, result], target)
    kernel(*(nd.array(np.asarray(each), device) for each in inputs), found)
    assert_allclose(found.numpy(), output, rtol=1e-4, atol=1e-4)
