"""The names of `tvm.topi.image`: images in other sizes, at other places."""

from __future__ import annotations

from autosched.tvm.absent import refusing
from autosched.tvm.topi.image.crop import crop_and_resize
from autosched.tvm.topi.image.grid import affine_grid, grid_sample
from autosched.tvm.topi.image.resize import resize1d, resize2d, resize3d

__all__ = [
    "affine_grid", "crop_and_resize", "grid_sample", "resize1d", "resize2d", "resize3d",
]  # fmt: skip


__getattr__ = refusing(__name__)
