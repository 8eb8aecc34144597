"""People who call: from outside over a trunk, or from an extension's telephone."""

from fnmatch import fnmatchcase
from functools import partial

from threecx_simulator.pbx.attempts import end, hang_up, leave, open_attempt
from threecx_simulator.pbx.deliver import identity_of, onward, start
from threecx_simulator.pbx.effects import Keyed
from threecx_simulator.pbx.ids import MACHINES, CallKey, DnType, Status
from threecx_simulator.pbx.legs import add_leg, label, new_call, note, tell
from threecx_simulator.pbx.state import Call, Identity, Kind, Leg, Pbx
from threecx_simulator.pbx.world import Extension, Ivr

_PATIENCE = 180.0  # seconds: an INVITE that nobody answers ends then (RFC 3261)


def place(
    pbx: Pbx,
    origin: str,
    target: str,
    name: str = "",
    hang_up_after: float | None = None,
    hang_up_when: tuple[str, float] | None = None,
) -> CallKey:
    """A call from `origin` (extension, or any outside number) to `target` (a DID, or a number inside)."""
    call = new_call(pbx, origin, target)
    call.hang_up_when = hang_up_when
    who = _who(pbx, origin, target, name)
    call.caller_name = who.name
    call.by_trunk = who.type == DnType.EXTERNAL
    destination = _destination(pbx, who, target)
    caller = add_leg(pbx, call, who, Status.DIALING, identity_of(pbx, destination))
    call.caller = caller.id
    tell(pbx, caller)
    if hang_up_after is not None:
        pbx.after(hang_up_after, partial(hang_up_call, key=call.key))
    if full(pbx):
        note(pbx, call, "refused: call limit reached")
        end(pbx, call, ": call limit reached")
    elif who.type == DnType.EXTERNAL and any(fnmatchcase(origin, one) for one in pbx.blocked):
        note(pbx, call, "refused: caller is blocked")
        end(pbx, call, ": caller is blocked")
    else:
        start(pbx, open_attempt(pbx, Kind.INITIAL, caller, destination), _PATIENCE)
    return call.key


def full(pbx: Pbx) -> bool:
    """Whether the licence's simultaneous calls are used up (the call being made counts)."""
    return len(pbx.calls) > pbx.max_calls


def _who(pbx: Pbx, origin: str, target: str, name: str) -> Identity:
    inside = pbx.directory.inside.get(origin)
    if isinstance(inside, Extension):
        return Identity(inside.number, DnType.EXTENSION, inside.name, inside.number)
    trunk, _ = pbx.directory.dids.get(target, (next(iter(pbx.world.trunks)), None))
    return Identity(trunk.number, DnType.EXTERNAL, name, origin, target if target in trunk.dids else "")


def _destination(pbx: Pbx, who: Identity, target: str) -> str:
    if who.type == DnType.EXTERNAL and target in pbx.directory.dids:
        return pbx.directory.dids[target][1]
    return target


def hang_up_call(pbx: Pbx, key: CallKey, party: str | None = None) -> bool:
    """The caller (or another party) hangs up; False when they had left already."""
    call = pbx.calls.get(key)
    leg = party_in(call, party) if call and party else None
    if leg is not None:
        leave(pbx, leg)
    elif call is not None and party is None:
        hang_up(pbx, call)
    else:
        return False
    return True


def party_in(call: Call, party: str) -> Leg | None:
    """The leg of a DN or an outside number."""
    return next((leg for leg in call.legs.values() if label(leg) == party), None)


def person_of(pbx: Pbx, call: Call) -> Leg | None:
    """Whoever has a keypad: the caller, or whom an application, a queue or a menu has called."""
    caller = pbx.legs.get(call.caller) if call.caller is not None else None
    if caller is None or caller.who.type not in MACHINES:
        return caller
    return pbx.legs.get(caller.peer) if caller.peer is not None else None


def press(pbx: Pbx, key: CallKey, keys: str, party: str | None = None) -> bool:
    """The caller (or another party) presses keys; False when they have left."""
    call = pbx.calls.get(key)
    presser = (party_in(call, party) if party else person_of(pbx, call)) if call else None
    if presser is not None:
        press_on(pbx, presser, keys)
    return presser is not None


def press_on(pbx: Pbx, presser: Leg, keys: str) -> None:
    """Keys pressed on a leg: events for a route point at the other end, choices for 3CX's own menu."""
    call = pbx.call_of(presser)
    note(pbx, call, f"pressed {keys}")
    peer = pbx.legs.get(presser.peer) if presser.peer is not None else None
    if peer is not None and peer.who.type == DnType.ROUTE_POINT:
        for part in [keys] if pbx.profile.dtmf_frames == "string" else keys:
            pbx.effects.append(Keyed(peer.dn, peer.id, part))
    elif peer is not None:
        _choose(pbx, call, presser, peer, keys)


def _choose(pbx: Pbx, call: Call, caller: Leg, place: Leg, keys: str) -> None:
    menu = pbx.directory.inside.get(place.who.dn)
    chosen = menu.keys.get(keys[0]) if isinstance(menu, Ivr) else None
    if chosen and not any(attempt.own is place for attempt in call.attempts.values()):
        onward(pbx, caller, place, chosen)
