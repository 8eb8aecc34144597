"""A 3CX V20 PBX on loopback: Call Control REST, its WebSocket and the XAPI, with callers one can script.

Written from 3CX's published interfaces, never from a client of ours; it imports nothing of ours.
"""

from threecx_simulator.clock import Clock, ManualClock, SystemClock
from threecx_simulator.pbx.behaviour import Behaviour
from threecx_simulator.pbx.world import World, default_world
from threecx_simulator.profile import Profile
from threecx_simulator.readings import PROFILES, draw
from threecx_simulator.simulator import Simulator

__all__ = [
    "PROFILES",
    "Behaviour",
    "Clock",
    "ManualClock",
    "Profile",
    "Simulator",
    "SystemClock",
    "World",
    "default_world",
    "draw",
]
