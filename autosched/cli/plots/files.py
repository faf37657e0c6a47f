"""Writes pictures to files, and checks that they can be drawn."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from autosched.files import beside, check_not_read

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SUFFIXES = (".svg", ".png")
_STYLE: Any = {
    "font.size": 8,
    "axes.labelsize": 8,
    "axes.titlesize": 8,
    "legend.fontsize": 7,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "legend.frameon": False,
    "svg.hashsalt": "autosched",
}
_DOTS_PER_INCH = 300


def check_picture(path: Path, database: Path) -> None:
    """Raise UsageError if no picture can be written to a file; call it before other work."""
    check_not_read(path, [database])
    if path.suffix not in SUFFIXES:
        raise click.UsageError(
            f"expected a file that ends in {' or '.join(SUFFIXES)} for a picture, got {path}"
        )
    if not path.absolute().parent.is_dir():
        raise click.UsageError(f"expected a folder for the picture, got none at {path.parent}")
    if importlib.util.find_spec("matplotlib") is None:
        raise click.UsageError(
            "expected the package matplotlib, which draws pictures, got none; "
            "pip install 'autosched[plot]' installs it"
        )


@contextmanager
def paper_style() -> Iterator[None]:
    """Draw with letters and lines for a picture as wide as a page."""
    import matplotlib

    with matplotlib.rc_context(_STYLE):
        yield


def save(figure: Figure, path: Path) -> None:
    """Write the picture in the format of the suffix; equal figures give equal files."""
    dates = {"Date": None} if path.suffix == ".svg" else {}
    try:
        with beside(path) as place:
            kind = path.suffix.removeprefix(".")
            figure.savefig(place, format=kind, dpi=_DOTS_PER_INCH, metadata=dates)
    except OSError as error:
        raise click.UsageError(f"expected a file to write the picture to, got {error}") from error
