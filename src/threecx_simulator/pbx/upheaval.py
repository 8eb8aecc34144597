"""What happens to a whole PBX: restart, changed rights, a clean slate."""

from threecx_simulator.pbx.attempts import end
from threecx_simulator.pbx.ids import ClientId, Dn
from threecx_simulator.pbx.legs import note
from threecx_simulator.pbx.state import Pbx, new_pbx


def restart(reuse_ids: bool, pbx: Pbx) -> None:
    """Every call is gone without a frame; numbers begin again when told to."""
    fresh = new_pbx(pbx.world, pbx.profile, pbx.now)
    for call in pbx.calls.values():
        call.ended, call.ended_by = pbx.now, "PBX restarted"
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


def monitor(client: ClientId, dn: Dn, on: bool, pbx: Pbx) -> None:
    """Tick or untick a DN for an API client."""
    seen = pbx.monitored[client]
    if on:
        seen.add(dn)
    else:
        seen.discard(dn)
