"""The part of `tvm.transform` that TE scripts use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from autosched.errors import not_offered
from autosched.tvm.absent import refusing

_WITHOUT_EFFECT = {
    "tir.LoopPartition", "tir.UnrollLoop", "tir.detect_global_barrier", "tir.disable_assert",
    "tir.disable_cse_tir", "tir.disable_storage_rewrite", "tir.disable_vectorize",
    "tir.enable_equiv_terms_in_cse_tir", "tir.instrument_bound_checkers", "tir.noalias",
}  # fmt: skip
"""Options of TVM that change no result."""


class PassContext:
    """The context around `build` and `lower` in many scripts. The passes here have no options.

    Options that change no result are taken, and so are passes that are switched off.
    """

    def __init__(
        self,
        opt_level: int = 2,
        required_pass: Sequence[str] | None = None,
        disabled_pass: Sequence[str] | None = None,
        instruments: Sequence[Any] | None = None,
        config: Mapping[str, Any] | None = None,
    ):
        asked = [name for name in config or () if name not in _WITHOUT_EFFECT]
        if asked:
            raise not_offered(f"PassContext with config {', '.join(asked)}")
        if required_pass or instruments:
            raise not_offered("PassContext with passes or instruments")

    def __enter__(self) -> PassContext:
        return self

    def __exit__(self, *exception: object) -> None:
        """Do nothing."""


_WITHOUT_EFFECT_ONCE = {
    "auto_unroll_max_depth", "auto_unroll_max_extent", "auto_unroll_max_step", "data_alignment",
    "detect_global_barrier", "disable_assert", "disable_select_rewriting",
    "double_buffer_split_loop", "instrument_bound_checkers", "offset_factor",
    "partition_const_loop", "restricted_func", "unroll_explicit",
}  # fmt: skip


def build_config(**options: Any) -> PassContext:
    """Return the context of TVM before version 0.7; options that change no result are taken."""
    asked = sorted(options.keys() - _WITHOUT_EFFECT_ONCE)
    if asked:
        raise not_offered(f"build_config with {', '.join(asked)}")
    return PassContext()


__getattr__ = refusing(__name__)
