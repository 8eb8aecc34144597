"""The seeded company: same seed, same believable data, of any size and in little memory."""

import tracemalloc
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import islice, pairwise

import phonenumbers
import pytest

from threecx_simulator import ManualClock, Simulator, default_world
from threecx_simulator.company import History, company_of, make_company
from threecx_simulator.company.life import Life, rate
from threecx_simulator.company.make import COUNTRIES
from threecx_simulator.company.past import PartyType, PastCall
from threecx_simulator.company.speech import transcript
from threecx_simulator.pbx.directory import Directory

from .conftest import MONDAY

pytestmark = pytest.mark.proves("simulator.seeded-company")
ALWAYS = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2040, 1, 1, tzinfo=UTC))


def _history(seed: int = 7, rows: int = 3000, until: datetime = MONDAY) -> History:
    return History(*make_company(seed), rows, until)


def _calls(history: History) -> list[PastCall]:
    return list(history.calls(*ALWAYS))


def test_the_same_seed_gives_the_same_company_and_the_same_calls() -> None:
    assert make_company(7) == make_company(7)
    assert make_company(7)[1].contacts != make_company(8)[1].contacts
    assert _calls(_history()) == _calls(_history())


def test_a_day_is_the_same_whenever_one_looks_at_it() -> None:
    day = (datetime(2026, 2, 25, tzinfo=UTC), datetime(2026, 2, 26, tzinfo=UTC))
    later = _history(until=MONDAY + timedelta(days=1))
    assert list(_history().calls(*day)) == list(later.calls(*day)) != []


@pytest.mark.parametrize("rows", [0, 1, 7, 130, 4321])
def test_a_history_has_exactly_as_many_rows_as_it_was_asked_for(rows: int) -> None:
    history = _history(rows=rows)
    window = history.window(*ALWAYS)
    assert len(history) == len(window) == rows
    assert len(list(window.rows(0, rows + 10))) == rows


def test_every_row_is_seen_once_however_the_pages_are_cut() -> None:
    window = _history().window(*ALWAYS)
    whole = list(window.rows(0, 3000))
    assert [row for start in range(0, 3000, 170) for row in window.rows(start, start + 170)] == whole
    assert len({(call.number, place) for call, place, _ in whole}) == 3000


def test_nothing_in_the_past_ends_in_the_future() -> None:
    assert all(call.end <= MONDAY for call in _calls(_history()))


def test_mondays_are_busy_and_the_office_is_quiet_when_it_is_closed() -> None:
    history = _history(rows=20_000)
    company = make_company(7)[1]
    days = Counter(call.start.astimezone(company.zone).strftime("%a") for call in _calls(history))
    assert days.most_common(1)[0][0] == "Mon"
    assert days["Sun"] < days["Mon"] / 10
    inside = sum(1 for call in _calls(history) if company.open_at(call.start))
    assert inside > 0.9 * days.total()


def _engagements(calls: list[PastCall]) -> dict[str, list[tuple[datetime, datetime]]]:
    """When each person inside talked, in the order of time."""
    found: dict[str, list[tuple[datetime, datetime]]] = {}
    for call in calls:
        for one in call.segments:
            answered = one.start + timedelta(seconds=one.ringing)
            for party, since in ((one.source, one.start), (one.destination, answered)):
                if one.talking and not one.parked and party.type is PartyType.EXTENSION:
                    found.setdefault(party.dn, []).append((since, one.end))
    return {dn: sorted(spans) for dn, spans in found.items()}


@pytest.mark.parametrize("rows", [3000, 200_000])
def test_nobody_is_in_two_calls_at_once(rows: int) -> None:
    history = _history(rows=rows)
    spans = _engagements(list(history.calls(MONDAY - timedelta(days=10), MONDAY)))
    assert len(spans) > 20
    assert [pair for one in spans.values() for pair in pairwise(one) if pair[1][0] < pair[0][1]] == []


def test_callers_find_people_busy_where_there_are_more_calls_than_people() -> None:
    world = default_world()
    history = History(world, company_of(world), 400_000, MONDAY)
    calls = list(history.calls(MONDAY - timedelta(days=4), MONDAY - timedelta(days=3)))
    spans = _engagements(calls)
    assert all(second[0] >= first[1] for one in spans.values() for first, second in pairwise(one))
    assert sum("is busy" in call.segments[0].reason for call in calls) > 100
    assert [call.start for call in calls] == sorted((call.start for call in calls), reverse=True)


