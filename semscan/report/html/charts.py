"""The pictures of the page that are drawn from numbers: SVG in the page's own colours."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence

from semscan.report.html.parts import esc, many, plain
from semscan.report.html.summary import Tally
from semscan.report.pictures.scale_bar import length_text

# units of the drawings; shown at about this many pixels, so that 11 is a type size
WIDE = 360
HIGH = 210
LEFT = 38
RIGHT = 8
TOP = 22
BOTTOM = 36
STEPS = 20  # bars of the scores
PER_DECADE = 6  # bars of the sizes
MOST_DOTS = 2000
CELLS = 16  # of the map across the field, where dots would be too many


def score_histogram(counts: Tally) -> str:
    """How many images have which score, and the threshold."""
    scored = [(record.score, record.defect) for record in counts.fine]
    scores = [(score, hot) for score, hot in scored if score is not None]
    if not scores:
        return ""
    cold, hot = [0] * STEPS, [0] * STEPS
    for score, is_hot in scores:
        (hot if is_hot else cold)[min(STEPS - 1, max(0, int(score * STEPS)))] += 1
    thresholds = sorted({record.threshold for record in counts.fine})[:3]
    plot = _Plot(max(c + h for c, h in zip(cold, hot, strict=True)), [k / STEPS for k in range(STEPS + 1)])
    marks = "".join(_threshold(plot.x(value), f"threshold {value:.3g}") for value in thresholds)
    ticks = [(value, f"{value:g}") for value in (0, 0.25, 0.5, 0.75, 1)]
    body = plot.axes(ticks, "score", "images") + plot.bars(cold, "cold") + plot.bars(hot, "hot", cold) + marks
    middle = sorted(score for score, _ in scores)[len(scores) // 2]
    told = f"{many(len(scores), 'image')}, {sum(hot)} with defects; median score {middle:.2f}"
    return _figure("Scores of the images", body, told)


def size_histogram(counts: Tally) -> str:
    """How many defects have which size."""
    if not counts.defects:
        return ""
    nm = counts.all_calibrated
    sizes = [(defect.diameter_nm if nm else defect.diameter) or 0.0 for defect in counts.defects]
    logs = [math.log10(max(size, 0.1)) * PER_DECADE for size in sizes]
    first = math.floor(min(logs))
    steps = max(4, math.floor(max(logs)) - first + 1)
    heights = [0] * steps
    for value in logs:
        heights[min(steps - 1, math.floor(value) - first)] += 1
    plot = _Plot(max(heights), [(first + k) / PER_DECADE for k in range(steps + 1)])
    edges = 10 ** (first / PER_DECADE), 10 ** ((first + steps) / PER_DECADE)
    round_ones = [step * 10.0**power for power in range(-1, 8) for step in (1, 2, 5)]
    ticks = [(math.log10(v), length_text(v) if nm else f"{v:g}") for v in round_ones if edges[0] <= v <= edges[1]]
    unit = "equivalent diameter" + ("" if nm else ", px")
    body = plot.axes(ticks, unit, "defects") + plot.bars(heights, "hot")
    middle = sorted(sizes)[len(sizes) // 2]
    told = f"{many(len(sizes), 'defect')}; median {plain(middle)} {'nm' if nm else 'px'}"
    return _figure("Sizes of the defects", body, told + " (of the circle of the same area)")


def field_map(counts: Tally) -> str:
    """Where in the field the defects fall, all images on top of each other."""
    if not counts.defects:
        return ""
    (width, height), _ = Counter((record.width or 1.0, record.height or 1.0) for record in counts.fine).most_common(1)[
        0
    ]
    scale = min((WIDE - 8) / width, 300 / height)
    wide, high = width * scale, height * scale
    left = (WIDE - wide) / 2
    thirds = "".join(
        f'<path class="grid" d="M{left + wide * k / 3:.1f} 4V{4 + high:.1f}'
        f'M{left:.1f} {4 + high * k / 3:.1f}h{wide:.1f}"/>'
        for k in (1, 2)
    )
    marks = _dots if len(counts.defects) <= MOST_DOTS else _cells
    body = f'<rect class="field" x="{left:.1f}" y="4" width="{wide:.1f}" height="{high:.1f}"/>{thirds}' + marks(
        counts, left, wide, high
    )
    sizes = {(record.width, record.height) for record in counts.fine}
    field = f"{width:g} × {height:g} px" if len(sizes) == 1 else "fields of several sizes, stretched to one"
    scales = {record.nm_per_pixel for record in counts.fine}
    if len(sizes) == len(scales) == 1 and (nm := scales.pop()):
        field += f", {length_text(_rounded(width * nm))} × {length_text(_rounded(height * nm))}"
    field = field.replace(" nm", "\u00a0nm").replace(" µm", "\u00a0µm").replace(" × ", "\u00a0×\u00a0")
    told = f"{many(len(counts.defects), 'defect')} of all images in one field ({field})"
    return _figure("Where in the field", body, told, high=high + 8)


def class_table(counts: Tally) -> str:
    """How many defects are of which class."""
    names = Counter(defect.class_name for defect in counts.defects)
    if not any(names):
        return ""
    most = max(names.values())
    images = {name: len({d.place for d in counts.defects if d.class_name == name}) for name in names}
    rows = "".join(
        f'<tr><th scope="row">{esc(name or "not classified")}</th><td class="n">{count}</td>'
        f'<td class="n">{images[name]}</td>'
        f'<td class="bar" aria-hidden="true"><span style="width:{100 * count / most:.0f}%"></span></td></tr>'
        for name, count in names.most_common()
    )
    return (
        '<figure class="chart"><table class="small"><caption>Classes of the defects</caption><thead><tr>'
        '<th scope="col">class</th><th scope="col" class="n">defects</th><th scope="col" class="n">images</th>'
        f"<td></td></tr></thead><tbody>{rows}</tbody></table></figure>"
    )


class _Plot:
    """Bars between `edges`, up to `most` high, and their axes."""

    def __init__(self, most: int, edges: Sequence[float]) -> None:
        self._edges, self._grid = edges, _counts(most)
        self._top = max(most, self._grid[-1])

    def x(self, value: float) -> float:
        share = (value - self._edges[0]) / (self._edges[-1] - self._edges[0])
        return LEFT + share * (WIDE - LEFT - RIGHT)

    def y(self, count: float) -> float:
        return HIGH - BOTTOM - count / self._top * (HIGH - TOP - BOTTOM)

    def bars(self, counts: Sequence[int], kind: str, below: Sequence[int] | None = None) -> str:
        drawn = []
        for k, count in enumerate(counts):
            under = below[k] if below else 0
            left, right, top = self.x(self._edges[k]), self.x(self._edges[k + 1]), self.y(count + under)
            tall = max(self.y(under) - top, 1.5)  # one of many is still seen
            if count:
                drawn.append(
                    f'<rect class="{kind}" x="{left + 0.75:.1f}" y="{self.y(under) - tall:.1f}" '
                    f'width="{right - left - 1.5:.1f}" height="{tall:.1f}"/>'
                )
        return "".join(drawn)

    def axes(self, ticks: Iterable[tuple[float, str]], below: str, beside: str) -> str:
        lines = "".join(
            f'<path class="grid" d="M{LEFT} {self.y(n):.1f}H{WIDE - RIGHT}"/>'
            f'<text class="end" x="{LEFT - 5}" y="{self.y(n) + 3.5:.1f}">{n:,}</text>'
            for n in self._grid
        )
        base, last = self.y(0), -math.inf
        drawn = [f'<path class="axis" d="M{LEFT} {base:.1f}H{WIDE - RIGHT}"/>']
        for value, words in ticks:
            x, half = self.x(value), 3.1 * len(words)
            drawn.append(f'<path class="axis" d="M{x:.1f} {base:.1f}v4"/>')
            if x - half > last:  # labels that would run into each other are left out
                drawn.append(f'<text class="mid" x="{min(x, WIDE - half):.1f}" y="{base + 16:.1f}">{esc(words)}</text>')
                last = x + half + 3
        drawn.append(f'<text class="mid" x="{(LEFT + WIDE - RIGHT) / 2}" y="{HIGH - 4}">{esc(below)}</text>')
        drawn.append(f'<text x="2" y="9">{esc(beside)}</text>')
        return lines + "".join(drawn)


def _threshold(x: float, words: str) -> str:
    side, at = ("end", x - 4) if x > WIDE * 0.6 else ("start", x + 4)
    return (
        f'<path class="threshold" d="M{x:.1f} {TOP - 6}V{HIGH - BOTTOM}"/>'
        f'<text class="{side} said" x="{at:.1f}" y="{TOP - 5}">{esc(words)}</text>'
    )


def _dots(counts: Tally, left: float, wide: float, high: float) -> str:
    return "".join(
        f'<circle class="dot" cx="{left + d.x * wide:.1f}" cy="{4 + d.y * high:.1f}" '
        f'r="{min(12.0, max(2.0, d.diameter / 2 * wide / (d.record.width or 1.0))):.1f}"/>'
        for d in counts.defects
    )


def _cells(counts: Tally, left: float, wide: float, high: float) -> str:
    down = max(1, round(CELLS * high / wide))
    full = Counter((min(CELLS - 1, int(d.x * CELLS)), min(down - 1, int(d.y * down))) for d in counts.defects)
    most = max(full.values())
    return "".join(
        f'<rect class="cell" x="{left + wide * col / CELLS:.1f}" y="{4 + high * row / down:.1f}" '
        f'width="{wide / CELLS:.2f}" height="{high / down:.2f}" style="opacity:{count / most:.2f}"/>'
        for (col, row), count in full.items()
    )


def _counts(most: int) -> list[int]:
    """A few round counts up to the largest."""
    step = next(s * 10**p for p in range(12) for s in (1, 2, 5) if s * 10**p * 5 >= most)
    return list(range(0, most + 1, step)) if most >= step else [0, step]


def _rounded(nm: float) -> float:
    return float(f"{nm:.3g}")


def _figure(title: str, body: str, told: str, high: float = HIGH) -> str:
    drawing = f'<svg viewBox="0 0 {WIDE} {high:.0f}" role="img" aria-label="{esc(f"{title}: {told}")}">{body}</svg>'
    return f'<figure class="chart"><h3>{esc(title)}</h3>{drawing}<figcaption>{esc(told)}.</figcaption></figure>'
