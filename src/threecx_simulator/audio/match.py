"""Whether a sound was heard: by its shape, not by its name. Tells a wrong, a cut and a damaged prompt apart."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from threecx_simulator.audio.pcm import SAMPLES, samples, spans, whole

Numbers = NDArray[np.float64]
_WINDOW = SAMPLES // 10  # 100 ms: compared piece by piece, each with its own gain and place
_GRAIN = SAMPLES // 200  # 5 ms: what a click spoils
_STRAY = SAMPLES // 50  # 20 ms: how far a piece may lie from the one before it
_LOST = SAMPLES // 2  # 500 ms: and how far, when that one was not found: a hole moves all that follows
_ALIKE = 0.7  # share of its energy that the expected piece must explain to count as heard
_DAMAGED = 0.35  # from here on it is the piece, but damaged; below it is something else
_REACH = 4  # samples to either side that a resampler may smear
_QUIET = 10 ** (-45 / 20)  # pieces below -45 dBFS prove nothing
WHOLE = 0.95  # share that counts as all of it: quiet ends of words drown in what is left of the line's noise
_WORD = 0.2  # seconds: a short word; so much may not be missing in one piece
_TRACE = 0.1  # share below which it is another sound
_SAME = 0.5  # share from which on it is that sound, at that speed
_SPEEDS = tuple(step / 200 for step in range(180, 221))  # 90 % to 110 %: a clock that runs wrong
_PATIENCE = 60 * SAMPLES  # longer than this the speed is not looked for: it is tried out
_JUMP = SAMPLES // 500  # 2 ms: a piece that lies so much further on came after a break
_CRACK = 4 * _GRAIN  # 20 ms: what lasts longer in a pause is another sound, or the next word that came early
_SPIKE = 0.1  # a single sample that sticks out so far is a click


@dataclass(frozen=True, slots=True)
class Match:
    """How much of the expected sound was heard. Seconds."""

    start: float
    """Where in what was heard it begins."""
    share: float
    """How much of it was heard, 0 to 1; loud parts count for more, since soft ones drown first."""
    clicks: int
    """Places that differ: clicks, drop-outs; in loud parts each 5 ms counts."""
    breaks: int
    """Places at which it stopped and went on later."""
    missing: float = 0.0
    """The longest audible stretch that was not heard, at its beginning, in its middle or at its end."""
    speed: float = 1.0
    """How much too fast it was played, when that is why it was not heard; 1.03 = by 3 %."""
    level: float = 1.0
    """The loudest 20 ms of all that was heard, 0 to 1: 0 = nothing but silence."""

    def clean(self, share: float = WHOLE) -> bool:
        """Enough of it was heard, and undamaged. Unless less than `WHOLE` is asked for no word of it may be missing."""
        complete = share < WHOLE or self.missing < _WORD
        return self.share >= share and complete and not self.clicks and not self.breaks

    def verdict(self, share: float = WHOLE) -> str:
        """What was heard and, when it is not `clean`, what is wrong with that; a sentence for people."""
        if not self.level:
            return "heard only silence"
        if self.speed != 1:
            return f"heard it at {self.speed:.1%} of its speed"
        if self.share < _TRACE:
            return f"heard something else ({self.share:.0%} of it)"
        wrong = [f"wanted {share:.0%}"] if self.share < share else []
        if self.missing >= _WORD:
            wrong.append(f"{self.missing:.1f} s of it are missing in one piece")
        return f"heard {'; '.join([str(self), *wrong])}"

    def __str__(self) -> str:
        start = max(self.start, 0.0)
        percent = int(self.share * 100)  # 95 % are not told of what has failed to be
        return f"{percent}% of it from {start:.2f} s on, {self.clicks} clicks, {self.breaks} breaks"


def comparable(expected: bytes) -> bool:
    """Whether anything of it is loud and long enough to be told when it is heard."""
    return match(expected, expected).share > 0


def match(heard: bytes, expected: bytes) -> Match:
    """The best match of `expected` in `heard` (both PCM as everywhere here)."""
    told, wanted = samples(heard), samples(expected)
    if not len(told) or not len(wanted):
        return Match(0.0, 0.0, 0, 0, level=0.0)
    found = _compare(told, wanted, _place(told, wanted))
    speed = _speed(told, wanted) if found.share < _SAME else 1.0
    level = max((span.level for span in spans(heard) if span.sound), default=0.0)
    return replace(found, speed=speed, level=level)


def earliest(heard: bytes, expected: bytes, share: float = WHOLE) -> Match:
    """The first clean match, since the best one may be a repetition; the best where none is clean."""
    found = match(heard, expected)
    while found.clean(share) and found.start > 0:
        before = match(heard[: whole(found.start)], expected)
        if not before.clean(share):
            break
        found = before
    return found


def _speed(told: Numbers, wanted: Numbers) -> float:
    """How fast the beginning of `wanted` runs in what was heard; 1 when it is not in it at any speed."""
    if len(told) > _PATIENCE:
        return 1.0
    start = wanted[: 2 * SAMPLES]
    shares = {one: _share(told, _faster(start, one)) for one in _SPEEDS}
    likest = max(shares, key=lambda one: shares[one])
    return likest if shares[likest] > _SAME else 1.0


def _share(told: Numbers, wanted: Numbers) -> float:
    """Share of the pieces that are there, whatever became of their loudness."""
    lag = _place(told, wanted)
    alike = []
    for at in range(0, len(wanted) - _WINDOW + 1, _WINDOW):
        piece = wanted[at : at + _WINDOW]
        if np.sqrt((piece**2).mean()) >= _QUIET:
            heard = _part(told, _nearby(told, piece, at + lag), _WINDOW)
            alike.append(piece @ heard > 0.8 * np.sqrt((piece @ piece) * (heard @ heard)))
    return float(np.mean(alike)) if alike else 0.0


def _faster(wanted: Numbers, speed: float) -> Numbers:
    places = np.arange(0, len(wanted) - 1, speed)
    return np.asarray(np.interp(places, np.arange(len(wanted)), wanted))


def _place(told: Numbers, wanted: Numbers) -> int:
    """Where the whole fits best: the peak of the normalised cross-correlation. Negative = its beginning is missing."""
    size = 1 << (len(told) + len(wanted)).bit_length()
    product = np.fft.irfft(np.fft.rfft(told, size) * np.conj(np.fft.rfft(wanted, size)), size)
    lags = np.concatenate([product[: len(told)], product[size - len(wanted) + 1 :]])
    energy = np.concatenate([[0.0], np.cumsum(told**2)])
    places = np.concatenate([np.arange(len(told)), np.arange(-len(wanted) + 1, 0)])
    ends = np.clip(places + len(wanted), 0, len(told))
    under = np.sqrt(np.maximum(energy[ends] - energy[np.clip(places, 0, len(told))], 1e-3))
    return int(places[int(np.argmax(lags / under))])


def _compare(told: Numbers, wanted: Numbers, start: int) -> Match:
    audible = found = 0.0
    clicks = cracks = breaks = lost = longest = 0
    lag = start
    for at in range(0, len(wanted), _WINDOW):
        piece = wanted[at : at + _WINDOW]
        weight = float(np.sqrt((piece**2).mean()))
        if len(piece) < _WINDOW // 2 or weight < _QUIET:
            cracks += _cracks(told, wanted, at, lag) if found else 0
            continue
        audible += weight
        here = _nearby(told, piece, at + lag, _LOST if lost else _STRAY)
        heard = _part(told, here, len(piece))
        rest = heard - _likest(_part(wanted, at - _REACH, len(piece) + 2 * _REACH), heard)
        energy = float((heard**2).mean())
        alike = 1 - float((rest**2).mean()) / energy if energy > _QUIET**2 / 100 else 0.0
        if alike > _DAMAGED:
            clicks += _spoilt(rest, heard)
        elif found:  # a click may drown a soft piece
            cracks += _cracks(told, wanted, at, lag)
        lost = lost + 1 if alike < _ALIKE else 0
        longest = max(longest, lost)
        if lost:
            continue
        breaks += found > 0 and abs(here - at - lag) > _JUMP
        found += weight
        clicks, cracks = clicks + cracks, 0
        lag = here - at
    missing = longest * _WINDOW / SAMPLES
    return Match(start / SAMPLES, found / audible if audible else 0.0, clicks, breaks, missing)


def _likest(piece: Numbers, heard: Numbers) -> Numbers:
    """The piece as it may have been heard: louder or softer, a fraction of a sample later, coloured a little by
    somebody's resampling. A least-squares filter of a few taps; `piece` reaches over both ends by `_REACH`."""
    taps = np.lib.stride_tricks.sliding_window_view(piece, len(heard))
    weights, *_ = np.linalg.lstsq(taps @ taps.T + np.eye(len(taps)) * 1e-6, taps @ heard, rcond=None)
    return np.asarray(weights @ taps)


