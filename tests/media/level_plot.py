"""A picture of how loud something was, as SVG: what a person looks at to see a click or a jump."""

from pathlib import Path

import numpy as np

from threecx_pbx.media.levels import samples_of

_STEP = 40  # samples: 5 ms
_WIDTH, _HEIGHT = 1000, 300
_FLOOR_DB = -60.0


def write_level_plot(path: Path, pcm: bytes, title: str, marks: dict[str, float]) -> None:
    """Level in dBFS over time, with vertical lines at `marks` (seconds) and a tick each 0.1 s."""
    samples = samples_of(pcm)
    blocks = samples[: len(samples) // _STEP * _STEP].reshape(-1, _STEP)
    power = np.sqrt((blocks**2).mean(axis=1))
    levels = np.clip(20 * np.log10(np.maximum(power, 1e-6)), _FLOOR_DB, 0)
    seconds = len(samples) / 8000
    points = " ".join(
        f"{_x(at * _STEP / 8000, seconds):.1f},{level / _FLOOR_DB * _HEIGHT:.1f}"
        for at, level in enumerate(levels)
    )
    lines = "".join(
        f'<line x1="{_x(at, seconds):.1f}" y1="0" x2="{_x(at, seconds):.1f}" y2="{_HEIGHT}" stroke="crimson"/>'
        f'<text x="{_x(at, seconds) + 4:.1f}" y="{16 * row}" font-size="13">{name}, {at:.2f} s</text>'
        for row, (name, at) in enumerate(marks.items(), start=1)
    )
    tenths = "".join(
        f'<line x1="{x:.1f}" y1="{_HEIGHT - 6}" x2="{x:.1f}" y2="{_HEIGHT}" stroke="gray"/>'
        for x in (_x(tenth / 10, seconds) for tenth in range(int(seconds * 10) + 1))
    )
    scale = "".join(
        f'<text x="2" y="{db / _FLOOR_DB * _HEIGHT - 2:.0f}" font-size="11" fill="gray">{db} dBFS</text>'
        for db in (-10, -20, -40)
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif">'
        f'<title>{title}</title><rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>'
        f'<polyline fill="none" stroke="steelblue" points="{points}"/>{lines}{scale}{tenths}</svg>'
    )


def _x(at: float, seconds: float) -> float:
    return at / seconds * _WIDTH
