"""The accelerator VTA as TVM's `vta` package has it; programs run on the simulator."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

from autosched.tvm.vta import testing
from autosched.tvm.vta.build import Module, build, load_module, lower
from autosched.tvm.vta.environment import Environment, get_env

__all__ = [
    "Environment", "Module", "build", "build_config", "get_env", "load_module", "lower",
    "program_fpga", "reconfig_runtime", "testing",
]  # fmt: skip


def build_config(*args: Any, **kwargs: Any) -> AbstractContextManager[None]:
    """Return the context of a build, whose options have no effect."""
    return nullcontext()


def reconfig_runtime(remote: Any) -> None:
    """Do nothing: there is no board."""


def program_fpga(remote: Any, bitstream: Any = None) -> None:
    """Do nothing: there is no board."""
