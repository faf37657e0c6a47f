"""The accelerator keeps the contract of targets."""

from __future__ import annotations

from autosched.backends.conformance import BackendConformance
from autosched.ops.instance import WorkloadInstance
from autosched.ops.resolve import resolve


class TestVta(BackendConformance):
    kind = "vta"
    texts = ("vta", "vta:pynq", "vta -config=4x8_i8w8a32_15_15_18_17")

    def workload(self) -> WorkloadInstance:
        return resolve("dense_int8", {"m": 3, "n": 20, "k": 18})
