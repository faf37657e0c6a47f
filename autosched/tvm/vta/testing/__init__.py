"""What the scripts of VTA ask a simulator."""

from autosched.tvm.vta.testing import simulator

__all__ = ["simulator"]
