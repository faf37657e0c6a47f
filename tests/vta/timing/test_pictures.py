"""The timeline as SVG and as a Chrome trace."""

import itertools
import json
from collections import defaultdict
from pathlib import Path
from xml.etree import ElementTree

import pytest

from autosched.vta import cycles
from autosched.vta.timing import CycleReport
from autosched.vta.timing.svg import KIND_COLOURS, WAIT_COLOURS, timeline_svg
from autosched.vta.timing.trace import chrome_trace
from tests.vta.timing.measured import measured

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(params=["tsim", "pynq"])
def report(request: pytest.FixtureRequest) -> CycleReport:
    return cycles(measured("programs")[1]["instructions"], request.param)


def bars(picture: str) -> dict[str, ElementTree.Element]:
    """The bars and strips by their tooltips."""
    root = ElementTree.fromstring(picture)
    return {rect[0].text or "": rect for rect in root.iter(f"{SVG}rect") if len(rect)}


def test_every_instruction_and_wait_is_drawn_to_scale(report: CycleReport) -> None:
    found = bars(timeline_svg(report.spans, report.total, "", width=1000))
    scale = (1000 - 70 - 20) / report.total
    for span in report.timeline:
        (bar,) = [
            b for tip, b in found.items() if tip.startswith(f"{span.instruction} {span.kind}:")
        ]
        assert bar.get("fill") == KIND_COLOURS[span.kind]
        assert float(bar.attrib["x"]) == pytest.approx(70 + span.start * scale, abs=0.01)
        wide = max(0.6, (span.end - span.start) * scale)
        assert float(bar.attrib["width"]) == pytest.approx(wide, abs=0.01)
        for wait in span.waits:
            tip = f"{wait.end - wait.start} cycles for {wait.reason}, instruction "
            assert found[tip + str(span.instruction)].get("fill") == WAIT_COLOURS[wait.cause]


def test_a_row_for_each_unit_and_an_axis_in_cycles(report: CycleReport) -> None:
    root = ElementTree.fromstring(timeline_svg(report.spans, report.total, "a title"))
    texts = [text.text for text in root.iter(f"{SVG}text")]
    assert {"fetch", "load", "compute", "store", "cycles", "0"} <= set(texts)
    assert texts[0] == "a title"
    ticks = [int(text) for text in texts if text and text.isdigit()]
    assert len(ticks) in range(5, 12)
    assert ticks == list(range(0, report.total + 1, ticks[1]))


def test_a_part_of_the_timeline(report: CycleReport) -> None:
    found = bars(timeline_svg(report.spans, report.total, "", width=1000, first=1000, last=2000))
    inside = [s for s in report.timeline if s.end >= 1000 and s.start <= 2000]
    assert len([tip for tip in found if ": cycles" in tip and "FETCH" not in tip]) == len(inside)
    for bar in found.values():
        assert float(bar.attrib["x"]) >= 69.9
        assert float(bar.attrib["x"]) + float(bar.attrib["width"]) <= 980.7


def test_the_trace_has_a_thread_for_each_unit_without_overlaps(report: CycleReport) -> None:
    trace = json.loads(chrome_trace(report.spans, report.total, report.preset.name))
    names = {
        e["tid"]: e["args"]["name"] for e in trace["traceEvents"] if e["name"] == "thread_name"
    }
    assert list(names.values()) == ["fetch", "load", "compute", "store"]
    threads = defaultdict(list)
    for event in trace["traceEvents"]:
        if event["ph"] == "X":
            threads[names[event["tid"]]].append((event["ts"], event["ts"] + event["dur"]))
    for spans in threads.values():
        spans.sort()
        assert all(a[1] <= b[0] for a, b in itertools.pairwise(spans))
    instructions = [e for e in trace["traceEvents"] if e.get("cat") == "instruction"]
    assert len(instructions) == len(report.timeline) + len(report.fetches)
    assert trace["otherData"] == {"unit": "1 us is 1 cycle", "total_cycles": report.total}


def test_files(report: CycleReport, tmp_path: Path) -> None:
    report.save_svg(tmp_path / "a.svg")
    report.save_trace(tmp_path / "a.json")
    title = f"{report.total} cycles, preset {report.preset.name}, GEMM "
    picture = (tmp_path / "a.svg").read_text()
    assert title in picture
    assert bars(picture).keys() == bars(timeline_svg(report.spans, report.total, title)).keys()
    trace = chrome_trace(report.spans, report.total, report.preset.name)
    assert (tmp_path / "a.json").read_text() == trace
