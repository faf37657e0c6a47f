"""The part of `tvm.ir` that scripts use: ranges, texts of tensors and schedules, and equality."""

from __future__ import annotations

import json
from importlib import import_module
from typing import TYPE_CHECKING, Any

from autosched.errors import ExpressionError, not_offered
from autosched.ir.build import as_expr
from autosched.ir.stmt import Function
from autosched.ir.structure import equal
from autosched.schedule import trace
from autosched.schedule.schedule import Schedule
from autosched.te import serialize
from autosched.te.axis import Range
from autosched.te.tensor import Operation, Tensor
from autosched.tvm.absent import refusing
from autosched.tvm.lowered import IRModule
from autosched.tvm.tir.intrinsics import register_intrin_lowering, register_op_attr

if TYPE_CHECKING:
    from autosched.tvm.auto_scheduler.compute_dag import ComputeDAG

__all__ = [
    "IRModule", "Range", "assert_structural_equal", "load_json", "register_intrin_lowering",
    "register_op_attr", "save_json", "structural_equal",
]  # fmt: skip


def save_json(node: Tensor | Operation | Schedule | Function | ComputeDAG) -> str:
    """Return a tensor, an operation, a schedule or a DAG as JSON text, with all that it needs.

    The text of a lowered function can be compared, but not loaded.
    """
    if isinstance(node, Function):
        return json.dumps({"function": str(node)})
    if isinstance(node, Schedule):
        tensors = [op.outputs[0] for op in node.outputs]
        steps = trace.to_json(node.trace)
        return json.dumps({"schedule": steps, "tensors": serialize.to_json(tensors)})
    if not isinstance(node, (Tensor, Operation)):
        return json.dumps({"dag": True, "tensors": serialize.to_json(node.tensors)})
    kind, tensor = ("tensor", node) if isinstance(node, Tensor) else ("operation", node.outputs[0])
    return json.dumps({kind: tensor.value_index, "tensors": serialize.to_json([tensor])})


def load_json(json_str: str) -> Any:
    """Return what `save_json` wrote, as a new tensor, operation, schedule or DAG."""
    document = json.loads(json_str)
    if isinstance(document, dict) and "function" in document:
        raise not_offered("load_json of a lowered function", "save the schedule and lower it")
    if not isinstance(document, dict) or "tensors" not in document:
        raise ExpressionError("expected the text that save_json writes, got another one")
    tensors = serialize.from_json(document["tensors"])
    if "schedule" in document:
        return trace.replay(tensors, trace.from_json(document["schedule"]))
    if "dag" in document:
        return import_module("autosched.tvm.auto_scheduler").ComputeDAG(tensors)
    return tensors[0] if "tensor" in document else tensors[0].op


def structural_equal(lhs: Any, rhs: Any, map_free_vars: bool = False) -> bool:
    """Tell whether two expressions are the same operations on the same variables."""
    return equal(as_expr(lhs), as_expr(rhs))


def assert_structural_equal(lhs: Any, rhs: Any, map_free_vars: bool = False) -> None:
    """Raise ValueError unless two expressions are the same."""
    if not structural_equal(lhs, rhs):
        raise ValueError(f"expected equal expressions, got {lhs} and {rhs}")


__getattr__ = refusing(__name__)
