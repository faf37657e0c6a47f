"""The statements that a function of Python becomes."""

from __future__ import annotations

from autosched import te
from autosched.ir.printer import stmt_text


@te.hybrid.script
def sums(a):
    b = output_tensor((4,), "float32")  # noqa: F821
    twice = 2.0
    for i in range(1, 4):
        total = 0.0
        total += a[i - 1] * twice
        for k in const_range(2):  # noqa: F821
            if k == 0:
                total = total - a[i]
        b[i] = total
    return b


def test_names_that_change_are_buffers_and_constant_conditions_are_folded() -> None:
    text = stmt_text(sums(te.placeholder((4,), name="A")).op.body)
    assert text == "\n".join(
        [
            "for b_0 in 0..4:",
            "    sums[b_0] = 0.0",
            "for i in 1..4:",
            "    alloc total: float32[1] local",
            "    total[0] = 0.0",
            "    total[0] = total[0] + A[i - 1] * 2.0",
            "    total[0] = total[0] - A[i]",
            "    sums[i] = total[0]",
        ]
    )
