"""The part of `tvm.driver` that scripts use."""

from autosched.tvm.driver.build_module import build, lower, schedule_to_module

__all__ = ["build", "lower", "schedule_to_module"]
