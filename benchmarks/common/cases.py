"""The cases that are timed, by name: a workload and its parameters.

`ansor` are operators of the single-operator study of Zheng et al., "Ansor" (OSDI 2020,
appendix C), batch 1; `nets` are layers of ResNet, MobileNet and BERT; `odd` are sizes that no
tile divides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from autosched.errors import WorkloadError
from autosched.ops.instance import WorkloadInstance
from autosched.ops.resolve import resolve


class HasName(Protocol):
    """A case of any kind."""

    @property
    def name(self) -> str: ...


Named = TypeVar("Named", bound=HasName)


@dataclass(frozen=True, slots=True)
class Case:
    """A registered workload with parameters, under a name."""

    name: str
    workload: str
    params: dict[str, Any]

    def instance(self) -> WorkloadInstance:
        """The tensors, made anew."""
        return resolve(self.workload, self.params)


def _matmul(group: str, m: int, n: int, k: int, b: int = 1) -> Case:
    name = f"{group} matmul/b{b}/m{m}/n{n}/k{k}"
    if b == 1:
        return Case(name, "matmul", {"m": m, "n": n, "k": k})
    return Case(name, "batch_matmul", {"b": b, "m": m, "n": n, "k": k})


def _conv2d(
    group: str,
    size: int,
    ci: int,
    co: int,
    k: int,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
    groups: int = 1,
) -> Case:
    name = (
        f"{group} conv2d/n1/size{size}/ci{ci}/co{co}/k{k}"
        f"/s{stride}/p{padding}/d{dilation}/g{groups}"
    )
    window = {"k": k, "stride": stride, "padding": padding, "dilation": dilation}
    if groups == ci == co:
        return Case(name, "depthwise_conv2d", {"c": ci, "h": size, "w": size, **window})
    image = {"ci": ci, "h": size, "w": size, "co": co}
    return Case(name, "conv2d", {**image, **window, "groups": groups})


def _rows(group: str, workload: str, m: int, n: int) -> Case:
    return Case(f"{group} {workload}/m{m}/n{n}", workload, {"m": m, "n": n})


CASES = (
    _matmul("ansor", 128, 128, 128),
    _matmul("ansor", 512, 512, 32),
    _matmul("ansor", 512, 512, 512),
    _matmul("ansor", 1024, 1024, 1024),
    _matmul("odd", 500, 500, 500),
    _matmul("odd", 127, 257, 131),
    _matmul("nets", 128, 3072, 768),
    _matmul("nets", 128, 768, 3072),
    _matmul("nets", 1, 4096, 4096),
    _matmul("nets", 16, 1024, 1024),
    _matmul("nets", 128, 128, 64, b=12),
    _matmul("nets", 128, 64, 128, b=12),
    _conv2d("nets", 56, 64, 64, 3, padding=1),
    _conv2d("nets", 28, 128, 128, 3, padding=1),
    _conv2d("nets", 56, 64, 128, 3, stride=2, padding=1),
    _conv2d("nets", 14, 256, 1024, 1),
    _conv2d("ansor", 224, 3, 64, 7, stride=2, padding=3),
    _conv2d("ansor", 56, 64, 64, 1),
    _conv2d("ansor", 14, 256, 256, 3, padding=1),
    _conv2d("ansor", 7, 512, 512, 3, padding=1),
    _conv2d("ansor", 14, 256, 256, 3, padding=1, dilation=2),
    _conv2d("ansor", 56, 64, 64, 3, padding=1, groups=4),
    _conv2d("ansor", 7, 512, 512, 3, padding=1, groups=4),
    _conv2d("ansor", 112, 32, 32, 3, padding=1, groups=32),
    _conv2d("ansor", 7, 1024, 1024, 3, padding=1, groups=1024),
    _conv2d("nets", 56, 144, 144, 3, stride=2, padding=1, groups=144),
    _rows("nets", "softmax", 1536, 128),
    _rows("nets", "softmax", 512, 1024),
    _rows("nets", "layer_norm", 512, 768),
    _rows("nets", "gelu", 512, 3072),
    _rows("nets", "relu", 512, 3072),
)
"""In the order they are shown."""


def selected(text: str) -> list[Case]:
    """The workloads with one of the comma-separated parts of `text` in their names, or all."""
    return chosen(CASES, text)


def chosen(cases: Sequence[Named], text: str) -> list[Named]:
    """Those of the cases with one of the comma-separated parts of `text` in their names, or all."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    found = [case for case in cases if not parts or any(part in case.name for part in parts)]
    if not found:
        raise WorkloadError(f"expected a part of a case's name, got {text!r}")
    return found
