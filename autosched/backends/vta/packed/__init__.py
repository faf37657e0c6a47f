"""Packed forms of workloads: what the accelerator computes, from and to a user's arrays.

    form = packed_form(resolve("dense_int8", {"m": 4, "n": 30, "k": 50}), VTAConfig())
    program = lower_vta(default_schedule(form.tensors, form.config), form.tensors, form.config)
    (result,) = form.unpack(program.run(form.pack([data, weight])))

An expression that is registered without a packed form is taken to be in packed layout already.
"""

from autosched.backends.vta.packed.find import packed_form
from autosched.backends.vta.packed.form import PackedWorkload

__all__ = ["PackedWorkload", "packed_form"]
