"""A compiler with bugs: some candidates make it fail, and some compute wrong numbers."""

from __future__ import annotations

from zlib import crc32

from autosched.measure.builder import NativeBuilder
from autosched.runtime.kernel import Kernel
from tests.runtime.kernels import make_kernel


class Buggy(NativeBuilder):
    def compile(self, workload: str, trace: str, target: str, threads: int) -> Kernel:
        lot = crc32(trace.encode()) % 4
        if lot == 0:
            return self._slip(trace)
        kernel = super().compile(workload, trace, target, threads)
        if lot != 1:
            return kernel
        nothing = f"define void @{kernel.name}(ptr %a, ptr %b, ptr %c) {{\n  ret void\n}}\n"
        return make_kernel(kernel.signature, nothing, fast=False)

    def _slip(self, trace: str) -> Kernel:
        table: dict[str, Kernel] = {}
        return table["a slip of ours"]
