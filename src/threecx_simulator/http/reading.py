"""What a client may read of `/callcontrol`, the same over HTTP and over the socket."""

from datetime import timedelta

from threecx_simulator.http.verbs import Reply, Verbs
from threecx_simulator.pbx import views
from threecx_simulator.pbx.world import ApiClient
from threecx_simulator.switchboard import Switchboard


class Reading:
    """The GETs of 3CX's page for clients that are logged in and licensed."""

    def __init__(self, board: Switchboard) -> None:
        self._board = board
        self._verbs = Verbs(board)

    def at(self, client: ApiClient, dn: str, *rest: str) -> Reply:
        """`/callcontrol/{dn}/…`; 403 when the DN is not the client's, 404 where nothing is."""
        if not self._verbs.sees(client, dn):
            return Reply(403)
        pbx, reply = self._board.pbx, Reply(404)
        match rest:
            case ():
                reply = Reply(200, views.dn_view(pbx, client.client_id, dn))
            case ("devices",):
                reply = Reply(200, views.devices(pbx, dn))
            case ("devices", *wanted):
                reply = self._device(dn, "/".join(wanted))
            case ("participants",):
                legs = views.legs_on(pbx, client.client_id, dn)
                reply = Reply(200, [views.shown(pbx, leg) for leg in legs])
            case ("participants", participant):
                reply = self._participant(client, dn, participant)
        return reply

    def all(self, client: ApiClient) -> Reply:
        """Every DN that the client sees, its own first."""
        pbx = self._board.pbx
        seen = sorted(pbx.monitored[client.client_id], key=lambda dn: (dn != client.dn, dn))
        return Reply(200, [views.dn_view(pbx, client.client_id, dn) for dn in seen])

    def _device(self, dn: str, wanted: str) -> Reply:
        """Device ids may hold odd characters."""
        found = [one for one in self._board.pbx.devices(dn) if one.device_id == wanted]
        return Reply(200, views.device(dn, found[0])) if found else Reply(404)

    def _participant(self, client: ApiClient, dn: str, participant: str) -> Reply:
        leg = self._verbs.leg(client, dn, participant)
        if isinstance(leg, int):
            return Reply(leg)
        pbx = self._board.pbx
        race = timedelta(milliseconds=pbx.profile.get_404_race)
        told = leg.born + timedelta(milliseconds=pbx.profile.upsert_delay_ms)
        if race and self._board.clock.now() < told + race:
            return Reply(404)
        return Reply(200, views.shown(pbx, leg))
