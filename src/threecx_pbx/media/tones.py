"""Sounds made by rule: what callers hear while they wait. Each loops without a seam."""

import functools

import numpy as np

from threecx_pbx.media.levels import Samples, bytes_of, faded, levelled
from threecx_pbx.media.sound import RATE, Pcm

_RINGBACK_HZ = 425.0
_RING_S, _PAUSE_S = 1.0, 4.0
"""ETSI TR 101 041: what most of Europe hears."""

_CHORDS = ((261.63, 329.63, 392.0), (220.0, 261.63, 329.63), (174.61, 220.0, 261.63), (196.0, 246.94, 293.66))
"""C, A minor, F, G: broken chords, our own music, free of anybody's rights."""
_NOTE_S = 0.4


@functools.cache
def ringback() -> Pcm:
    """Ring-back tone: one second of tone, four of silence."""
    ring = faded(_sine(_RINGBACK_HZ, _RING_S) * 0.16)
    return Pcm(bytes_of(np.concatenate([ring, np.zeros(int(_PAUSE_S * RATE))])))


@functools.cache
def hold_music() -> Pcm:
    """Broken chords, softly."""
    notes = [_note(hz) for chord in _CHORDS for hz in (*chord, chord[1]) * 2]
    return Pcm(bytes_of(levelled(np.concatenate(notes)) * 0.5))


def tone(hz: float, seconds: float, level: float = 0.5) -> Pcm:
    """A sine with soft ends."""
    return Pcm(bytes_of(faded(_sine(hz, seconds) * level)))


def _sine(hz: float, seconds: float) -> Samples:
    return np.asarray(np.sin(2 * np.pi * hz * np.arange(int(seconds * RATE)) / RATE), dtype=np.float64)


def _note(hz: float) -> Samples:
    """Plucked: two harmonics that fade away by the note's end."""
    shape = np.linspace(1.0, 0.0, int(_NOTE_S * RATE)) ** 1.5
    return faded((_sine(hz, _NOTE_S) + 0.4 * _sine(2 * hz, _NOTE_S)) * shape * 0.3)