def test_agents_answer_callers_only_while_they_are_at_work() -> None:
    history = _history(rows=20_000)
    visits = [call.visit for call in _calls(history) if call.visit]
    company = make_company(7)[1]
    answers = [one.arrived + timedelta(seconds=one.waited) for one in visits if one.agent]
    assert len(answers) > 1000
    assert all(company.open_at(at) for at in answers)
    rung = [one.arrived for one in visits if one.polls]
    assert all(company.open_at(at) for at in rung)


def test_a_call_is_found_by_its_number() -> None:
    history = _history()
    for call in islice(history.calls(*ALWAYS), 0, 500, 50):
        assert history.call(call.number) == call
    assert history.call(1) is None


def test_numbers_are_valid_in_the_country_of_the_company() -> None:
    for seed in range(5):
        company = make_company(seed)[1]
        for number in (*company.strangers[:20], *(one.mobile for one in company.contacts[:20])):
            parsed = phonenumbers.parse(number)
            assert phonenumbers.is_valid_number(parsed), number
            assert phonenumbers.region_code_for_number(parsed) == company.country


@pytest.mark.parametrize("country", COUNTRIES)
@pytest.mark.parametrize("people", [20, 600])
def test_every_number_of_the_company_itself_is_valid_and_no_one_shares_it(country: str, people: int) -> None:
    world, _ = make_company(4, people=people, country=country)
    dids = world.trunks[0].dids
    assert all(phonenumbers.is_valid_number(phonenumbers.parse(one)) for one in dids)
    assert {one.number for one in world.extensions} <= set(dids.values())
    assert {one.number for one in world.queues} <= set(dids.values())
    assert dids[world.trunks[0].external_number] == "820"
    assert next(iter(dids)) == world.trunks[0].external_number


def test_nobody_has_the_name_of_somebody_else_while_there_are_names() -> None:
    for seed in range(5):
        world, _ = make_company(seed, people=60)
        assert len({one.name for one in world.extensions}) == 60


@pytest.mark.parametrize(
    ("country", "days"),
    [
        (
            "DE",
            {
                "Good Friday": (4, 3),
                "Easter Monday": (4, 6),
                "Ascension Day": (5, 14),
                "Whit Monday": (5, 25),
            },
        ),
        (
            "GB",
            {
                "Early May bank holiday": (5, 4),
                "Spring bank holiday": (5, 25),
                "Summer bank holiday": (8, 31),
            },
        ),
        (
            "US",
            {
                "Martin Luther King Day": (1, 19),
                "Memorial Day": (5, 25),
                "Labor Day": (9, 7),
                "Thanksgiving": (11, 26),
            },
        ),
        ("FR", {"Easter Monday": (4, 6), "Victory Day": (5, 8), "Assumption": (8, 15)}),
        ("ES", {"Good Friday": (4, 3), "Immaculate Conception": (12, 8)}),
    ],
)
def test_holidays_are_those_of_the_country_in_that_year(
    country: str, days: dict[str, tuple[int, int]]
) -> None:
    _, company = make_company(1, country=country)
    for name, (month, day) in days.items():
        found = company.holiday(date(2026, month, day))
        assert found is not None
        assert found.name == name
        assert company.open_on(date(2026, month, day)) is None


@pytest.mark.parametrize(
    ("country", "greeting"),
    [("DE", "Guten Tag"), ("GB", "Good day"), ("FR", "Bonjour"), ("ES", "Buenos días")],
)
def test_people_speak_the_language_of_their_country(country: str, greeting: str) -> None:
    world, company = make_company(2, country=country)
    talked = next(call for call in _calls(History(world, company, 300, MONDAY)) if call.talk)
    assert greeting in transcript(talked, company.language)


def test_emergency_numbers_are_those_of_the_country() -> None:
    numbers = {
        country: make_company(7, country=country)[0].emergency_numbers for country in ("DE", "US", "FR")
    }
    assert numbers == {"DE": ("110", "112"), "US": ("112", "911"), "FR": ("15", "17", "18", "112")}


def test_people_queues_and_departments_fit_together() -> None:
    world, company = make_company(3, people=30, country="GB")
    people = {one.number for one in world.extensions}
    assert len(people) == 30
    assert all(set(queue.agents) <= people and queue.agents for queue in world.queues)
    members = [number for one in company.departments for number in one.members]
    assert sorted(members) == sorted(people)
    assert company.time_zone == "Europe/London"


