"""The part of `tvm.transform` that TE scripts use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from autosched.errors import not_offered


class PassContext:
    """The context around `build` and `lower` in many scripts. The passes here have no options."""

    def __init__(
        self,
        opt_level: int = 2,
        required_pass: Sequence[str] | None = None,
        disabled_pass: Sequence[str] | None = None,
        instruments: Sequence[Any] | None = None,
        config: Mapping[str, Any] | None = None,
    ):
        if config:
            raise not_offered(f"PassContext with config {', '.join(config)}")
        if required_pass or disabled_pass or instruments:
            raise not_offered("PassContext with passes or instruments")

    def __enter__(self) -> PassContext:
        return self

    def __exit__(self, *exception: object) -> None:
        """Do nothing."""
