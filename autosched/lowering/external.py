"""Places the statements of extern operations among the nests of a schedule."""

from __future__ import annotations

from collections.abc import Mapping

from autosched.errors import LoweringError
from autosched.ir.expr import Buffer
from autosched.ir.rewrite import replace_buffers
from autosched.ir.stmt import Stmt
from autosched.lowering.plan import Placement
from autosched.lowering.storage import as_given, parameter
from autosched.schedule.state import StageState
from autosched.te.extern import ExternOp
from autosched.te.tensor import Operation, Tensor


class External:
    """The buffers of the outputs of extern operations, in `placements`."""

    def __init__(
        self,
        ops: Mapping[StageState, Operation],
        parameters: Mapping[Tensor, Buffer],
        known: Mapping[Tensor, Placement],
    ):
        self.placements: dict[Tensor, Placement] = {}
        self._given = set(parameters.values())
        for op in ops.values():
            if isinstance(op, ExternOp):
                for tensor in op.outputs:
                    buffer = parameters.get(tensor) or parameter(tensor)
                    self.placements[tensor] = as_given(buffer)

    def nest(
        self, op: ExternOp, placements: Mapping[Tensor, Placement]
    ) -> tuple[Stmt, list[Buffer]]:
        """Return the statement of an operation, and the buffers that it fills and nobody gives.

        Raises LoweringError if an input is not stored whole.
        """
        missing = next((tensor for tensor in op.inputs if tensor not in placements), None)
        if missing is not None:
            raise LoweringError(
                f"expected {missing.name}, which {op.name} reads, to be stored whole, got it "
                "inlined or left out of the arguments"
            )
        stored = {tensor: placements[tensor].buffer for tensor in (*op.inputs, *op.outputs)}
        own = [stored[tensor] for tensor in op.outputs if stored[tensor] not in self._given]
        return replace_buffers(op.body, op.among(stored)), own
