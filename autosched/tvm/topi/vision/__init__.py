"""The names of `tvm.topi.vision`: operators of detectors."""

from __future__ import annotations

from autosched.tvm.absent import refusing
from autosched.tvm.topi.vision import rcnn, ssd
from autosched.tvm.topi.vision.nms import (
    all_class_non_max_suppression,
    get_valid_counts,
    non_max_suppression,
)
from autosched.tvm.topi.vision.rcnn import roi_align_nchw, roi_align_nhwc
from autosched.tvm.topi.vision.reorg import reorg

__all__ = [
    "all_class_non_max_suppression", "get_valid_counts", "non_max_suppression", "rcnn", "reorg",
    "roi_align_nchw", "roi_align_nhwc", "ssd",
]  # fmt: skip


__getattr__ = refusing(__name__)
