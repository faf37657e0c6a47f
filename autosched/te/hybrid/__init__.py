"""Tensors computed by the statements of a Python function.

    @script
    def blur(a):
        b = output_tensor((30,), "float32")
        for i in range(30):
            total = 0.0
            for k in range(3):
                total += a[i + k]
            b[i] = total / 3.0
        return b

`blur(A)` is a tensor whose statements are translated from the source of the function. With NumPy
arrays the function runs as it stands. Outputs and allocated buffers are zero at first. What is not
known here is refused: other statements, functions other than `FUNCTIONS`, writes to inputs, and
accesses that are not proved to lie inside of their tensor.
"""

from autosched.te.hybrid.function import RUNTIME, script
from autosched.te.hybrid.translator import FUNCTIONS

__all__ = ["FUNCTIONS", "RUNTIME", "script"]
