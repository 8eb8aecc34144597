"""The sound of own legs: prompts, keys, background sound and the caller's voice over 3CX's raw streams (api.md 4, 5)."""

from threecx_pbx.media.fetching import FetchPolicy
from threecx_pbx.media.folders import PromptInfo
from threecx_pbx.media.keys import ALL_KEYS, Key, keys_of
from threecx_pbx.media.library import SoundLibrary
from threecx_pbx.media.media import KeyReader, Media, Played, PlayEnd
from threecx_pbx.media.playout import Layer
from threecx_pbx.media.sound import Pcm
from threecx_pbx.media.sources import AudioSource, Bytes, Prompt, PromptPath, Spoken, Url
from threecx_pbx.media.tones import hold_music, ringback, tone

__all__ = [
    "ALL_KEYS",
    "AudioSource",
    "Bytes",
    "FetchPolicy",
    "Key",
    "KeyReader",
    "Layer",
    "Media",
    "Pcm",
    "PlayEnd",
    "Played",
    "Prompt",
    "PromptInfo",
    "PromptPath",
    "SoundLibrary",
    "Spoken",
    "Url",
    "hold_music",
    "keys_of",
    "ringback",
    "tone",
]
