"""Everything that the XAPI knows and the call engine does not need: sets with their changes, settings, the archive."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import partial
from itertools import count
from random import Random
from typing import Any

from threecx_simulator.company import Company, History
from threecx_simulator.pbx.effects import CallChanged, Effect
from threecx_simulator.pbx.state import Pbx, monitored_of
from threecx_simulator.switchboard import Switchboard
from threecx_simulator.xapi.administration import KINDS, NumberEffects, settle
from threecx_simulator.xapi.archive import Archive
from threecx_simulator.xapi.clients import ClientEffects
from threecx_simulator.xapi.guards import GUARDS, default_group_stays
from threecx_simulator.xapi.health import Health
from threecx_simulator.xapi.ids import DnIds
from threecx_simulator.xapi.inbound import InboundRules
from threecx_simulator.xapi.membership import members_of
from threecx_simulator.xapi.model import model
from threecx_simulator.xapi.properties import DnProperties
from threecx_simulator.xapi.records import Json, Records, nothing
from threecx_simulator.xapi.sets import backups, factory, live, numbers, people, schedule, settings, templates
from threecx_simulator.xapi.sets.journal import Journal
from threecx_simulator.xapi.values import Row

_NO_STORE = frozenset(
    {"Recordings", "CallHistoryView", "LastCdrAndChatMessageTimestamp"}
)  # read from the archive


class Office:
    """`sets` by name, each a `Records`; `singleton(name)`; the call archive; `health`, which tests may change."""

    def __init__(self, board: Switchboard, company: Company, history: History) -> None:
        self._board = board
        self._first_world = board.pbx.world
        self.company = company
        self.health = Health()
        self.ids = DnIds()
        self.ids.learn(numbers.all_dns(board.pbx))
        self.archive = Archive(lambda: board.pbx, history)
        self.journal = self._new_journal()
        self._settings: dict[str, Json] = {}
        self.adjusted: dict[str, Json] = {}
        """What clients laid over the answers of functions that tell settings, by the function."""
        self.properties = DnProperties(lambda: self.pbx, company.seed)
        self._rules = InboundRules(lambda: self.pbx, self.ids)
        self.sets: dict[str, Records] = {
            name: self._records(name) for name in model().sets if name not in _NO_STORE
        }

        self.sets["Groups"].stays = default_group_stays
        self.sets["BlackListNumbers"].on_change = self._block
        board.listen(self._on_effect)

    def _on_effect(self, effect: Effect) -> None:
        if isinstance(effect, CallChanged) and effect.what.startswith("ended"):
            self.archive.collect(effect.call)

    def _block(self) -> None:
        """The engine turns away whom the administrator has on the black list."""
        self.pbx.blocked = {str(row["CallerId"]) for row in self.sets["BlackListNumbers"]}

    @property
    def pbx(self) -> Pbx:
        """The PBX as of now."""
        return self._board.pbx

    @property
    def now(self) -> datetime:
        """The PBX's time."""
        return self._board.clock.now()

    def _records(self, name: str) -> Records:
        keys = model().sets[name].keys
        key = keys[0] if keys else "Id"
        base = self._bases().get(name)
        kind = KINDS.get(name)
        guard = GUARDS[name](self) if name in GUARDS else None
        if name == "ServicePrincipals" and base is not None:
            return Records("Id", base, ClientEffects(self))
        if name == "InboundRules" and base is not None:
            return Records("Id", base, self._rules)
        if kind is not None and base is not None:
            return Records("Id", base, NumberEffects(lambda: self.pbx, self.ids, kind), None, guard)
        return Records(key, base or nothing, None, self._fresh(name, key), guard)

    def _fresh(self, name: str, key: str) -> Callable[[Json], Any] | None:
        """How a set without a number of its own names new rows; None = the body brings the key."""
        found = model().sets[name].type.properties.get(key)
        if found is None or key != "Id":
            return None
        if found.kind == "string":
            random = Random(f"{self.company.seed} {name}")  # noqa: S311 (reproducible fictions, no secrets)
            return lambda _row: f"{random.getrandbits(32):08x}-{random.getrandbits(32):08x}"
        serial = count(1000)
        return lambda _row: next(serial)

    def _bases(self) -> dict[str, Callable[[], Iterable[Row]]]:
        def of(rows: Callable[..., Iterator[Row]], *more: Any) -> Callable[[], Iterable[Row]]:
            return lambda: rows(self.pbx, *more)

        ids, company = self.ids, self.company
        return {
            "Users": of(people.users, company, ids),
            "Groups": lambda: people.groups(self.pbx, company, ids, partial(members_of, self.sets)),
            "Queues": of(numbers.queues, ids),
            "RingGroups": of(numbers.ring_groups, ids),
            "Receptionists": of(numbers.receptionists, ids),
            "Trunks": lambda: numbers.trunks(self.pbx, ids, self.health, self.sets["InboundRules"]),
            "Parkings": of(numbers.parkings, ids),
            "Peers": of(numbers.peers, ids),
            "DidNumbers": lambda: numbers.did_numbers(self.pbx, ids, self.sets["InboundRules"]),
            "InboundRules": self._rules.rows,
            "OutboundRules": of(numbers.outbound_rules, ids),
            "ServicePrincipals": of(numbers.service_principals, ids),
            "SipDevices": of(numbers.sip_devices, ids),
            "ActiveCalls": lambda: live.active_calls(self.pbx, self.now),
            "Services": lambda: live.services(self.health, self.now),
            "EventLogs": self._events,
            "Backups": lambda: backups.backups(self.pbx, self.health, self.now),
            "Parameters": lambda: factory.parameters(self.pbx, company),
            "PromptSets": lambda: factory.prompt_sets(company),
            "Countries": factory.countries,
            "PhoneTemplates": templates.phone_templates,
            "TrunkTemplates": lambda: templates.trunk_templates(company.country),
            "Holidays": lambda: schedule.holiday_rows(company, self.now.year),
            "Contacts": self._contacts,
        }

    def _new_journal(self) -> Journal:
        return Journal(self.company.seed, self.archive.history.until, lambda: self.now)

    def _events(self) -> Iterator[Row]:
        self.journal.observe(self.health)
        return self.journal.rows()

    def _contacts(self) -> Iterator[Row]:
        for place, one in enumerate(self.company.contacts, start=1):
            yield {
                "Id": place,
                "FirstName": one.first_name,
                "LastName": one.last_name,
                "CompanyName": one.company,
                "PhoneNumber": one.mobile,
                "Business": one.number,
                "Email": one.email,
                "ContactType": "3CX",
                "Department": "",
                "Title": "",
                "Tag": "",
            }

    def singleton(self, name: str) -> Row:
        """A singleton's row."""
        if name == "SystemStatus":
            return live.system_status(self.pbx, self.health, self.now)
        return settings.singleton(name, self.pbx, self.company, self.health) | self._settings.get(name, {})

    def change_singleton(self, name: str, changes: Json) -> None:
        """Lay changes over a singleton."""
        self._settings.setdefault(name, {}).update(changes)

    def reset(self) -> None:
        """As at the beginning."""
        for records in self.sets.values():
            records.clear()
        self._settings.clear()
        self.adjusted.clear()
        self.properties.clear()
        self._rules.clear()
        self.health = Health()
        self.journal = self._new_journal()
        self.archive.reset()
        settle(self.pbx, self._first_world)
        self.pbx.monitored = monitored_of(self._first_world)
        self.pbx.presence.clear()
        self.pbx.queue_status.clear()
        self.pbx.blocked.clear()
