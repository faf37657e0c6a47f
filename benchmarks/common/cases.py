"""The cases that are timed, by name: a workload and its parameters. The first word is the group.

`ansor` are operators of the single-operator study of Zheng et al., "Ansor" (OSDI 2020,
appendix C), batch 1; `nets` are layers of ResNet, MobileNet and BERT; `odd` are sizes that no
tile divides; `rows` are norms, softmax and functions of elements; `attention`, `int8` and `half`
are what they say; `general` are expressions that no rule is for (`benchmarks/common/general.py`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar

import click

from autosched.backends.cpu.peers import PEERS, Array, Contenders, contenders
from autosched.ops.instance import WorkloadInstance, from_tensors
from autosched.ops.resolve import resolve
from benchmarks.common.array_peers import array_contenders
from benchmarks.common.channels_last import ChannelsLast
from benchmarks.common.general import GENERAL


class HasName(Protocol):
    """A case of any kind."""

    @property
    def name(self) -> str: ...


Named = TypeVar("Named", bound=HasName)


class KernelCase(HasName, Protocol):
    """A kernel that is timed beside its peers."""

    def instance(self) -> WorkloadInstance:
        """The tensors, made anew."""

    def contenders(
        self, instance: WorkloadInstance, arrays: Sequence[Array], threads: int
    ) -> Contenders:
        """The peers, prepared to compute the instance of these inputs."""


@dataclass(frozen=True, slots=True)
class Case:
    """A registered workload with parameters, under a name."""

    name: str
    workload: str
    params: dict[str, Any]

    def instance(self) -> WorkloadInstance:
        """The tensors, made anew."""
        return resolve(self.workload, self.params)

    def contenders(
        self, instance: WorkloadInstance, arrays: Sequence[Array], threads: int
    ) -> Contenders:
        """The peers; NumPy counts where it has the operator, not as a reference made of many."""
        in_numpy = "matmul" in instance.name and instance.outputs[0].dtype.name == "float32"
        wanted = [peer for peer in PEERS if peer.name != "numpy" or in_numpy]
        return contenders(instance, arrays, threads, wanted)


@dataclass(frozen=True, slots=True)
class GeneralCase:
    """An expression that is no registered workload."""

    name: str
    key: str

    def instance(self) -> WorkloadInstance:
        """The tensors, made anew."""
        found = GENERAL[self.key]
        return replace(from_tensors(found.tensors(), self.key), given_inputs=found.inputs)

    def contenders(
        self, instance: WorkloadInstance, arrays: Sequence[Array], threads: int
    ) -> Contenders:
        """The libraries of arrays, which compute the formula of the expression."""
        return array_contenders(GENERAL[self.key].formula, arrays, threads)


def _matmul(group: str, m: int, n: int, k: int, b: int = 1, **more: Any) -> Case:
    marks = "".join(f"/{value}" for value in more.values() if value)
    name = f"{group} matmul/b{b}/m{m}/n{n}/k{k}{marks}"
    if b == 1:
        return Case(name, "matmul", {"m": m, "n": n, "k": k, **more})
    return Case(name, "batch_matmul", {"b": b, "m": m, "n": n, "k": k, **more})


def _conv(
    group: str,
    size: int | tuple[int, ...],
    ci: int,
    co: int,
    k: int,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
    groups: int = 1,
    axes: int = 2,
    **more: Any,
) -> Case:
    """A convolution of images of `size` points along each of so many axes."""
    shown = str(size).replace(" ", "")
    marks = "".join(f"/{value}" for value in more.values())
    name = (
        f"{group} conv{axes}d/n1/size{shown}/ci{ci}/co{co}/k{k}"
        f"/s{stride}/p{padding}/d{dilation}/g{groups}{marks}"
    )
    sizes = (size,) * axes if isinstance(size, int) else size
    space = dict(zip("dhw"[-axes:], sizes, strict=True))
    window = {"k": k, "stride": stride, "padding": padding, "dilation": dilation}
    if groups == ci == co:
        return Case(name, "depthwise_conv2d", {"c": ci, **space, **window})
    channels = {"ci": ci, "co": co, "groups": groups}
    return Case(name, f"conv{axes}d", {**channels, **space, **window, **more})


def _transposed(group: str, size: int, ci: int, co: int) -> Case:
    name = f"{group} t2d/n1/h{size}/ci{ci}/co{co}/k4/s2/p1"
    params = {"ci": ci, "h": size, "w": size, "co": co, "k": 4, "stride": 2, "padding": 1}
    return Case(name, "conv2d_transpose", params)


def _rows(group: str, workload: str, m: int, n: int) -> Case:
    return Case(f"{group} {workload}/m{m}/n{n}", workload, {"m": m, "n": n})


def _images(workload: str, c: int, size: int, **more: int) -> Case:
    name = f"rows {workload}/c{c}/size{size}"
    return Case(name, workload, {"c": c, "h": size, "w": size, **more})


def _attention(heads: int, m: int, d: int, **more: Any) -> Case:
    marks = "".join(f"/{key}{value}" for key, value in more.items())
    name = f"attention heads{heads}/m{m}/d{d}{marks}"
    return Case(name, "attention", {"heads": heads, "m": m, "d": d, **more})


_ANSOR = (
    _conv("ansor", 256, 64, 128, 3, stride=2, padding=1, axes=1),
    _conv("ansor", 128, 128, 256, 1, stride=2, axes=1),
    _conv("ansor", 64, 256, 256, 5, padding=2, axes=1),
    _conv("ansor", 32, 512, 512, 3, padding=1, axes=1),
    _conv("ansor", 224, 3, 64, 7, stride=2, padding=3),
    _conv("ansor", 56, 64, 64, 1),
    _conv("ansor", 14, 256, 256, 3, padding=1),
    _conv("ansor", 7, 512, 512, 3, padding=1),
    _conv("ansor", (16, 224, 224), 3, 64, 7, stride=2, padding=3, axes=3),
    _conv("ansor", (16, 56, 56), 64, 64, 1, axes=3),
    _conv("ansor", (16, 14, 14), 256, 256, 3, padding=1, axes=3),
    _conv("ansor", (16, 7, 7), 512, 512, 3, padding=1, axes=3),
    _matmul("ansor", 128, 128, 128),
    _matmul("ansor", 512, 512, 32),
    _matmul("ansor", 512, 512, 512),
    _matmul("ansor", 1024, 1024, 1024),
    _conv("ansor", 56, 64, 64, 3, padding=1, groups=4),
    _conv("ansor", 56, 64, 128, 1, stride=2, groups=4),
    _conv("ansor", 14, 256, 256, 3, padding=1, groups=4),
    _conv("ansor", 7, 512, 512, 3, padding=1, groups=4),
    _conv("ansor", 224, 3, 64, 7, stride=2, padding=3, dilation=2),
    _conv("ansor", 56, 64, 64, 1, dilation=2),
    _conv("ansor", 14, 256, 256, 3, padding=1, dilation=2),
    _conv("ansor", 7, 512, 512, 3, padding=1, dilation=2),
    _conv("ansor", 112, 32, 32, 3, padding=1, groups=32),
    _conv("ansor", 112, 64, 64, 3, stride=2, padding=1, groups=64),
    _conv("ansor", 14, 512, 512, 3, stride=2, padding=1, groups=512),
    _conv("ansor", 7, 1024, 1024, 3, padding=1, groups=1024),
    _transposed("ansor", 4, 512, 256),
    _transposed("ansor", 8, 256, 128),
    _transposed("ansor", 16, 128, 64),
    _transposed("ansor", 32, 64, 3),
    *(_rows("ansor", "l2_norm", m, n) for m, n in ((256, 256), (512, 512))),
    *(_rows("ansor", "l2_norm", m, n) for m, n in ((1024, 1024), (4096, 1024))),
)
_NETS = (
    _matmul("nets", 128, 3072, 768),
    _matmul("nets", 128, 768, 3072),
    _matmul("nets", 1, 4096, 4096),
    _matmul("nets", 16, 1024, 1024),
    _matmul("nets", 128, 128, 64, b=12),
    _matmul("nets", 128, 64, 128, b=12),
    _conv("nets", 56, 64, 64, 3, padding=1),
    _conv("nets", 28, 128, 128, 3, padding=1),
    _conv("nets", 56, 64, 128, 3, stride=2, padding=1),
    _conv("nets", 14, 256, 1024, 1),
    _conv("nets", 56, 144, 144, 3, stride=2, padding=1, groups=144),
    _rows("nets", "softmax", 1536, 128),
    _rows("nets", "softmax", 512, 1024),
    _rows("nets", "layer_norm", 512, 768),
    _rows("nets", "gelu", 512, 3072),
    _rows("nets", "relu", 512, 3072),
)
_ODD = (_matmul("odd", 500, 500, 500), _matmul("odd", 127, 257, 131))
_ROWS = (
    _rows("rows", "softmax", 4096, 64),
    _rows("rows", "log_softmax", 512, 1000),
    _rows("rows", "logsumexp", 512, 1024),
    _rows("rows", "rms_norm", 512, 768),
    _images("group_norm", 128, 28, groups=32),
    _images("instance_norm", 64, 56),
    _images("batch_norm", 64, 56),
    _images("max_pool2d", 64, 112, k=3, stride=2, padding=1),
    _images("avg_pool2d", 64, 56, k=2, stride=2),
    *(_rows("rows", name, 512, 3072) for name in ("gelu_tanh", "silu", "mish", "hard_swish")),
    *(_rows("rows", name, 512, 3072) for name in ("exp", "tanh", "sigmoid")),
    _rows("rows", "transpose", 1024, 1024),
)
_ATTENTION = (
    _attention(12, 128, 64),
    _attention(12, 512, 64),
    _attention(12, 256, 64, causal=True),
    _attention(32, 128, 64, key_heads=8),
)


def _int8(name: str, workload: str, **params: int) -> Case:
    """A layer of int8 whose sums are requantized to int8."""
    return Case(f"int8 {name}/int8", workload, params)


_INT8 = (
    *(
        make("int8", *sizes, **more, dtype="int8", out_dtype="int32")
        for make, sizes, more in (
            (_matmul, (1024, 1024, 1024), {}),
            (_matmul, (128, 768, 768), {}),
            (_conv, (56, 64, 64, 3), {"padding": 1}),
            (_conv, (14, 256, 256, 3), {"padding": 1}),
            (_matmul, (125, 259, 131), {}),
            (_conv, (56, 64, 64, 3), {"padding": 1, "groups": 4}),
        )
    ),
    *(
        _int8(f"dense/m{m}/n{n}/k{k}", "dense_int8", m=m, n=n, k=k, shift=11)
        for m, n, k in ((128, 768, 768), (16, 1000, 2048), (1, 1000, 2048))
    ),
    *(
        _int8(
            f"conv2d/n1/size{size}/ci{ci}/co{co}/k{k}" + f"/s{stride}" * (stride > 1),
            "conv2d_int8",
            ci=ci,
            h=size,
            w=size,
            co=co,
            k=k,
            stride=stride,
            padding=k // 2,
            shift=11,
        )
        for size, ci, co, k, stride in (
            (56, 64, 64, 3, 1),
            (14, 256, 256, 3, 1),
            (56, 64, 256, 1, 1),
            (224, 3, 64, 7, 2),
        )
    ),
    _int8(
        "depthwise/n1/size28/c128/k3",
        "depthwise_conv2d_int8",
        c=128,
        h=28,
        w=28,
        k=3,
        padding=1,
    ),
)
_CHANNELS_LAST = (
    ChannelsLast(56, 64, 64, 3),
    ChannelsLast(14, 256, 256, 3),
    ChannelsLast(56, 64, 256, 1),
)
_HALF = tuple(
    make("half", *sizes, **more, dtype=dtype)
    for dtype in ("bfloat16", "float16")
    for make, sizes, more in (
        (_matmul, (512, 512, 512), {}),
        (_matmul, (128, 3072, 768), {}),
        (_conv, (28, 128, 128, 3), {"padding": 1}),
    )
)

CASES: tuple[KernelCase, ...] = (
    *_ANSOR,
    *_NETS,
    *_ODD,
    *_ROWS,
    *_ATTENTION,
    *_INT8,
    *_CHANNELS_LAST,
    *_HALF,
    *(GeneralCase(f"general {name}", name) for name in GENERAL),
)
"""In the order they are shown."""

GROUPS = tuple(dict.fromkeys(case.name.split()[0] for case in CASES))


def selected(text: str) -> list[KernelCase]:
    """The workloads with one of the comma-separated parts of `text` in their names, or all."""
    return chosen(CASES, text)


PART = re.compile(r"(?:\([^)]*\)?|[^,(])+")
"""A part of a list with commas, which may be in parentheses too."""


def chosen(cases: Sequence[Named], text: str) -> list[Named]:
    """Those of the cases with one of the comma-separated parts of `text` in their names, or all.

    Commas in parentheses do not separate: names have them, as in `size(16,56,56)`.
    """
    parts = [part.strip() for part in PART.findall(text) if part.strip()]
    found = [case for case in cases if not parts or any(part in case.name for part in parts)]
    if not found:
        raise click.BadParameter(f"expected a part of a case's name, got {text!r}")
    return found
