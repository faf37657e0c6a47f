"""Quantization that is simulated in floats, to a dtype that is known at the call."""

from __future__ import annotations

from autosched import te
from autosched.ir.expr import Expr
from autosched.te.tensor import Tensor
from autosched.tvm.topi.tag import ELEMWISE
from autosched.tvm.topi.utils import normalized

SQNN_DTYPE_TO_CODE = {"disable": 0, "int8": 1, "uint8": 2, "int32": 3}
SQNN_CODE_TO_DTYPE = {code: name for name, code in SQNN_DTYPE_TO_CODE.items()}


def simulated_quantize(
    data: Tensor, out_dtype: Tensor, output_scale: Tensor, output_zero_point: Tensor, axis: int = -1
) -> Tensor:
    """`data` rounded to the values of a dtype, by its code in the scalar `out_dtype`.

    The scale and the zero point are one number, or one for each place along `axis`.
    """
    at = normalized(axis, data.ndim, "simulated_quantize")

    def value(*i: Expr) -> Expr:
        scaled = data(*i) / _of(output_scale, i[at])
        exact = te.round(scaled) + _of(output_zero_point, i[at]).astype(data.dtype)
        found = data(*i)
        for name, code in SQNN_DTYPE_TO_CODE.items():
            if code:
                least, most = (
                    limit(name).astype(data.dtype) for limit in (te.min_value, te.max_value)
                )
                found = te.if_then_else(out_dtype() == code, te.clip(exact, least, most), found)
        return found

    return te.compute(data.shape, value, name="simulated_quantize", tag=ELEMWISE)


def simulated_dequantize(
    data: Tensor, in_dtype: Tensor, input_scale: Tensor, input_zero_point: Tensor, axis: int = -1
) -> Tensor:
    """The numbers that quantized `data` stands for; as they are for the code of "disable"."""
    at = normalized(axis, data.ndim, "simulated_dequantize")

    def value(*i: Expr) -> Expr:
        zero_point = _of(input_zero_point, i[at]).astype(data.dtype)
        scaled = (data(*i) - zero_point) * _of(input_scale, i[at])
        return te.if_then_else(in_dtype() == SQNN_DTYPE_TO_CODE["disable"], data(*i), scaled)

    return te.compute(data.shape, value, name="simulated_dequantize", tag=ELEMWISE)


def _of(values: Tensor, place: Expr) -> Expr:
    """Return the value for a place, where there may be one for all."""
    return values(te.minimum(place, values.shape[0] - 1))
