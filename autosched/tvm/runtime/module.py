"""The names of `tvm.runtime.module`."""

from autosched.tvm.module import BenchmarkResult, Module, load_module

__all__ = ["BenchmarkResult", "Module", "load_module"]
