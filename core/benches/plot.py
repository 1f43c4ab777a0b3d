#!/usr/bin/env python3
"""Draws a chart beside this script: nanoseconds for a line over its length.

    python3 core/benches/plot.py lines target/tmp/ratios-measurements.tsv
    python3 core/benches/plot.py surface target/tmp/surface-measurements.tsv

It needs the standard library only. The chart is legible on a light page and on a dark one: the SVG asks which it is.
"""

import csv
import math
import pathlib
import sys

# For each chart: its title, the suffix of the cases, the label of the axis, a note, and the series in the order of the
# legend. A series has the name of its runner, its own name, its colour on light and on dark, and its dashes.
CHARTS = {
    "lines": (
        "Lines that end in CRLF: ns per line, less is better",
        "-by-64KiB",
        "length of the line, its CRLF not counted",
        ("asynchat has inputs of 64 KiB, the", "others all of it in one piece. Reading", "is not counted."),
        [
            ("asynchronous-codec", "asynchronous-codec LinesCodec", "#a15c00", "#e0a458", ""),
            ("LinesCodec", "tokio-util LinesCodec", "#b3261e", "#ff8a80", ""),
            ("read_until", "std BufRead::read_until", "#7b3fa0", "#c9a0e8", ""),
            ("memmem::find_iter", "memchr memmem::find_iter", "#5f6b76", "#a8b3bd", "6 4"),
            ("next_frame", "asynchat next_frame", "#0b7a4b", "#5fd39b", ""),
            ("next_event", "asynchat next_event", "#0b57d0", "#8ab4f8", ""),
        ],
    ),
    "surface": (
        "Reading lines on tokio: ns per line, less is better",
        "",
        "average length of the line, its CRLF not counted",
        ("Lines of random length, read from", "memory by way of tokio's AsyncRead."),
        [
            ("Framed<LinesCodec>", "tokio-util Framed, LinesCodec", "#b3261e", "#ff8a80", ""),
            ("Stream", "asynchat Stream, owned frames", "#a15c00", "#e0a458", ""),
            ("read_until", "tokio BufReader::read_until", "#7b3fa0", "#c9a0e8", ""),
            ("next_event", "asynchat Connection::next_event", "#0b57d0", "#8ab4f8", ""),
            ("next_frame", "asynchat Connection::next_frame", "#0b7a4b", "#5fd39b", ""),
            ("drive", "asynchat drive, a Handler", "#00796b", "#4dd0c4", ""),
            ("Framer", "asynchat Framer, no reading", "#5f6b76", "#a8b3bd", "6 4"),
        ],
    ),
}
GROUP = "lines"
WIDTH, HEIGHT = 900, 470
LEFT, RIGHT, TOP, BOTTOM = 76, 272, 52, 64


def read(path, suffix, all_series):
    """The points of each series: length of the line, ns."""
    points = {runner: [] for runner, *_ in all_series}
    with open(path, newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            runner = row["runner"]
            if row["group"] == GROUP and runner in points and row["case"].endswith(suffix):
                points[runner].append((int(row["length"]), float(row["ns_per_unit"])))
    if not all(points.values()):
        sys.exit("not all that is to be drawn has been measured: run the benchmark without a filter")
    return points


def size(length):
    return f"{length // 1024} KiB" if length >= 1024 else f"{length} B"


def draw(path, title, suffix, axis, notes, all_series):
    points = read(path, suffix, all_series)
    every = [point for series in points.values() for point in series]
    lengths = sorted({length for length, _ in every})
    lowest = 10 ** math.floor(math.log10(min(ns for _, ns in every)))
    highest = max(ns for _, ns in every) * 1.15
    inner_width, inner_height = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

    def x(length):
        return LEFT + inner_width * math.log(length / lengths[0]) / math.log(lengths[-1] / lengths[0])

    def y(ns):
        return TOP + inner_height * (1 - math.log(ns / lowest) / math.log(highest / lowest))

    colours = "".join(f".s{number}{{stroke:{light};fill:{light}}}" for number, (*_, light, _, _) in enumerate(all_series))
    darker = "".join(f".s{number}{{stroke:{dark};fill:{dark}}}" for number, (*_, dark, _) in enumerate(all_series))
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img">',
        "<title>Nanoseconds per line over the length of the line</title>",
        "<style>text{font:13px system-ui,sans-serif;fill:#1f2328}.title{font-size:15px;font-weight:600}"
        ".grid{stroke:#1f2328;stroke-opacity:.14}.line{fill:none;stroke-width:2}.peer{stroke-width:1.75}.ours{stroke-width:3.25}"
        f"{colours}@media(prefers-color-scheme:dark){{text{{fill:#e6edf3}}.grid{{stroke:#e6edf3;stroke-opacity:.2}}{darker}}}</style>",
        f'<text class="title" x="{LEFT}" y="24">{title}</text>',
    ]
    for length in lengths:
        at = f"{x(length):.1f}"
        out.append(f'<path class="grid" d="M{at} {TOP}V{HEIGHT - BOTTOM}"/>')
        out.append(f'<text x="{at}" y="{HEIGHT - BOTTOM + 20}" text-anchor="middle">{size(length)}</text>')
    decade = lowest
    while decade <= highest:
        for step in (1, 2, 5):
            if decade * step <= highest:
                at = y(decade * step)
                out.append(f'<path class="grid" d="M{LEFT} {at:.1f}H{WIDTH - RIGHT}"/>')
                out.append(f'<text x="{LEFT - 8}" y="{at + 4:.1f}" text-anchor="end">{decade * step:,}</text>')
        decade *= 10
    middle = TOP + inner_height / 2
    out.append(f'<text x="{LEFT + inner_width / 2}" y="{HEIGHT - 14}" text-anchor="middle">{axis}</text>')
    out.append(f'<text transform="translate(18 {middle}) rotate(-90)" text-anchor="middle">ns per line</text>')
    for number, (runner, name, _, _, dashes) in enumerate(all_series):
        series = sorted(points[runner])
        path = "L".join(f"{x(length):.1f} {y(ns):.1f}" for length, ns in series)
        rank = "ours" if name.startswith("asynchat ") else "peer"
        dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
        # The style of a class is stronger than an attribute, so the fill is taken away by one.
        out.append(f'<path class="s{number} {rank}" style="fill:none" d="M{path}"{dashed}/>')
        out.extend(f'<circle class="s{number}" r="{3 if rank == "ours" else 2.2}" cx="{x(length):.1f}" cy="{y(ns):.1f}"/>' for length, ns in series)
        top = TOP + 14 + 24 * number
        start = WIDTH - RIGHT + 20
        out.append(f'<path class="s{number} {rank}" d="M{start} {top - 4}h24"{dashed}/>')
        out.append(f'<text x="{start + 32}" y="{top}"{" font-weight=" + chr(34) + "600" + chr(34) if rank == "ours" else ""}>{name}</text>')
    note = TOP + 14 + 24 * len(all_series) + 8
    for number, line in enumerate(notes):
        out.append(f'<text x="{WIDTH - RIGHT + 20}" y="{note + 18 * number}" opacity=".75">{line}</text>')
    out.append("</svg>\n")
    return "\n".join(out)


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in CHARTS:
        sys.exit(__doc__)
    _, chart, measurements = sys.argv
    target = pathlib.Path(__file__).with_name(f"{chart}.svg")
    target.write_text(draw(measurements, *CHARTS[chart]), encoding="utf-8")
    print(target)
