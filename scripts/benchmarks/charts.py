"""Draw a report's figures as a small SVG that is readable on light and dark pages. Needs matplotlib.

Every chart has horizontal bars in one hue, with ours highlighted, and each bar is labelled with its figure. So none
needs a legend or color to be read.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

OURS, THEIRS, INK, PAPER = "#0b6bcb", "#a9b4c0", "#1f2933", "#ffffff"


def draw(name: str, figures: Mapping[str, Any], folder: Path) -> Path | None:
    """Write NAME.svg if the report has a chart, and return its path."""
    if name not in _CHARTS:
        return None
    panels = _CHARTS[name](figures)
    matplotlib = importlib.import_module("matplotlib")
    matplotlib.use("svg")
    matplotlib.rcParams.update({"svg.hashsalt": "zoho-cliq", "svg.fonttype": "none", "font.size": 9})
    plot: Any = importlib.import_module("matplotlib.pyplot")
    heights = [len(bars) + 1.4 for _, _, bars in panels]
    figure, axes = plot.subplots(
        len(panels), 1, figsize=(7.2, 0.27 * sum(heights)), height_ratios=heights, layout="constrained", squeeze=False
    )
    figure.patch.set_facecolor(PAPER)
    for axis, (title, form, bars) in zip(axes[:, 0], panels, strict=True):
        names, values = list(bars), list(bars.values())
        colours = [OURS if label.startswith(("zoho_cliq", "zoho-cliq")) else THEIRS for label in names]
        drawn = axis.barh(range(len(names)), values, color=colours, height=0.72)
        axis.bar_label(drawn, [form.format(value) for value in values], padding=4, color=INK)
        axis.set_yticks(range(len(names)), names, color=INK)
        axis.set_ylim(-0.6, len(names) - 0.4)
        axis.invert_yaxis()
        axis.set_xlim(0, max(values) * 1.16 or 1)
        axis.set_xticks([])
        axis.tick_params(length=0)
        for side in ("top", "right", "bottom", "left"):
            axis.spines[side].set_visible(False)
        axis.set_title(title, loc="left", color=INK, fontsize=9, fontweight="bold")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.svg"
    figure.savefig(path, metadata={"Date": None, "Creator": None})
    plot.close(figure)
    return path


Panel = tuple[str, str, dict[str, float]]


def _client(figures: Mapping[str, Any]) -> list[Panel]:
    panels: list[Panel] = []
    for job in ("get one", "list of 100", "async, get one", "async, list of 100"):
        bars = {
            name: found["cpu_us"]
            for name, found in figures[job].items()
            if isinstance(found, dict) and "cpu_us" in found
        }
        panels.append((f"{job}: CPU time of a call", "{:.0f} µs", bars))
    panels.append(("10,000 actions in memory", "{:.1f} MB", dict(figures["memory_mb"])))
    return panels


def _imports(figures: Mapping[str, Any]) -> list[Panel]:
    bars = {name: max(found["over_bare_ms"], 0.0) for name, found in figures.items() if name != "bare Python"}
    return [("import: CPU time over bare Python", "{:.0f} ms", bars)]


def _jobs(figures: Mapping[str, Any]) -> list[Panel]:
    panels: list[Panel] = []
    for title, found in figures.items():
        least = next(iter(found.values()))["least_minutes"]
        bars = {name: max(result["minutes"], 0.0) for name, result in found.items()}
        panels.append((f"{title}: minutes", "{:.1f}", {**bars, "least possible": least}))
    return panels


def _mock(figures: Mapping[str, Any]) -> list[Panel]:
    panels: list[Panel] = [
        (f"{kind}: server CPU a request", "{:.0f} µs", {name: found["cpu_us"] for name, found in servers.items()})
        for kind, servers in figures["by_kind"].items()
    ]
    grown = {
        f"zoho-cliq-mock, {name} actions": found["cpu_us"] for name, found in figures["growth"]["GET list"].items()
    }
    return [*panels, ("GET list by number of actions: server CPU a request", "{:.0f} µs", grown)]


def _thresholds(figures: Mapping[str, Any]) -> list[Panel]:
    lockouts: dict[str, float] = {}
    ratios: dict[str, list[float]] = {}
    for cell in figures["cells"]:
        name = cell["strategy"]
        lockouts[name] = lockouts.get(name, 0) + cell["lockouts"]
        ratios.setdefault(name, []).append(cell["ratio"])
    count = len(next(iter(ratios.values())))
    worst = {name: max(values) for name, values in ratios.items()}
    return [
        (f"lock-outs in {count} settings", "{:.0f}", lockouts),
        ("time ÷ ideal, in the worst setting", "{:.2f}×", worst),
    ]


def _conformance(figures: Mapping[str, Any]) -> list[Panel]:
    conforming = figures["conforming"]
    return [
        (f"faulty servers found out, of {figures['faults']}", "{:.0f}", dict(figures["found"])),
        *(
            (title, form, {tool: found[what] for tool, found in conforming.items()})
            for title, what, form in (
                ("complaints about a server without a fault", "complaints", "{:.0f}"),
                ("calls of a run", "calls", "{:,.0f}"),
                ("CPU time of a run", "cpu", "{:.1f} s"),
            )
        ),
    ]


def _regenerate(figures: Mapping[str, Any]) -> list[Panel]:
    bars = {name: found["cpu_s"] for name, found in figures.items()}
    whole = {"zoho-cliq, all stages": bars.pop("all stages")}
    peers = {name.removeprefix("peer: "): bars.pop(name) for name in list(bars) if name.startswith("peer: ")}
    stages = {f"zoho-cliq, {name}": seconds for name, seconds in bars.items()}
    return [
        ("CPU time by stage", "{:.2f} s", stages),
        ("in all, beside bare generators", "{:.2f} s", {**whole, **peers}),
    ]


_CHARTS: dict[str, Callable[[Mapping[str, Any]], list[Panel]]] = {
    "apply": _jobs,
    "client": _client,
    "conformance": _conformance,
    "imports": _imports,
    "jobs": _jobs,
    "mock": _mock,
    "thresholds": _thresholds,
    "regenerate": _regenerate,
}
