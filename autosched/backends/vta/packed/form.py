"""Packed forms: tensors in blocks, and the conversion of a user's arrays to theirs and back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod

import numpy as np

from autosched.backends.form import WorkloadForm
from autosched.backends.vta.packed.layout import extents, whole
from autosched.errors import ArgumentError
from autosched.ir import expr as e
from autosched.ops.instance import WorkloadInstance
from autosched.te import dag
from autosched.te.combining import summed
from autosched.te.evaluate import evaluate
from autosched.te.tensor import ComputeOp, Tensor
from autosched.vta.config import VTAConfig

Array = np.ndarray
Packer = Callable[[Sequence[Array]], list[Array]]


@dataclass(frozen=True, eq=False)
class PackedWorkload(WorkloadForm):
    """The workload `instance` in blocks, for an accelerator of `config`.

    `tensors` are the packed placeholders and then the packed outputs. Beside the user's own
    there may be placeholders that the packer fills, such as weights of 1.
    """

    config: VTAConfig
    tensors: tuple[Tensor, ...]
    packer: Packer
    unpacker: Packer

    @property
    def inputs(self) -> list[Tensor]:
        """The packed placeholders, in order."""
        return self.workload.inputs

    @property
    def outputs(self) -> list[Tensor]:
        """The packed outputs, in order."""
        return self.workload.outputs

    @cached_property
    def workload(self) -> WorkloadInstance:
        """The packed tensors as a workload under the name of `instance`, to search and measure."""
        of = self.instance
        return WorkloadInstance(of.name, dict(of.params), self.tensors, label=of.label)

    @cached_property
    def macs(self) -> int:
        """The multiply-accumulates of all products, including those that padding adds.

        Divided by `batch * block_in * block_out` it is the least number of cycles of the GEMM
        core if all padding is multiplied.
        """
        return sum(
            prod(whole(axis.extent) for axis in (*op.axis, *op.reduce_axis))
            for op in dag.topological_order(self.outputs)
            if isinstance(op, ComputeOp) and isinstance(summed(op), e.Mul)
        )

    def pack(self, arrays: Sequence[Array]) -> list[Array]:
        """Return the packed inputs for the user's inputs, in order.

        Raises ArgumentError if an array has another shape or dtype than its placeholder.
        """
        given = self.instance.inputs
        if len(arrays) != len(given):
            raise ArgumentError(
                f"expected {len(given)} arrays ({', '.join(t.name for t in given)}), got "
                f"{len(arrays)}"
            )
        for tensor, array in zip(given, arrays, strict=True):
            _check(tensor, array)
        return [np.ascontiguousarray(array) for array in self.packer(arrays)]

    def unpack(self, arrays: Sequence[Array]) -> list[Array]:
        """Return the user's outputs for the packed ones."""
        return [np.ascontiguousarray(array) for array in self.unpacker(arrays)]

    def evaluate(self, arrays: Sequence[Array]) -> list[Array]:
        """Evaluate the packed tensors on the user's inputs; return the user's outputs."""
        values = dict(zip(self.inputs, self.pack(arrays), strict=True))
        return self.unpack(evaluate(self.outputs, values))


def _check(tensor: Tensor, array: Array) -> None:
    shape = extents(tensor)
    if np.shape(array) != shape or array.dtype != tensor.dtype.numpy:
        raise ArgumentError(
            f"expected an array of shape {shape} and dtype {tensor.dtype} for {tensor.name}, "
            f"got shape {np.shape(array)} and dtype {array.dtype}"
        )
