"""The part of `tvm.driver.build_module` that scripts use."""

from autosched.tvm.lowered import lower, schedule_to_module
from autosched.tvm.module import build

__all__ = ["build", "lower", "schedule_to_module"]
