"""What operators compute, by NumPy, and the schedules of targets, for scripts that compare."""

from __future__ import annotations

from typing import Any

from autosched.errors import name_not_offered
from autosched.tvm.topi.testing.convolution import (
    conv1d_ncw_python,
    conv1d_transpose_ncw_python,
    conv2d_hwcn_python,
    conv2d_nchw_python,
    conv2d_nhwc_python,
    conv2d_transpose_nchw_python,
    conv3d_ncdhw_python,
    conv3d_ndhwc_python,
    conv3d_transpose_ncdhw_python,
    depthwise_conv2d_python_nchw,
    depthwise_conv2d_python_nhwc,
    dilate_python,
    group_conv1d_ncw_python,
    group_conv1d_transpose_ncw_python,
)
from autosched.tvm.topi.testing.grids import (
    affine_grid_python,
    crop_and_resize_python,
    grid_sample_python,
)
from autosched.tvm.topi.testing.image import resize1d_python, resize2d_python, resize3d_python
from autosched.tvm.topi.testing.losses import nll_loss
from autosched.tvm.topi.testing.movement import (
    batch_to_space_nd_python,
    depth_to_space_python,
    gather_nd_python,
    gather_python,
    matrix_set_diag,
    one_hot,
    sequence_mask,
    space_to_batch_nd_python,
    space_to_depth_python,
    strided_set_python,
    strided_slice_python,
)
from autosched.tvm.topi.testing.norms import (
    batch_norm,
    group_norm_python,
    instance_norm_python,
    l2_normalize_python,
    layer_norm_python,
    log_softmax_python,
    lrn_python,
    rms_norm_python,
    softmax_python,
)
from autosched.tvm.topi.testing.patches import (
    correlation_nchw_python,
    deformable_conv2d_nchw_python,
    deformable_conv2d_nhwc_python,
)
from autosched.tvm.topi.testing.pooling import adaptive_pool, pool_grad_nchw, poolnd_python
from autosched.tvm.topi.testing.products import batch_matmul, dense
from autosched.tvm.topi.testing.recurrent import lstm_python
from autosched.tvm.topi.testing.regions import (
    reorg_python,
    roi_align_nchw_python,
    roi_pool_nchw_python,
)
from autosched.tvm.topi.testing.schedules import (
    compare_numpy_tvm,
    dispatch,
    get_broadcast_schedule,
    get_conv2d_nchw_implement,
    get_elemwise_schedule,
    get_injective_schedule,
    get_reduce_schedule,
)
from autosched.tvm.topi.testing.searching import searchsorted_ref

__all__ = [
    "adaptive_pool", "affine_grid_python", "batch_matmul", "batch_norm",
    "batch_to_space_nd_python", "compare_numpy_tvm", "conv1d_ncw_python",
    "conv1d_transpose_ncw_python", "conv2d_hwcn_python", "conv2d_nchw_python",
    "conv2d_nhwc_python", "conv2d_transpose_nchw_python", "conv3d_ncdhw_python",
    "conv3d_ndhwc_python", "conv3d_transpose_ncdhw_python", "correlation_nchw_python",
    "crop_and_resize_python", "deformable_conv2d_nchw_python", "deformable_conv2d_nhwc_python",
    "dense", "depth_to_space_python", "depthwise_conv2d_python_nchw",
    "depthwise_conv2d_python_nhwc", "dilate_python", "dispatch", "gather_nd_python",
    "gather_python", "get_broadcast_schedule", "get_conv2d_nchw_implement",
    "get_elemwise_schedule", "get_injective_schedule", "get_reduce_schedule",
    "grid_sample_python", "group_conv1d_ncw_python", "group_conv1d_transpose_ncw_python",
    "group_norm_python", "instance_norm_python", "l2_normalize_python", "layer_norm_python",
    "log_softmax_python", "lrn_python", "lstm_python", "matrix_set_diag", "nll_loss", "one_hot",
    "pool_grad_nchw", "poolnd_python", "reorg_python", "resize1d_python", "resize2d_python",
    "resize3d_python", "rms_norm_python", "roi_align_nchw_python", "roi_pool_nchw_python",
    "searchsorted_ref", "sequence_mask", "softmax_python", "space_to_batch_nd_python",
    "space_to_depth_python", "strided_set_python", "strided_slice_python",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(f"module 'autosched.tvm.topi.testing' has no attribute {name!r}")
    raise name_not_offered(f"topi.testing.{name}", "what is there: " + ", ".join(__all__))