def _nearby(told: Numbers, piece: Numbers, expected: int, stray: int = _STRAY) -> int:
    """Where near its place the piece is found. The nearest of equals wins."""
    around = _part(told, expected - stray, len(piece) + 2 * stray)
    energy = np.concatenate([[0.0], np.cumsum(around**2)])
    under = np.sqrt(np.maximum(energy[len(piece) :] - energy[: -len(piece)], 0) * (piece @ piece)) + 1e-9
    likeness = np.correlate(around, piece, "valid") / under
    distance = np.abs(np.arange(len(likeness)) - stray)
    return expected - stray + int(np.argmax(likeness - distance * 1e-4 * _STRAY / stray))


def _part(told: Numbers, start: int, count: int) -> Numbers:
    """`count` samples from `start`; what lies outside is silence."""
    part = np.zeros(count)
    first, last = max(0, start), min(len(told), start + count)
    if last > first:
        part[first - start : last - start] = told[first:last]
    return part


def _spoilt(rest: Numbers, heard: Numbers) -> int:
    """Grains of 5 ms in which much is left that the piece does not explain, or a few samples stick out."""
    spoilt = int((_grains(rest) > 0.5 * np.sqrt((heard**2).mean()) + 0.01).sum())
    return spoilt or int(_spike(np.abs(rest)))


