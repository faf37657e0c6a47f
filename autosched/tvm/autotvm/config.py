"""Configurations: the values of a template's knobs, as AutoTVM names and writes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from autosched.errors import WorkloadError
from autosched.ops.templates.candidates import divisors
from autosched.ops.templates.knobs import Knobs, KnobSpace, Loop, extent_of
from autosched.ops.templates.values import (
    AnnotationValue,
    ChoiceValue,
    OrderValue,
    SplitValue,
    UnrollValue,
    Value,
)
from autosched.te.tensor import Tensor

_KINDS: dict[str, type[Any]] = {
    "sp": SplitValue,
    "re": OrderValue,
    "an": AnnotationValue,
    "ot": ChoiceValue,
    "un": UnrollValue,
}
"""The kinds of values by their names in logs."""

_NAMES = {kind: name for name, kind in _KINDS.items()}

_CURRENT: list[Config] = []


class Config(Knobs):
    """The knobs that a template gets from `get_config`, with AutoTVM's other names."""

    is_fallback = False
    template_key = code_hash = None

    @classmethod
    def of(cls, knobs: Knobs) -> Config:
        """Return the same knobs under AutoTVM's names."""
        return cls(knobs.space, knobs.places, knobs.defines)

    @staticmethod
    def axis(var: Any) -> Any:
        """Return a loop for the definitions: of a number, an axis, or a part of a split."""
        return Loop(var) if isinstance(var, int) else var

    reduce_axis = axis

    def add_flop(self, flop: Any) -> None:
        """Do nothing: the operations of a task are counted."""

    def raise_error(self, msg: str) -> None:
        """Refuse this configuration, with a reason."""
        raise WorkloadError(f"expected a legal configuration, got one that says: {msg}")

    def valid(self) -> bool:
        """Whether the configuration may be used; one that is not was refused before."""
        return True


class ConfigEntity(Config):
    """One configuration: a value for every knob, with its number in the space, if it has one."""

    def __init__(self, values: Mapping[str, Value], index: int | None = None):
        super().__init__(KnobSpace(), {})
        self.values = dict(values)
        self.index = index

    def __getitem__(self, name: str) -> Any:
        if name not in self.values:
            known = ", ".join(self.values) or "none"
            raise WorkloadError(f"expected a knob of the configuration ({known}), got {name!r}")
        return self.values[name]

    def _is_new(self, name: str) -> bool:
        return False

    def get_flatten_feature(self) -> list[Any]:
        """Return all numbers of the configuration."""
        return [number for value in self.values.values() for number in _flat(value.plain)]

    def to_json_dict(self) -> dict[str, Any]:
        """Return the configuration as AutoTVM's logs have it."""
        entity = [[name, _NAMES[type(v)], _logged(v)] for name, v in self.values.items()]
        return {"index": self.index, "code_hash": None, "entity": entity}

    @staticmethod
    def from_json_dict(document: Mapping[str, Any]) -> ConfigEntity:
        """Read what a log has. Raises WorkloadError if it is malformed."""
        try:
            values = {name: _read(kind, value) for name, kind, value in document["entity"]}
        except (LookupError, TypeError, ValueError) as error:
            raise WorkloadError(f"expected a configuration of AutoTVM, got {error}") from None
        return ConfigEntity(values, document.get("index"))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ConfigEntity) and self.values == other.values

    def __hash__(self) -> int:
        return hash(str(self))

    def __repr__(self) -> str:
        pairs = [(name, _logged(value)) for name, value in self.values.items()]
        return f"{pairs},None,{self.index}"


class FallbackConfigEntity(Config):
    """The first value of every knob, used where nothing was tuned."""

    is_fallback = True

    def __init__(self) -> None:
        super().__init__(KnobSpace(), {}, defines=True)
        self._values: dict[str, Value] = {}
        self._extents: dict[str, int] = {}

    def define_split(self, name: str, axis: Any, *args: Any, **kwargs: Any) -> list[Loop]:
        self._extents[name] = extent_of(axis, name)
        return super().define_split(name, axis, *args, **kwargs)

    def __getitem__(self, name: str) -> Any:
        known = self.space.knobs.get(name)
        return self._values[name] if name in self._values or not known else known.candidates[0]

    def __setitem__(self, name: str, value: Value) -> None:
        self._values[name] = value

    def fallback_split(self, name: str, constraints: Sequence[int]) -> None:
        """Split by the greatest divisors that are at most `constraints`; -1 takes what is left."""
        left = extent_of(self._extents[name], name)
        found: list[int] = []
        for most in reversed(constraints):
            fitting = [n for n in divisors(left) if n <= most or most == -1]
            if not fitting:
                raise WorkloadError(
                    f"expected extents of at least 1 or -1 for {name}, got {list(constraints)}"
                )
            found.insert(0, fitting[-1])
            left //= fitting[-1]
        self._values[name] = SplitValue(tuple(found))

    def __repr__(self) -> str:
        return f"{[(name, _logged(self[name])) for name in self.space.knobs]},None,None"


Workload = tuple[Any, ...]
"""The name of a template and its arguments, in a form that compares and hashes."""


def args_to_workload(args: Sequence[Any], task_name: str | None = None) -> Workload:
    """Return the name and arguments of a task as a key."""
    key = tuple(_hashable(arg) for arg in args)
    return key if task_name is None else (task_name, *key)


def get_config() -> Config:
    """Return the configuration with which the template that runs now schedules."""
    if not _CURRENT:
        raise WorkloadError(
            "expected a configuration inside of a template that runs, got none",
            hint="decorate the function with @autotvm.template(name)",
        )
    return _CURRENT[-1]


@contextmanager
def configured(config: Config) -> Iterator[Config]:
    """Let `get_config` return this configuration."""
    _CURRENT.append(config)
    try:
        yield config
    finally:
        _CURRENT.pop()


def _hashable(arg: Any) -> Any:
    if isinstance(arg, Tensor):
        shape = tuple(getattr(extent, "value", 0) for extent in arg.shape)
        return ("TENSOR", shape, str(arg.dtype))
    return tuple(map(_hashable, arg)) if isinstance(arg, (list, tuple)) else arg


def _logged(value: Value) -> Any:
    return [-1, *value.size[1:]] if isinstance(value, SplitValue) else value.plain


def _read(kind: str, value: Any) -> Value:
    made = _KINDS[kind]
    if kind == "sp":
        return SplitValue(tuple(int(size) for size in value))
    return made(tuple(value)) if kind in ("re", "an") else made(value)


def _flat(value: Any) -> list[Any]:
    if isinstance(value, list):
        return [number for item in value for number in _flat(item)]
    return [value] if isinstance(value, (int, float)) else []
