"""The JSON and the text of replies."""

import json
import math

import pytest

from autosched.cli.reply import json_text
from autosched.text import duration, pairs, printable, rate, table


def test_documents_are_strict_json() -> None:
    text = json_text({"a": math.inf, "b": [math.nan, 1.5], "c": "µ", 4: (1, None), "d": b"\x01"})
    assert json.loads(text) == {"a": None, "b": [None, 1.5], "c": "µ", "4": [1, None], "d": "01"}


STEERING = "\x1b[2J\x9b31m\r\x00\u202e\ud800"
ESCAPED = r"\x1b[2J\x9b31m\r\x00\u202e\ud800"


def test_what_steers_a_terminal_is_escaped() -> None:
    assert printable(f"µ\n\t{STEERING}") == f"µ\n\t{ESCAPED}"
    assert table(("a",), [(f"{STEERING}\n\t",)]) == f"a\n{ESCAPED}\\n\\t"
    text = json_text({"a": STEERING})
    assert text.isascii()
    assert text.isprintable()
    assert json.loads(text) == {"a": STEERING}


@pytest.mark.parametrize(
    ("time_ns", "text"),
    [(12.34, "12.34 ns"), (1500, "1.5 µs"), (2.5e6, "2.5 ms"), (3e9, "3 s"), (None, "-"),
     (math.inf, "-")],
)  # fmt: skip
def test_durations(time_ns: float | None, text: str) -> None:
    assert duration(time_ns) == text


def test_rates() -> None:
    assert rate(None) == "-"
    assert rate(12.34) == "12.3 GFLOP/s"
    assert rate(12.34, 0.5) == "12.3 GFLOP/s (50.0% of the peak)"


def test_tables_align_and_cut_nothing() -> None:
    long = "x" * 200
    text = table(("name", "count"), [("a", 1), (long, 20), (None, None)])
    lines = text.splitlines()
    assert lines[1].rstrip() == "a" + " " * 199 + "      1"
    assert lines[2].startswith(long)
    assert lines[3].startswith("-")
    assert table(("a", "b"), []) == "a  b"
    assert pairs({"one": 1, "three": 0.5}) == "one    1\nthree  0.5"
