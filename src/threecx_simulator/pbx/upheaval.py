"""What happens to a whole PBX: restart, changed rights, a clean slate."""

from dataclasses import replace

from threecx_simulator.pbx.attempts import end, failed, settle
from threecx_simulator.pbx.behaviour import Behaviour
from threecx_simulator.pbx.directory import Directory
from threecx_simulator.pbx.effects import DeviceChanged
from threecx_simulator.pbx.ids import CallKey, ClientId, Dn, Reason
from threecx_simulator.pbx.legs import forget_order, join, note, take_away, tell
from threecx_simulator.pbx.state import DnRef, Pbx, new_pbx
from threecx_simulator.pbx.world import Extension


def restart(reuse_ids: bool, pbx: Pbx) -> None:
    """Every call is gone without a frame; numbers begin again when told to."""
    fresh = new_pbx(pbx.world, pbx.profile, pbx.now)
    for call in pbx.calls.values():
        call.ended, call.ended_by = pbx.now, "PBX restarted"
        for attempt in call.attempts.values():
            settle(pbx, attempt, failed(Reason.PARTY_LOST))
        for leg in call.legs.values():
            forget_order(pbx, leg)
        call.legs.clear()
        call.attempts.clear()
        note(pbx, call, "ended: PBX restarted")
    pbx.ended |= pbx.calls
    pbx.calls, pbx.legs, pbx.timers = {}, {}, []
    if reuse_ids:
        pbx.next_callid, pbx.next_participant = fresh.next_callid, fresh.next_participant


def clean(pbx: Pbx) -> None:
    """As new: no calls, nothing remembered, rights and behaviours as the world has them; ids go on."""
    for call in list(pbx.calls.values()):
        end(pbx, call, ": reset")
    fresh = new_pbx(pbx.world, pbx.profile, pbx.now)
    pbx.ended.clear()
    pbx.timers.clear()
    pbx.behaviours, pbx.monitored, pbx.licensed = fresh.behaviours, fresh.monitored, True
    pbx.max_calls, pbx.directory = fresh.max_calls, fresh.directory
    pbx.ghosts.clear()


def monitor(client: ClientId, dn: Dn, on: bool, pbx: Pbx) -> None:
    """Tick or untick a DN for an API client."""
    seen = pbx.monitored[client]
    if on:
        seen.add(dn)
    else:
        seen.discard(dn)


def behave(number: Dn, behaviour: Behaviour, pbx: Pbx) -> None:
    """What a number does when it rings; the devices of an extension come and go with its registration."""
    before = pbx.devices(number)
    pbx.behaviours[number] = behaviour
    after = pbx.devices(number)
    pbx.effects += [DeviceChanged(number, one.device_id, here=False) for one in before if one not in after]
    pbx.effects += [DeviceChanged(number, one.device_id, here=True) for one in after if one not in before]


def haunt(key: CallKey, pbx: Pbx) -> None:
    """An ended call stays in `ActiveCalls` for good, as a ghost."""
    call = pbx.ended.get(key)
    if call is not None:
        pbx.ghosts.append(call)


def register_anew(dn: Dn, pbx: Pbx) -> list[str]:
    """Every device of an extension registers again: its ids are new, the old ones unknown. The new ids."""
    one = pbx.directory.inside.get(dn)
    if not isinstance(one, Extension):
        return []
    fresh = tuple(replace(device, device_id=_renewed(device.device_id, pbx)) for device in one.devices)
    people = tuple(
        replace(one, devices=fresh) if person is one else person for person in pbx.directory.world.extensions
    )
    pbx.directory = Directory.of(replace(pbx.directory.world, extensions=people))
    pbx.effects += [DeviceChanged(dn, device.device_id, here=False) for device in one.devices]
    pbx.effects += [DeviceChanged(dn, device.device_id, here=True) for device in fresh]
    return [device.device_id for device in fresh]


def _renewed(device_id: str, pbx: Pbx) -> str:
    return f"{device_id.partition(';')[0]};rinstance={pbx.random.getrandbits(64):016x}"


def new_party(key: CallKey, number: str, name: str, pbx: Pbx) -> bool:
    """Somebody else takes the caller's place, as when the caller's own telephone system transfers: the other
    leg keeps its id and has a new party."""
    call = pbx.calls.get(key)
    caller = pbx.legs.get(call.caller) if call and call.caller is not None else None
    if call is None or caller is None:
        return False
    caller.who = replace(caller.who, number=number, name=name)
    note(pbx, call, f"party is now {number}")
    for leg in call.legs.values():
        if leg is not caller and (leg.peer == caller.id or leg.party.dn == caller.dn):
            leg.party = caller.who
            tell(pbx, leg)
    return True


def merge(first: CallKey, second: CallKey, keep_first: bool, pbx: Pbx) -> bool:
    """A telephone that has two calls joins them and leaves: one `callid` remains.

    The telephone is the extension with a connected leg in both; False when there is none.
    """
    one, other = pbx.calls.get(first), pbx.calls.get(second)
    if one is None or other is None or one is other or one.attempts or other.attempts:
        return False
    mine = {leg.dn: leg for leg in one.legs.values() if leg.peer is not None}
    theirs = next((leg for leg in other.legs.values() if leg.dn in mine and leg.peer is not None), None)
    if theirs is None:
        return False
    own = mine[theirs.dn]
    parties = [pbx.legs[leg.peer] for leg in (own, theirs) if leg.peer is not None]
    stays, goes = (one, other) if keep_first else (other, one)
    for leg in (own, theirs):
        take_away(pbx, leg)
    for leg in [leg for leg in parties if leg.call == goes.key]:
        del goes.legs[leg.id]
        leg.call = stays.key
        stays.legs[leg.id] = leg
        leg.referred_by = DnRef(own.dn, own.who.type)
    join(pbx, parties[0], parties[1])
    note(pbx, stays, f"merged with {goes.key}")
    end(pbx, goes, f": merged into {stays.key}")
    return True
