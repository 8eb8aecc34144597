"""What a caller hears from us when no operation is at work: a tone, music, the fallback's prompt, an apology."""

import asyncio
import logging

from threecx_pbx.calls.model import Call, LegState
from threecx_pbx.errors import CallEnded, ThreeCxError
from threecx_pbx.media import Layer, Media, hold_music, ringback
from threecx_pbx.session import PbxSession
from threecx_runner.sdk import IdleAudio, Locator, Sounding

FALLBACK = "en/fallback"
"""Said before a caller is put through to the fallback. A prompt of this name in the prompt folder replaces the shipped one."""
APOLOGY = "en/apology"
"""Said before a caller whom nobody takes is hung up on."""

_LONGEST_S = 30.0
"""A prompt of one's own that is longer is cut off: the caller waits for a person."""

_HEARD_OUT_S = 0.2
"""A buffering proxy holds the last of a prompt back for so long (api.md 4): what comes next would cut it off."""

log = logging.getLogger(__name__)


class Comfort:
    """The sound of one login's callers. A leg that has gone meanwhile is no error."""

    def __init__(self, session: PbxSession, sounds: Sounding) -> None:
        self._session = session
        self._sounds = sounds

    def busy(self, call: Call) -> bool:
        """Whether an operation's sound goes on by itself: background audio, hold."""
        media = self._media(call)
        return media is not None and media.busy

    def fill(self, call: Call, audio: IdleAudio) -> None:
        """Fills a gap between operations."""
        tones = {IdleAudio.RING_BACK: ringback, IdleAudio.MUSIC: hold_music}
        media = self._media(call)
        if media is not None:
            media.background(tones[audio]() if audio in tones else None, Layer.IDLE)

    async def say(self, call: Call, prompt: str) -> None:
        """A prompt, to its end. Raises CallEnded; everything else that goes wrong is worth less than the caller's time."""
        media = self._media(call)
        if media is None:
            return
        try:
            async with asyncio.timeout(_LONGEST_S):
                sound = await self._sounds.of(Locator(value=prompt), prompt)
                media.background(None, Layer.IDLE)
                await media.play(sound)
                await self._session.clock.sleep(_HEARD_OUT_S)
        except CallEnded:
            raise
        except (ThreeCxError, TimeoutError) as error:
            log.warning("call %s did not hear %s: %s", call.id, prompt, error)

    def _media(self, call: Call) -> Media | None:
        """Of a connected own leg."""
        leg = call.own_leg
        try:
            return self._session.media(leg) if leg is not None and leg.state is LegState.CONNECTED else None
        except CallEnded:
            return None
