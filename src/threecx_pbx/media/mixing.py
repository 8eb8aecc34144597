"""Several voices in one room: each hears all but itself. Frames of equal length, 8 kHz s16le."""

from collections.abc import Hashable, Mapping
from typing import TypeVar

import numpy as np

Member = TypeVar("Member", bound=Hashable)


def mix(frames: Mapping[Member, bytes]) -> dict[Member, bytes]:
    """For each member the sum of the others, clipped only where the sum does not fit. Raises ValueError for unequal lengths."""
    heard = {member: np.frombuffer(frame, dtype="<i2") for member, frame in frames.items()}
    if len({len(frame) for frame in heard.values()}) > 1:
        raise ValueError("frames that are mixed have one length")
    if not heard:
        return {}
    total = np.sum(np.stack(list(heard.values())), axis=0, dtype=np.int32)
    return {
        member: np.clip(total - frame, -32768, 32767).astype("<i2").tobytes()
        for member, frame in heard.items()
    }
