"""The names of `tvm.topi.vision.rcnn`: regions of images."""

from __future__ import annotations

from autosched.tvm.topi.vision.rcnn.proposal import proposal
from autosched.tvm.topi.vision.rcnn.regions import (
    roi_align_nchw,
    roi_align_nhwc,
    roi_pool_nchw,
)

__all__ = ["proposal", "roi_align_nchw", "roi_align_nhwc", "roi_pool_nchw"]
