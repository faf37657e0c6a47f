"""A model compiled, tuned as one, saved and loaded; its batch size is known at the call.

python examples/compile_a_model.py

It needs the package onnx: pip install 'autosched[onnx]'
"""

import tempfile
from pathlib import Path

import numpy as np
import onnx

import autosched
from autosched.graph.evaluate import evaluate

SOURCE = """<ir_version: 8, opset_import: ["" : 18]>
digits (float[n, 1, 28, 28] image) => (float[n, 10] scores)
<float[10, 16] weight, float[16, 1, 3, 3] filter, float[16] bias> {
  convolved = Conv <pads = [1, 1, 1, 1]> (image, filter, bias)
  kept = Relu (convolved)
  pooled = GlobalAveragePool (kept)
  features = Flatten (pooled)
  scores = Gemm <transB = 1> (features, weight)
}"""


def small_network() -> onnx.ModelProto:
    """The network with random weights."""
    model = onnx.parser.parse_model(SOURCE)
    generator = np.random.default_rng(0)
    for name, shape in {"weight": (10, 16), "filter": (16, 1, 3, 3), "bias": (16,)}.items():
        array = generator.standard_normal(shape, dtype=np.float32)
        model.graph.initializer.append(onnx.numpy_helper.from_array(array, name))
    return model


def main(trials: int = 100) -> None:
    """Compile the network, tune it for images one by one, save it, and load it."""
    with tempfile.TemporaryDirectory() as folder:
        model = autosched.compile(small_network(), db=Path(folder) / "tuning.db")
        image = np.random.default_rng(1).random((1, 1, 28, 28), dtype=np.float32)
        (scores,) = model(image)  # by name: model(image=image), or model.run({"image": image})
        np.testing.assert_allclose(scores, evaluate(model.graph, [image])[0], rtol=1e-4)
        model.tune(trials=trials)
        print(model.report)
        print(model.profile([image]))
        batch = np.concatenate([image] * 4)  # another network is compiled for it, and kept
        np.testing.assert_allclose(model(batch)[0][3], model(image)[0][0], rtol=1e-4)
        model.save(Path(folder) / "digits")
        again = autosched.load(Path(folder) / "digits")
        np.testing.assert_array_equal(again(image)[0], model(image)[0])


if __name__ == "__main__":
    main()
