"""The registry: shipped workloads, and registering others."""

import pytest

from autosched import te
from autosched.errors import WorkloadError
from autosched.ops import registered, resolve, workload
from autosched.ops.registry import template

SHIPPED = [
    "matmul",
    "batch_matmul",
    "dense",
    "gated_dense",
    "relu",
    "gelu",
    "gelu_tanh",
    "sigmoid",
    "silu",
    "mish",
    "hard_swish",
    "tanh",
    "exp",
    "add",
    "mul",
    "conv2d_int8",
    "depthwise_conv2d_int8",
    "conv2d_transpose_int8",
    "dense_int8",
    "matmul_int8",
    "requantize",
    "relu_int8",
    "add_int8",
    "multiply_int8",
    "max_pool2d_int8",
    "avg_pool2d_int8",
    "softmax",
    "log_softmax",
    "logsumexp",
    "argmax",
    "layer_norm",
    "rms_norm",
    "l2_norm",
    "group_norm",
    "instance_norm",
    "batch_norm",
    "attention",
    "embedding",
    "transpose",
    "concat",
    "resize",
    "conv1d",
    "conv2d",
    "conv3d",
    "depthwise_conv2d",
    "conv1d_transpose",
    "conv2d_transpose",
    "conv3d_transpose",
    "capsule_conv2d",
    "max_pool1d",
    "avg_pool1d",
    "max_pool2d",
    "avg_pool2d",
    "max_pool3d",
    "avg_pool3d",
]


def test_shipped_workloads():
    assert [name for name, known in registered().items() if known.shipped] == SHIPPED


@pytest.mark.parametrize("name", SHIPPED)
def test_each_has_a_summary_typed_parameters_and_a_reference(name):
    entry = registered()[name]
    assert entry.summary.endswith(".")
    assert entry.parameters
    assert entry.reference is not None


def scaled(m: int, factor: float = 2.0):
    """Scale a vector."""
    A = te.placeholder((m,), name="A")
    return [A, te.compute((m,), lambda i: A[i] * factor, name="B")]


def test_a_function_is_registered_unchanged():
    def halved(m: int):
        return scaled(m, 0.5)

    assert workload(halved) is halved
    instance = resolve("halved", {"m": "7"})
    assert str(instance) == "halved m=7"
    assert registered()["halved"].function is halved


def test_a_name_and_a_reference_can_be_given():
    workload(name="scale", reference=lambda a, *, factor: a * factor)(scaled)
    instance = resolve("scale", {"m": 7, "factor": 3})
    arrays = instance.make_inputs(1)
    (got,), (wanted,) = instance.reference(arrays), instance.numpy_reference(arrays)
    assert (got == wanted).all()
    assert registered()["scale"].summary == "Scale a vector."


def test_a_name_that_is_taken_is_refused():
    def matmul(m: int):
        return scaled(m)

    with pytest.raises(WorkloadError, match="that autosched does not use, got matmul"):
        workload(matmul)


def test_registering_again_replaces():
    workload(name="again")(lambda: scaled(2))
    workload(name="again")(lambda: scaled(3))
    assert resolve("again").outputs[0].shape[0].value == 3


def test_parameters_that_cannot_be_given_are_refused_at_once():
    with pytest.raises(WorkloadError, match="for the parameter m of broken, got no annotation"):

        @workload
        def broken(m):
            return scaled(m)


def test_a_template_has_its_knobs_before_its_parameters():
    @template(name="tiled_copy")
    def tiled_copy(knobs, n: int, m: int = 4):
        A = te.placeholder((n, m), name="A")
        B = te.compute((n, m), lambda i, j: A[i, j], name="B")
        s = te.create_schedule(B.op)
        knobs.define_split("tile", s[B].op.axis[0])
        return s, [A, B]

    instance = resolve("tiled_copy", {"n": "8"})
    assert instance.params == {"n": 8, "m": 4}
    assert [tensor.shape[0].value for tensor in instance.tensors] == [8, 8]
    assert list(instance.template.space.knobs) == ["tile"]


def test_parameters_of_a_template_are_checked():
    @template
    def with_n(knobs, n: int):
        """Never called."""

    with pytest.raises(WorkloadError, match="expected a value for the parameter n of with_n"):
        resolve("with_n")
    with pytest.raises(WorkloadError, match="expected a parameter of with_n, got 'knobs'"):
        resolve("with_n", {"n": 8, "knobs": 1})
