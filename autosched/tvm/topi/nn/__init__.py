"""The names of `tvm.topi.nn`: operators of networks."""

from __future__ import annotations

from typing import Any

from autosched.errors import name_not_offered
from autosched.tvm.topi.nn import utils
from autosched.tvm.topi.nn.activation import leaky_relu, prelu, relu
from autosched.tvm.topi.nn.bitserial import (
    binarize_pack,
    binary_dense,
    bitpack,
    bitserial_conv2d_nchw,
    bitserial_conv2d_nhwc,
    bitserial_dense,
)
from autosched.tvm.topi.nn.convolution import (
    conv,
    conv1d,
    conv1d_ncw,
    conv1d_nwc,
    conv2d,
    conv2d_hwcn,
    conv2d_nchw,
    conv2d_NCHWc,
    conv2d_nhwc,
    conv2d_winograd_nchw,
    conv2d_winograd_nhwc,
    conv3d_ncdhw,
    conv3d_ndhwc,
    depthwise_conv2d_nchw,
    depthwise_conv2d_NCHWc,
    depthwise_conv2d_nhwc,
    group_conv1d_ncw,
    group_conv1d_nwc,
    group_conv2d_nchw,
    group_conv2d_nhwc,
)
from autosched.tvm.topi.nn.correlation import correlation_nchw
from autosched.tvm.topi.nn.deformable import deformable_conv2d_nchw, deformable_conv2d_nhwc
from autosched.tvm.topi.nn.dense import batch_matmul, dense, matmul
from autosched.tvm.topi.nn.depthwise_gradient import (
    depthwise_conv2d_backward_input_nhwc,
    depthwise_conv2d_backward_weight_nhwc,
)
from autosched.tvm.topi.nn.loss import nll_loss
from autosched.tvm.topi.nn.lstm import lstm
from autosched.tvm.topi.nn.norms import (
    batch_norm,
    group_norm,
    instance_norm,
    layer_norm,
    lrn,
    rms_norm,
    scale_shift_nchw,
    scale_shift_nchwc,
    scale_shift_nhwc,
)
from autosched.tvm.topi.nn.pooling import (
    adaptive_pool,
    adaptive_pool1d,
    adaptive_pool3d,
    global_pool,
    pool,
    pool1d,
    pool2d,
    pool3d,
)
from autosched.tvm.topi.nn.pooling_gradient import pool_grad
from autosched.tvm.topi.nn.simulated import (
    SQNN_CODE_TO_DTYPE,
    SQNN_DTYPE_TO_CODE,
    simulated_dequantize,
    simulated_quantize,
)
from autosched.tvm.topi.nn.softmax import fast_softmax, log_softmax, softmax
from autosched.tvm.topi.nn.space import (
    batch_to_space_nd,
    depth_to_space,
    dilate,
    fifo_buffer,
    flatten,
    mirror_pad,
    pad,
    space_to_batch_nd,
    space_to_depth,
    upsampling,
    upsampling3d,
)
from autosched.tvm.topi.nn.sparse import (
    sparse_add,
    sparse_conv2d,
    sparse_dense,
    sparse_transpose,
)
from autosched.tvm.topi.nn.transposed import (
    conv1d_transpose_ncw,
    conv2d_transpose_nchw,
    conv3d_transpose_ncdhw,
    group_conv1d_transpose_ncw,
    group_conv2d_transpose_nchw,
    group_conv3d_transpose_ncdhw,
)
from autosched.tvm.topi.nn.utils import get_pad_tuple, get_pad_tuple1d, get_pad_tuple3d

util = utils

__all__ = [
    "SQNN_CODE_TO_DTYPE", "SQNN_DTYPE_TO_CODE", "adaptive_pool", "adaptive_pool1d",
    "adaptive_pool3d", "batch_matmul", "batch_norm", "batch_to_space_nd", "binarize_pack",
    "binary_dense", "bitpack", "bitserial_conv2d_nchw", "bitserial_conv2d_nhwc",
    "bitserial_dense", "conv", "conv1d", "conv1d_ncw", "conv1d_nwc", "conv1d_transpose_ncw",
    "conv2d", "conv2d_NCHWc", "conv2d_hwcn", "conv2d_nchw", "conv2d_nhwc",
    "conv2d_transpose_nchw", "conv2d_winograd_nchw", "conv2d_winograd_nhwc", "conv3d_ncdhw",
    "conv3d_ndhwc", "conv3d_transpose_ncdhw", "correlation_nchw", "deformable_conv2d_nchw",
    "deformable_conv2d_nhwc", "dense", "depth_to_space", "depthwise_conv2d_NCHWc",
    "depthwise_conv2d_backward_input_nhwc", "depthwise_conv2d_backward_weight_nhwc",
    "depthwise_conv2d_nchw", "depthwise_conv2d_nhwc", "dilate", "fast_softmax", "fifo_buffer",
    "flatten", "get_pad_tuple", "get_pad_tuple1d", "get_pad_tuple3d", "global_pool",
    "group_conv1d_ncw", "group_conv1d_nwc", "group_conv1d_transpose_ncw", "group_conv2d_nchw",
    "group_conv2d_nhwc", "group_conv2d_transpose_nchw", "group_conv3d_transpose_ncdhw",
    "group_norm", "instance_norm", "layer_norm", "leaky_relu", "log_softmax", "lrn", "lstm",
    "matmul", "mirror_pad", "nll_loss", "pad", "pool", "pool1d", "pool2d", "pool3d", "pool_grad",
    "prelu", "relu", "rms_norm", "scale_shift_nchw", "scale_shift_nchwc", "scale_shift_nhwc",
    "simulated_dequantize", "simulated_quantize", "softmax", "space_to_batch_nd",
    "space_to_depth", "sparse_add", "sparse_conv2d", "sparse_dense", "sparse_transpose",
    "upsampling", "upsampling3d", "util", "utils",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(f"module 'autosched.tvm.topi.nn' has no attribute {name!r}")
    raise name_not_offered(f"topi.nn.{name}", "what is there: " + ", ".join(__all__))
