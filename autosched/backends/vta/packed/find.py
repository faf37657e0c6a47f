"""The packed form of a workload."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from autosched.backends.vta.packed.conv import avg_pool2d, conv2d, depthwise_conv2d
from autosched.backends.vta.packed.dense import dense, matmul
from autosched.backends.vta.packed.elementwise import add, multiply, relu, requantize
from autosched.backends.vta.packed.form import PackedWorkload
from autosched.backends.vta.packed.max_pool import max_pool2d
from autosched.backends.vta.packed.recognize import recognized
from autosched.backends.vta.packed.transpose import conv2d_transpose
from autosched.errors import WorkloadError
from autosched.ops.instance import WorkloadInstance
from autosched.ops.registry import registered
from autosched.vta.config import VTAConfig

Form = Callable[[WorkloadInstance, VTAConfig], PackedWorkload]

FORMS: dict[str, Form] = {
    "conv2d_int8": conv2d,
    "depthwise_conv2d_int8": depthwise_conv2d,
    "conv2d_transpose_int8": conv2d_transpose,
    "dense_int8": dense,
    "matmul_int8": matmul,
    "requantize": requantize,
    "relu_int8": relu,
    "add_int8": add,
    "multiply_int8": multiply,
    "max_pool2d_int8": max_pool2d,
    "avg_pool2d_int8": avg_pool2d,
}
"""The functions that create packed forms, by the names of registered workloads."""


def register_form(workload: str, form: Form) -> None:
    """Let `form` create the packed form of a workload that is registered under this name."""
    FORMS[workload] = form


def packed_form(instance: WorkloadInstance, config: VTAConfig | None = None) -> PackedWorkload:
    """Return the packed form of `instance` for an accelerator of `config`.

    Raises WorkloadError for workloads that come with autosched and have none, and for symbolic
    sizes. An expression with the structure of a ReLU or a max pooling of int8 images has its form.
    Other expressions pass through unchanged: they are taken to be packed, and lowering
    refuses them if they are not.
    """
    config = VTAConfig() if config is None else config
    form = FORMS.get(instance.source or "")
    if form is not None:
        return form(instance, config)
    entry = registered().get(instance.source or "")
    if entry is not None and entry.shipped:
        raise WorkloadError(
            f"expected a workload with a form for the accelerator, got {instance.name}",
            hint=f"there are {', '.join(FORMS)}, and expressions in packed layout",
        )
    if instance.sizes:
        raise WorkloadError(
            f"expected constant sizes for the accelerator, got {instance.sizes[0]} in {instance}",
            hint="build the expression for the sizes it will run with",
        )
    known = None if entry is not None else recognized(instance)
    if known is not None:
        return replace(FORMS[known.name](known, config), instance=instance)
    return PackedWorkload(instance, config, instance.tensors, list, list)