def _spike(rest: Numbers) -> bool:
    """Whether its highest sample stands alone: a click of a sample or two, too short to tell by loudness."""
    at = int(np.argmax(rest))
    around = _part(rest, at - _GRAIN // 2, _GRAIN)
    around[_GRAIN // 2 - _REACH : _GRAIN // 2 + _REACH + 1] = 0
    return bool(rest[at] > max(_SPIKE, 8 * np.median(rest), 3 * around.max()))


def _cracks(told: Numbers, wanted: Numbers, at: int, lag: int) -> int:
    """Clicks in a pause of `wanted`: short, and quiet on both sides. Even noise on the line is none."""
    start, count = at - _CRACK, _WINDOW + 2 * _CRACK
    heard = _grains(_part(told, start + lag, count))
    strange = heard > 0.01 + 4 * _grains(_part(wanted, start, count))
    loud = heard > 0.01 + 4 * np.median(heard)
    edges = np.flatnonzero(np.diff(loud)) + 1
    inside = edges[1:] if loud[0] else edges  # what began before the pause is the word before it
    runs = [slice(*run) for run in zip(inside[::2], inside[1::2], strict=False)]
    return sum(bool(strange[run].any()) and (run.stop - run.start) * _GRAIN <= _CRACK for run in runs)


def _grains(numbers: Numbers) -> Numbers:
    """Root mean square of each 5 ms; an incomplete last one is left out."""
    whole = len(numbers) // _GRAIN * _GRAIN
    return np.asarray(np.sqrt((numbers[:whole].reshape(-1, _GRAIN) ** 2).mean(axis=1)))
