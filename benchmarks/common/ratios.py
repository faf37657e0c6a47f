"""Cases as a picture: the ratio to the best peer, and the share of the roofline."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from autosched.cli.plots.files import paper_style, save
from benchmarks.common.report import Row

AHEAD, BEHIND, LIMIT = "#08519c", "#d55e00", "#444444"
TICKS = (0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 1, 1.2, 1.5, 2, 3, 5, 10, 20, 50, 100)
"""Ratios that the axis names, where it reaches them."""

_WIDTH, _ROW, _AROUND = 7.0, 0.13, 0.8
"""Inches: of the picture, of a case, and around all cases."""


def draw_ratios(rows: Sequence[Row], threads: int, path: Path) -> None:
    """Write a picture with a line for each case that has a peer, in the order given."""
    from matplotlib.figure import Figure

    shown = [row for row in rows if row["ratio"]]
    names = [row["case"] for row in shown]
    places = range(len(shown))
    with paper_style():
        # Made without pyplot: no window, and no state that others share.
        figure = Figure(figsize=(_WIDTH, _AROUND + _ROW * len(shown)), layout="constrained")
        ratios, shares = figure.subplots(1, 2, sharey=True)
        values = [row["ratio"] for row in shown]
        colours = [AHEAD if value >= 1 else BEHIND for value in values]
        ratios.hlines(places, 1, values, colors=colours, linewidth=1.5)
        ratios.scatter(values, places, c=colours, s=9)
        ratios.axvline(1, color=LIMIT, linewidth=0.8)
        ratios.set_xscale("log")
        ticks = [tick for tick in TICKS if min(1, *values) <= tick <= max(1, *values)]
        ratios.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        ratios.set_xticks([], minor=True)
        ratios.set_xlabel("time of the best peer / ours")
        ratios.set_yticks(places, names, fontsize=5)
        ratios.set_ylim(len(shown) - 0.5, -0.5)
        shares.barh(places, [row["roofline"] or 0 for row in shown], color=AHEAD, height=0.6)
        shares.axvline(1, color=LIMIT, linewidth=0.8)
        shares.set_xlabel("share of the roofline")
        figure.suptitle(f"kernels, {threads} thread{'s' if threads > 1 else ''}", fontsize=8)
        save(figure, path)