@pytest.mark.parametrize("people", [1, 2, 13, 500, 501, 6000])
def test_a_company_of_any_size_has_numbers_of_its_own_for_everybody(people: int) -> None:
    world, _ = make_company(5, people=people)
    directory = Directory.of(world)
    assert len(world.extensions) == people
    assert all(directory.find(one.number) is one for one in world.extensions)
    for line in (world.queues, world.ring_groups, world.ivrs):
        assert all(directory.find(one.number) is one for one in line)
    assert len(_calls(History(world, company_of(world), 300, MONDAY))) > 100


def test_a_large_history_is_paged_in_little_memory() -> None:
    world = default_world()
    history = History(world, company_of(world), 100_000, MONDAY)
    window = history.window(*ALWAYS)
    tracemalloc.start()
    seen = sum(sum(1 for _ in window.rows(start, start + 1000)) for start in range(0, 30_000, 1000))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (len(window), seen) == (100_000, 30_000)
    assert peak < 30_000_000


class _SlowClock(ManualClock):
    """Everybody who sleeps wakes a second late."""

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds + 1.0)


async def test_life_keeps_its_rate_on_a_machine_that_is_late() -> None:
    clock = _SlowClock(MONDAY)
    async with Simulator(clock=clock) as sim:
        async with Life(sim.control, sim.board.pbx, sim.company, clock, rate("30/min"), seed=1):
            await clock.advance(600)
        assert 250 < len(sim.control.calls()) < 350


async def test_life_places_calls_at_its_rate_and_leaves_route_points_in_peace() -> None:
    clock = ManualClock(MONDAY)
    async with Simulator(clock=clock) as sim:
        async with Life(sim.control, sim.board.pbx, sim.company, clock, rate("30/min"), seed=1):
            await clock.advance(600)
        calls = sim.control.calls()
        assert 200 < len(calls) < 400
        assert all(
            "ringing 8001" not in call.moments and "connected 8001" not in call.moments for call in calls
        )
        assert {"ended"} <= {call.state for call in calls}


@pytest.mark.parametrize(("text", "per_second"), [("30/min", 0.5), ("2/s", 2.0), ("360/h", 0.1)])
def test_a_rate_is_read_in_three_units(text: str, per_second: float) -> None:
    assert rate(text) == pytest.approx(per_second)


@pytest.mark.parametrize("text", ["", "30", "30/day", "-1/s", "0/min"])
def test_a_rate_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a rate"):
        rate(text)


async def test_the_default_department_of_a_generated_company_has_members_and_says_so() -> None:
    world, company = make_company(7)
    members = company.departments[0].members
    assert (company.departments[0].number, company.departments[0].name) == ("GRP0000", "DEFAULT")
    assert members
    async with Simulator(world=world, company=company) as sim:
        row = sim.office.sets["Groups"].find("Number", "GRP0000")
    assert row is not None
    assert (row["HasMembers"], {one["Number"] for one in row["Members"]()} >= set(members)) == (True, True)


@pytest.mark.parametrize("country", ["DE", "FR"])
def test_mail_addresses_of_contacts_spell_their_names_out(country: str) -> None:
    _, company = make_company(3, country=country)
    special = [one for one in company.contacts if not one.first_name.isascii()]
    assert special
    for one in special:
        local = one.email.partition("@")[0]
        assert local.isascii()
        assert len(local) >= len(f"{one.first_name}.{one.last_name}".replace(" ", "").replace("'", ""))


async def test_nobody_places_two_calls_at_once_while_others_are_free() -> None:
    clock = ManualClock(MONDAY)
    world, company = make_company(5, people=40)
    async with Simulator(clock=clock, world=world, company=company) as sim:
        placed: Counter[str] = Counter()
        async with Life(sim.control, sim.board.pbx, sim.company, clock, rate("20/min"), seed=2):
            for _ in range(60):
                await clock.advance(10)
                pbx = sim.board.pbx
                now = Counter(
                    call.origin for call in pbx.calls.values() if call.origin in pbx.directory.inside
                )
                placed |= now
    assert len(placed) > 15
    assert max(placed.values()) == 1


async def test_the_same_seed_gives_the_same_life() -> None:
    async def lived(seed: int) -> list[tuple[str, str]]:
        clock = ManualClock(MONDAY)
        async with (
            Simulator(clock=clock) as sim,
            Life(sim.control, sim.board.pbx, sim.company, clock, rate("30/min"), seed=seed),
        ):
            await clock.advance(300)
            return [(call.origin, call.target) for call in sim.board.pbx.ended.values()]

    first = await lived(4)
    assert first
    assert first == await lived(4) != await lived(5)
