"""The networks that are timed, as ONNX files: exported once, with random weights, into a folder.

torchvision and transformers make most of them. torchvision's compiled operators need another build
of PyTorch than that for CPUs alone, so it is installed without them:
`pip install --no-deps torchvision`. The models for reading text are those of the package
rapidocr-onnxruntime, trained.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from autosched.files import write_whole

Array = np.ndarray
Export = Callable[[Path], None]


@dataclass(frozen=True)
class NetworkCase:
    """A network by name, the inputs it is timed with, and what writes its ONNX file.

    `needs` are the packages that must be installed.
    """

    name: str
    needs: tuple[str, ...]
    inputs: Callable[[np.random.Generator], dict[str, Array]]
    export: Export

    @property
    def is_available(self) -> bool:
        """Whether the packages that make the file are installed."""
        return all(find_spec(name) for name in self.needs)

    def file(self, folder: Path) -> Path:
        """The ONNX file in the folder, written if it is not there."""
        path = folder / f"{self.name}.onnx"
        if not path.exists():
            folder.mkdir(parents=True, exist_ok=True)
            partial = path.with_suffix(".partial")
            self.export(partial)
            partial.replace(path)
        return path

    def arrays(self, seed: int = 0) -> dict[str, Array]:
        """Random inputs by name."""
        return self.inputs(np.random.default_rng(seed))


def _image(height: int, width: int, name: str = "x") -> Callable[[Any], dict[str, Array]]:
    shape = (1, 3, height, width)
    return lambda random: {name: random.standard_normal(shape, dtype=np.float32)}


def _tokens(length: int, vocabulary: int) -> Callable[[Any], dict[str, Array]]:
    return lambda random: {"input_ids": random.integers(0, vocabulary, (1, length))}


def _exported(make: Callable[[], Any], inputs: Callable[[Any], dict[str, Array]]) -> Export:
    """Write the module that `make` gives, as PyTorch exports it."""

    def export(path: Path) -> None:
        torch = importlib.import_module("torch")
        torch.manual_seed(0)
        arrays = inputs(np.random.default_rng(0))
        tensors = tuple(torch.from_numpy(array) for array in arrays.values())
        with torch.no_grad():
            torch.onnx.export(
                make().eval(), tensors, str(path), input_names=list(arrays), external_data=False
            )

    return export


def _vision(name: str) -> NetworkCase:
    def make() -> Any:
        torch = importlib.import_module("torch")
        for operator in ("nms", "qnms"):  # known by name, so that torchvision can be imported
            if not hasattr(torch.ops.torchvision, operator):
                torch.library.define(
                    f"torchvision::{operator}", "(Tensor a, Tensor b, float c) -> Tensor"
                )
        model = getattr(importlib.import_module("torchvision").models, name)(weights=None)
        for module in model.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.running_mean.normal_(0, 0.1)
                module.running_var.uniform_(0.5, 1.5)
        return model

    inputs = _image(224, 224)
    return NetworkCase(name, ("torch", "torchvision"), inputs, _exported(make, inputs))


def _language(name: str, length: int, vocabulary: int, kind: str) -> NetworkCase:
    def make() -> Any:
        transformers = importlib.import_module("transformers")
        nn = importlib.import_module("torch").nn
        settings = getattr(transformers, f"{kind}Config")()
        made = "GPT2LMHeadModel" if kind == "GPT2" else f"{kind}Model"
        inner = getattr(transformers, made)(settings).eval()

        class FirstOutput(nn.Module):  # type: ignore[misc, name-defined]
            def __init__(self) -> None:
                super().__init__()
                self.inner = inner

            def forward(self, input_ids: Any) -> Any:
                return self.inner(input_ids=input_ids, use_cache=False, return_dict=False)[0]

        return FirstOutput()

    inputs = _tokens(length, vocabulary)
    return NetworkCase(name, ("torch", "transformers"), inputs, _exported(make, inputs))


def _reading(name: str, file: str, height: int, width: int) -> NetworkCase:
    def export(path: Path) -> None:
        package = importlib.import_module("rapidocr_onnxruntime")
        source = Path(str(package.__file__)).parent / "models" / file
        write_whole(path, source.read_bytes())

    return NetworkCase(name, ("rapidocr_onnxruntime",), _image(height, width), export)


CASES = (
    _vision("resnet18"),
    _vision("resnet50"),
    _vision("mobilenet_v2"),
    _vision("efficientnet_b0"),
    _vision("vit_b_16"),
    _language("bert_base_128", 128, 30_000, "Bert"),
    _language("gpt2_64", 64, 50_000, "GPT2"),
    _reading("ocr_detection_640", "ch_PP-OCRv4_det_infer.onnx", 640, 640),
    _reading("ocr_recognition_320", "ch_PP-OCRv4_rec_infer.onnx", 48, 320),
    _reading("ocr_direction_192", "ch_ppocr_mobile_v2.0_cls_infer.onnx", 48, 192),
)
"""In the order they are shown."""


def is_close(found: Sequence[Array], expected: Sequence[Array]) -> bool:
    """Whether all outputs agree to 1e-4 of the largest element."""
    return all(
        bool((np.abs(a - b) <= 1e-4 * max(1e-30, np.abs(b).max())).all())
        for a, b in zip(found, expected, strict=True)
    )
