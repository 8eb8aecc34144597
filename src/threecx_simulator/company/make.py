"""Making companies: a whole one from a seed, or the office around a given `World`."""

import json
from dataclasses import replace
from datetime import time
from functools import cache
from importlib.resources import files
from random import Random
from typing import Any

from threecx_simulator.company.company import Company, Contact, Department, Hours
from threecx_simulator.company.holidays import holidays_of
from threecx_simulator.company.mail import local_part
from threecx_simulator.company.numbers import emergency_numbers, outside_number
from threecx_simulator.pbx.behaviour import Behaviour
from threecx_simulator.pbx.ids import ClientId, Dn
from threecx_simulator.pbx.world import (
    DEFAULT_SECRET,
    ApiClient,
    Device,
    Extension,
    Ivr,
    Queue,
    RingGroup,
    Role,
    Trunk,
    World,
)

COUNTRIES = ("DE", "GB", "US", "FR", "ES")
_DEPARTMENTS = ("Sales", "Support", "Accounts", "Logistics", "Management")
_UNSORTED = 0.9  # the last tenth of the people is in no department of its own: the default one has them
_CONTACTS, _STRANGERS = 120, 200
_FEW, _MOST = 500, 6000  # people; above the first their numbers have four digits
_MONITORED = 200  # extensions that an API client sees


@cache
def _words(country: str) -> Any:
    return json.loads(files(__package__).joinpath("names.json").read_text("utf-8"))[country]


def company_of(world: World, seed: int = 0, country: str = "DE") -> Company:
    """An office around a world whose numbers are given."""
    random = Random(f"office {seed} {country}")  # noqa: S311 (reproducible fictions, no secrets)
    words = _words(country)
    opens = time(8, 30) if country in {"DE", "FR"} else time(9, 0)
    hours: Hours = {day: (opens, time(17, 30) if day < 4 else time(16, 0)) for day in range(5)}
    return Company(
        name=f"{random.choice(words['trade'])} {random.choice(words['business'])} {words['form']}",
        country=country,
        language=words["language"],
        time_zone=words["zone"],
        departments=_departments(world),
        hours=hours,
        lunch=(time(12, 30), time(13, 0)),
        holidays=holidays_of(country),
        contacts=_contacts(seed, country),
        strangers=_strangers(seed, country),
        seed=seed,
    )


def _departments(world: World) -> tuple[Department, ...]:
    names = dict.fromkeys(("DEFAULT", *(one.department for one in world.extensions)))
    return tuple(
        Department(
            f"GRP{place:04}", name, tuple(one.number for one in world.extensions if one.department == name)
        )
        for place, name in enumerate(names)
    )


@cache
def _contacts(seed: int, country: str) -> tuple[Contact, ...]:
    random = Random(f"contacts {seed} {country}")  # noqa: S311 (reproducible fictions, no secrets)
    return tuple(_contact(random, _words(country), country) for _ in range(_CONTACTS))


@cache
def _strangers(seed: int, country: str) -> tuple[str, ...]:
    random = Random(f"strangers {seed} {country}")  # noqa: S311 (reproducible fictions, no secrets)
    return tuple(outside_number(random, country, random.random() < 0.6) for _ in range(_STRANGERS))


def _contact(random: Random, words: Any, country: str) -> Contact:
    first, last = random.choice(words["first"]), random.choice(words["last"])
    trade = f"{random.choice(words['trade'])} {random.choice(words['business'])} {words['form']}"
    return Contact(
        first_name=first,
        last_name=last,
        company=trade,
        number=outside_number(random, country, mobile=False),
        mobile=outside_number(random, country, mobile=True),
        email=f"{local_part(first, last)}@example.{words['domain']}",
    )


