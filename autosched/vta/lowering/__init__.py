"""From a schedule to a program: instruction bytes, micro-ops, and tensors in DRAM.

program = lower_vta(schedule, [data, kernel, bias, result], VTAConfig())
(result,) = program.run([data, kernel, bias])
"""

from autosched.vta.lowering.lower import lower_vta
from autosched.vta.lowering.program import Program

__all__ = ["Program", "lower_vta"]
