"""What a target says that computes a part of a network, beside a processor that does the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from autosched.backends.base import Backend


@dataclass(frozen=True)
class Offloading:
    """An accelerator of int8 images in blocks of `batch` images and `block` channels.

    `host` computes what the accelerator does not. Where a node is computed is decided for the
    processor beside the accelerator, which may be slower than this machine: `host_gops` are its
    10^9 operations on int8 a second, `host_gbytes` the 10^9 bytes a second that it moves.
    """

    host: Backend
    batch: int
    block: int
    host_gops: float
    host_gbytes: float