def make_company(
    seed: int, secret: str = DEFAULT_SECRET, people: int | None = None, country: str | None = None
) -> tuple[World, Company]:
    """A company and its PBX. `people`: 12 to 60 when not told, up to 6,000, above 500 with four-digit numbers; the API
    clients are those of the default world."""
    random = Random(f"company {seed}")  # noqa: S311 (reproducible fictions, no secrets)
    country = country or random.choice(COUNTRIES)
    words = _words(country)
    count = people or random.randint(12, 60)
    if not 1 <= count <= _MOST:
        raise ValueError(f"A company has 1 to {_MOST} people")
    first = 100 if count <= _FEW else 1000
    names = _names(random, words, count)
    extensions = tuple(_person(random, names[place], first + place, place / count) for place in range(count))
    world = replace(_numbers(words, extensions, secret), emergency_numbers=emergency_numbers(country))
    return world, company_of(world, seed, country)


def _names(random: Random, words: Any, count: int) -> list[tuple[str, str]]:
    """First and last names; nobody has another's as long as there are enough for all."""
    every = [(first, last) for first in words["first"] for last in words["last"]]
    rounds, rest = divmod(count, len(every))
    return random.sample(every, rest) + random.sample(every * rounds, len(every) * rounds)


def _person(random: Random, name: tuple[str, str], number: int, share: float) -> Extension:
    department = _DEPARTMENTS[min(int(share * 4.5), 4)] if share else "Management"
    if share >= _UNSORTED:
        department = "DEFAULT"
    device = Device(f"sip:{number}@127.0.0.1:5483;rinstance={random.getrandbits(64):016x}", "3CX Desktop App")
    desk = Device(
        f"sip:{number}@127.0.0.1:5060;rinstance={random.getrandbits(64):016x}",
        "Yealink SIP-T54W 96.86.0.100",
        True,
    )
    absent = random.random() < 0.08
    return Extension(
        number=Dn(str(number)),
        first_name=name[0],
        last_name=name[1],
        devices=(desk, device) if random.random() < 0.25 else (device,),
        behaviour=Behaviour(
            answers_after=None if absent else round(random.uniform(1.5, 9), 1), voicemail_after=25.0
        ),
        department=department,
    )


def _numbers(words: Any, people: tuple[Extension, ...], secret: str) -> World:
    """Queues, groups, menu, trunk and API clients around these people."""
    by_department = {
        name: tuple(one.number for one in people if one.department == name) for name in _DEPARTMENTS
    }
    queues = tuple(
        Queue(
            number=Dn(str(800 + place)),
            name=f"{name} queue",
            agents=by_department[name][:8],
            overflow=Dn("999"),
        )
        for place, name in enumerate(("Support", "Sales", "Accounts"))
        if by_department[name]
    )
    seen = tuple(one.number for one in people[:_MONITORED]) + tuple(queue.number for queue in queues)
    keys = {str(place): queue.number for place, queue in enumerate(queues, start=1)}
    area = words["area"]
    first = {_did(area, "000"): Dn("820"), _did(area, "001"): Dn("8001"), _did(area, "002"): Dn("8002")}
    dids = first | {_did(area, one.number): one.number for one in people} | first
    dids |= {_did(area, queue.number): queue.number for queue in queues}
    return World(
        fqdn="pbx.example.com",
        clients=(
            _client("8001", "Workflows", secret, seen, "system_owners"),
            _client("8002", "Second application", secret, seen, "system_owners"),
            _client("8003", "Application with role users", secret, seen, "users"),
            _client("8004", "Application with role system_admins", secret, seen, "system_admins"),
        ),
        extensions=people,
        queues=queues,
        ring_groups=(RingGroup(number=Dn("810"), name="Everybody in Sales", members=by_department["Sales"]),),
        ivrs=(
            Ivr(
                number=Dn("820"),
                name="Main menu",
                keys=keys | {"0": people[0].number},
                timeout_destination=people[0].number,
            ),
        ),
        trunks=(
            Trunk(number=Dn("10001"), name=f"Trunk {words['city']}", external_number=f"{area}000", dids=dids),
        ),
        parkings=tuple(Dn(f"SP{place}") for place in range(8)),
    )


def _did(area: str, number: str) -> str:
    """The number called from outside: what follows `area` has three digits, a fourth takes the place of its last."""
    return area[: len(area) + 3 - len(number)] + number


def _client(number: str, name: str, secret: str, seen: tuple[Dn, ...], role: Role) -> ApiClient:
    return ApiClient(client_id=ClientId(number), name=name, secret=secret, role=role, monitors=seen)
