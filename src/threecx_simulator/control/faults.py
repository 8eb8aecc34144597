"""How the PBX falls ill, at any moment. Part of `Control`."""

from functools import partial
from typing import Any

from threecx_simulator.control.sound import Sound
from threecx_simulator.http.app import PbxWeb
from threecx_simulator.http.gate import Gate, Illness
from threecx_simulator.pbx import upheaval
from threecx_simulator.pbx.ids import CallKey, ClientId, Dn
from threecx_simulator.pbx.state import Call
from threecx_simulator.pbx.world import Role
from threecx_simulator.switchboard import Switchboard
from threecx_simulator.xapi.sets.people import DEFAULT_GROUP


class UnknownCall(LookupError):
    """There is no call with this id."""


class Impossible(ValueError):
    """What is asked for can never be on this PBX."""


class StillRunning(ValueError):
    """What is asked for can be done with an ended call only."""


class Faults:
    """Each method makes something go wrong, now."""

    def __init__(self, board: Switchboard, web: PbxWeb, gate: Gate, sound: Sound) -> None:
        self._board = board
        self._web = web
        self._gate = gate
        self._sound = sound

    async def cut_sockets(self, code: int = 1006) -> int:
        """End every socket; 1006 breaks the connection without a close frame. How many there were."""
        return await self._web.sockets.close(code)

    def half_open(self) -> None:
        """Sockets that are open now stay open, answer pings and say nothing more."""
        for connection in self._web.sockets.open:
            connection.mute = True

    def answer_next(self, status: int, count: int = 1, **more: Any) -> None:
        """The next `count` requests get `status`; `path`, `method`, `retry_after`, `html` as in `Illness`."""
        self._gate.ill.append(Illness(status, count, **more))

    def invalidate_tokens(self) -> None:
        """Every token is worthless from now on."""
        self._web.tokens.invalidate()

    def licence(self, on: bool) -> None:
        """With or without the licence for the Call Control API."""
        self._board.pbx.licensed = on

    def monitor(self, client: str, dn: str, on: bool) -> None:
        """Tick or untick a DN for an API client; KeyError when there is no such client."""
        self._known(dn)
        self._board.do(partial(upheaval.monitor, ClientId(client), Dn(dn), on))

    def set_rights(
        self,
        client: str,
        role: Role | None = None,
        call_control: bool | None = None,
        xapi: bool | None = None,
    ) -> None:
        """Another role for an API client, or another tick in its boxes; KeyError when there is no such client."""
        principals = self._web.office.sets["ServicePrincipals"]
        row = principals.find("Number", client)
        if row is None:
            raise KeyError(client)
        ticked = {"CallControlEnabled": call_control, "XAPIEnabled": xapi}
        changes: dict[str, Any] = {name: value for name, value in ticked.items() if value is not None}
        if role is not None:
            changes["Groups"] = [{"GroupId": DEFAULT_GROUP, "Rights": {"RoleName": role}}]
        principals.change(row, changes)

    def limit_calls(self, count: int) -> None:
        """The licence allows so many calls at a time from now on."""
        self._board.pbx.max_calls = count

    def haunt(self, call: str) -> None:
        """An ended call stays in `ActiveCalls` as a ghost; `StillRunning` when it has not ended."""
        found = self._find(call)
        if found.ended is None:
            raise StillRunning(f"Call {call} has not ended, so that it cannot be a ghost; hang it up before")
        self._board.do(partial(upheaval.haunt, found.key))

    def register_anew(self, dn: str) -> list[str]:
        """The devices of an extension register again, under new ids, which are returned."""
        self._known(dn)
        return self._board.do(partial(upheaval.register_anew, Dn(dn)))

    def new_party(self, call: str, number: str, name: str = "") -> None:
        """Somebody else takes the caller's place; the other leg keeps its id."""
        self._board.do(partial(upheaval.new_party, self._find(call).key, number, name))

    def merge(self, first: str, second: str, keep_first: bool = True) -> bool:
        """A telephone with a leg in both calls joins them and leaves; False when there is none."""
        return self._board.do(
            partial(upheaval.merge, self._find(first).key, self._find(second).key, keep_first)
        )

    async def restart(self, reuse_ids: bool = True) -> None:
        """The PBX restarts: calls, streams, sockets and tokens are gone."""
        self._web.sockets.refresh()
        self._board.do(partial(upheaval.restart, reuse_ids))
        self.cut_streams()
        self._web.tokens.invalidate()
        await self.cut_sockets()

    def cut_requests(self, path: str = "") -> int:
        """Break the connections of requests that wait for their answer; what they asked for goes on. How many."""
        return self._gate.cut(path)

    def cut_streams(self) -> None:
        """End every audio stream."""
        self._sound.desk.cut()

    def _known(self, number: str) -> None:
        if self._board.pbx.directory.find(number) is None:
            raise Impossible(f"There is no number {number} on this PBX")

    def _find(self, call: str) -> Call:
        pbx = self._board.pbx
        found = pbx.calls.get(CallKey(call)) or pbx.ended.get(CallKey(call))
        if found is None:
            raise UnknownCall(f"There is no call {call}")
        return found
