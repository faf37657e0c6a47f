"""XGBoost's C library without its Python package, which imports scikit-learn and SciPy.

These take 0.8 s of a processor, a tenth of a short search.
"""

from __future__ import annotations

import ctypes
import json
import sys
import weakref
from collections.abc import Mapping
from ctypes import POINTER, byref, c_char_p, c_float, c_int, c_uint64, c_void_p
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from autosched.errors import CostModelError

_NAMES = {"darwin": "libxgboost.dylib", "win32": "xgboost.dll"}
_MISSING = {"missing": float("nan")}
_OF_A_PREDICTION = {
    **_MISSING,
    "type": 0,
    "training": False,
    "iteration_begin": 0,
    "iteration_end": 0,
    "strict_shape": False,
    "cache_id": 0,
}


class Booster:
    """Boosted trees.

    All methods raise ValueError where the library refuses, CostModelError where it is missing.
    """

    def __init__(self, settings: Mapping[str, object]):
        self._settings = settings
        self._handle = self._made(None)

    def fit(
        self, X: np.ndarray, y: np.ndarray, trees: int, groups: np.ndarray | None = None
    ) -> None:
        """Fit new trees to rows of float32; rows of one group follow each other."""
        data, X = c_void_p(), np.ascontiguousarray(X)
        config = {**_MISSING, "nthread": self._settings["nthread"]}
        _call("XGDMatrixCreateFromDense", _interface(X), _json(config), byref(data))
        try:
            for name, values in {"label": y, "qid": groups}.items():
                if values is not None:
                    kind = np.float32 if name == "label" else np.uint32
                    array = np.ascontiguousarray(values, dtype=kind)
                    info = name.encode(), _interface(array)
                    _call("XGDMatrixSetInfoFromInterface", data, *info)
            self._handle = self._made(data)
            for number in range(trees):
                _call("XGBoosterUpdateOneIter", self._handle, c_int(number), data)
        finally:
            _call("XGDMatrixFree", data)

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return a number for each row of float32."""
        X = np.ascontiguousarray(X)
        shape, dimensions, found = POINTER(c_uint64)(), c_uint64(), POINTER(c_float)()
        results = byref(shape), byref(dimensions), byref(found)
        given = _interface(X), _json(_OF_A_PREDICTION), None
        _call("XGBoosterPredictFromDense", self._handle, *given, *results)
        return np.ctypeslib.as_array(found, (len(X),)).copy()

    def to_json(self) -> str:
        """Return the trees as XGBoost's JSON."""
        length, text = c_uint64(), c_void_p()
        config = _json({"format": "json"})
        results = byref(length), byref(text)
        _call("XGBoosterSaveModelToBuffer", self._handle, config, *results)
        assert text.value is not None
        return ctypes.string_at(text.value, length.value).decode()

    def load(self, text: str) -> None:
        """Take the trees from JSON that `to_json` has made; the library trusts its input."""
        data = text.encode()
        _call("XGBoosterLoadModelFromBuffer", self._handle, data, c_uint64(len(data)))

    def _made(self, data: c_void_p | None) -> c_void_p:
        """Return a booster without trees, which keeps what it computes for rows in `data`."""
        handle = c_void_p()
        rows = None if data is None else byref(data)
        _call("XGBoosterCreate", rows, c_uint64(0 if data is None else 1), byref(handle))
        weakref.finalize(handle, _call, "XGBoosterFree", c_void_p(handle.value))
        for name, value in self._settings.items():
            _call("XGBoosterSetParam", handle, name.encode(), str(value).encode())
        return handle


def _call(name: str, *arguments: Any) -> None:
    if getattr(_library(), name)(*arguments):
        raise ValueError(_library().XGBGetLastError().decode(errors="replace"))


@cache
def _library() -> ctypes.CDLL:
    spec = find_spec("xgboost")
    if spec is None:
        raise CostModelError("expected XGBoost, got none", hint="pip install xgboost")
    folders = spec.submodule_search_locations
    path = Path(next(iter(folders or ()), "")) / "lib" / _NAMES.get(sys.platform, "libxgboost.so")
    if not path.is_file():  # the package knows where else it may be
        from xgboost.libpath import find_lib_path

        path = Path(find_lib_path()[0])
    library = ctypes.CDLL(str(path))
    library.XGBGetLastError.restype = c_char_p
    return library


def _interface(array: np.ndarray) -> bytes:
    return _json(array.__array_interface__)


def _json(values: Mapping[str, Any]) -> bytes:
    return json.dumps(values).encode()
