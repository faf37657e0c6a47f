"""Counting the instructions of loops in assembly, of both processors."""

from autosched.backends.cpu.hot_loops import HotLoop, hot_loops

X86 = """
main:
	.cfi_startproc
.LBB0_1:
	xorl	%ecx, %ecx
.LBB0_2:
	vmovups	(%rdi,%rcx), %zmm0
	vfmadd231ps	64(%rsi), %zmm0, %zmm1
	vmovups	%zmm2, -64(%rsp)
	vmovaps	-64(%rsp), %ymm3
	vmovups	%zmm1, (%rdx,%rcx)
	cmpq	$8, (%rax)
	leaq	4(%rcx), %rcx
	jne	.LBB0_2
	jmp	.LBB0_1
	jne	.LBB0_9
.LBB0_9:
	retq
"""

AARCH64 = """
.LBB0_2:
	ldr	q0, [x0, x8]
	fmla	v1.4s, v0.4s, v2.4s
	str	q1, [sp, #16]
	b.ne	.LBB0_2
"""


def test_the_innermost_loop_of_two() -> None:
    assert hot_loops(X86) == [
        HotLoop(".LBB0_2", 8, fused=1, loads=4, stores=2, spills=2, registers=4)
    ]


def test_another_processor() -> None:
    assert hot_loops(AARCH64) == [
        HotLoop(".LBB0_2", 4, fused=1, loads=1, stores=1, spills=1, registers=3)
    ]


def test_loops_with_more_multiply_adds_come_first() -> None:
    second = X86.replace("LBB0", "LBB1").replace("vmovups	(%rdi", "vfmadd231ps	(%rdi")
    assert [loop.fused for loop in hot_loops(X86 + second)] == [2, 1]


def test_a_text_without_loops() -> None:
    assert hot_loops("main:\n\tretq\n") == []
