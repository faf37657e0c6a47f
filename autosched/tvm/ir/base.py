"""The names of `tvm.ir.base`."""

from autosched.tvm.ir import assert_structural_equal, load_json, save_json, structural_equal

__all__ = ["assert_structural_equal", "load_json", "save_json", "structural_equal"]
