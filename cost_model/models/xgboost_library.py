"""XGBoost's shared library by its documented C interface, without its Python package.

Importing the package takes three quarters of a second, most of it for SciPy and scikit-learn,
which trees grown on arrays never use; the library alone is there in a hundredth.
"""

from __future__ import annotations

import ctypes
import json
import sys
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from autosched.errors import CostModelError

_NAMES = {"win32": "xgboost.dll", "darwin": "libxgboost.dylib"}

_RESET = ctypes.CFUNCTYPE(None, ctypes.c_void_p)
_NEXT = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)


class Matrix:
    """Rows for training, sorted into at most `bins` quantiles of each column.

    `X` is a float32 array of shape (n, d); `label`, and `qid` where there is one, have n
    elements, numbers of 32 bits.
    """

    def __init__(
        self, X: np.ndarray, label: np.ndarray, qid: np.ndarray | None, threads: int, bins: int
    ):
        library = load()
        X = np.ascontiguousarray(X, dtype=np.float32)
        columns = {"label": label} if qid is None else {"label": label, "qid": qid}
        proxy = ctypes.c_void_p()
        _check(library.XGProxyDMatrixCreate(ctypes.byref(proxy)))
        statuses: list[int] = []  # of the hand-over, which is asked for several times

        @_RESET
        def reset(_: object) -> None:
            statuses.clear()

        @_NEXT
        def following(_: object) -> int:
            if statuses:
                return 0
            statuses.append(library.XGProxyDMatrixSetDataDense(proxy, _interface(X)))
            for name, column in columns.items():
                described = _interface(column)
                statuses.append(
                    library.XGDMatrixSetInfoFromInterface(proxy, name.encode(), described)
                )
            return int(not any(statuses))

        self.handle = ctypes.c_void_p()
        config = {"nthread": threads, "missing": float("nan"), "max_bin": bins}
        try:
            _check(
                library.XGQuantileDMatrixCreateFromCallback(
                    None, proxy, None, reset, following, _json(config), ctypes.byref(self.handle)
                )
            )
            _check(any(statuses))
        finally:
            library.XGDMatrixFree(proxy)

    def __del__(self) -> None:
        if self.handle:
            load().XGDMatrixFree(self.handle)


class Booster:
    """Trees with these `settings`, grown on `matrix` where one is given."""

    def __init__(self, settings: Mapping[str, Any], matrix: Matrix | None = None, trees: int = 0):
        library = load()
        self._handle = ctypes.c_void_p()
        handles = (ctypes.c_void_p * 1)(matrix.handle if matrix else None)
        _check(library.XGBoosterCreate(handles, int(matrix is not None), self._reference))
        for name, value in settings.items():
            _check(library.XGBoosterSetParam(self._handle, name.encode(), str(value).encode()))
        for number in range(trees if matrix else 0):
            assert matrix is not None
            _check(library.XGBoosterUpdateOneIter(self._handle, number, matrix.handle))

    @property
    def _reference(self) -> Any:
        return ctypes.byref(self._handle)

    def __del__(self) -> None:
        if self._handle:
            load().XGBoosterFree(self._handle)

    def predict(self, X: np.ndarray) -> np.ndarray:
        """One float32 for each row of an array of shape (n, d)."""
        X = np.ascontiguousarray(X, dtype=np.float32)
        shape = ctypes.POINTER(ctypes.c_uint64)()
        dimensions = ctypes.c_uint64()
        values = ctypes.POINTER(ctypes.c_float)()
        _check(
            load().XGBoosterPredictFromDense(
                self._handle,
                _interface(X),
                _PREDICTION,
                None,
                ctypes.byref(shape),
                ctypes.byref(dimensions),
                ctypes.byref(values),
            )
        )
        # The library keeps the array for its next answer.
        return np.ctypeslib.as_array(values, (len(X),)).copy()

    @property
    def features(self) -> int:
        """How many columns the trees were grown on."""
        count = ctypes.c_uint64()
        _check(load().XGBoosterGetNumFeature(self._handle, ctypes.byref(count)))
        return count.value

    def to_json(self) -> str:
        length = ctypes.c_uint64()
        text = ctypes.POINTER(ctypes.c_char)()
        config = _json({"format": "json"})
        _check(
            load().XGBoosterSaveModelToBuffer(
                self._handle, config, ctypes.byref(length), ctypes.byref(text)
            )
        )
        return ctypes.string_at(text, length.value).decode()

    def load_json(self, text: str) -> None:
        """Take the trees of `to_json`. Raises ValueError where the text is of something else."""
        buffer = text.encode()
        _check(
            load().XGBoosterLoadModelFromBuffer(self._handle, buffer, ctypes.c_uint64(len(buffer)))
        )


@cache
def load() -> ctypes.CDLL:
    """The library. Raises CostModelError where the package, or what it needs, is missing."""
    spec = find_spec("xgboost")  # which imports nothing
    folders = [] if spec is None else spec.submodule_search_locations or []
    name = _NAMES.get(sys.platform, "libxgboost.so")
    # A package that is not a wheel has its library beside the interpreter's own.
    places = [Path(folder, "lib", name) for folder in folders] + [
        Path(sys.base_prefix, "lib", name)
    ]
    try:
        library = ctypes.CDLL(str(next(place for place in places if place.exists())))
    except (StopIteration, OSError) as error:
        raise CostModelError(
            f"expected the library of xgboost, got {error or 'none'}",
            hint="install it again: pip install --force-reinstall xgboost",
        ) from None
    library.XGBGetLastError.restype = ctypes.c_char_p
    return library


def _check(status: int | bool) -> None:
    if status:
        reason = load().XGBGetLastError().decode(errors="replace")
        raise ValueError(f"expected XGBoost to accept what it was given, got {reason}")


def _json(values: Mapping[str, Any]) -> bytes:
    return json.dumps(values).encode()


def _interface(array: np.ndarray) -> bytes:
    """The array as NumPy describes it to others, which must not outlive it."""
    known = array.__array_interface__
    return _json({name: known[name] for name in ("data", "shape", "typestr", "version")})


_PREDICTION = _json(
    {
        "type": 0,
        "training": False,
        "iteration_begin": 0,
        "iteration_end": 0,
        "missing": float("nan"),
        "strict_shape": False,
        "cache_id": 0,
    }
)
