"""Whatever is asked, the XAPI answers as a PBX would: never with a server error, never with a framework's words."""

import asyncio
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from threecx_simulator import ManualClock, Simulator, default_world
from threecx_simulator.company import company_of
from threecx_simulator.xapi.filter import parse
from threecx_simulator.xapi.model import model
from threecx_simulator.xapi.paths import segments
from threecx_simulator.xapi.query import Query
from threecx_simulator.xapi.values import BadQuery

from .conftest import CALL_LOG, MONDAY, Xapi

pytestmark = pytest.mark.proves("simulator.section-12")
_WORDS = st.sampled_from(
    [
        "Number",
        "Id",
        "Groups",
        "any(",
        "all(",
        "g:",
        "g/",
        "eq",
        "ne",
        "gt",
        "in",
        "(",
        ")",
        ",",
        "'",
        "'x'",
        "101",
        "-5",
        "1.5",
        "null",
        "true",
        "not",
        "and",
        "or",
        "contains(",
        "tolower(",
        "2026-01-01",
        "2026-02-30T10:00:00Z",
        "duration'PT1H'",
        "$it",
        "Nonsense",
        "/",
        ";",
        "=",
        "%",
        "\\",
        "é",
        "\x00",
        "Pbx.QueueStatusType'LoggedIn'",
        "add",
        "sub",
        "mul",
        "div",
        "mod",
        "has",
        "-",
        "now()",
        "substring(",
        "Groups/$count",
        "1e400",
        "9999999999999999999",
        "maxdatetime()",
    ]
)
_CONDITIONS = st.lists(_WORDS, max_size=12).map(" ".join) | st.text(max_size=40)
_SETS = st.sampled_from(sorted(model().sets))
_OPTIONS = st.dictionaries(
    st.sampled_from(
        ["$filter", "$orderby", "$select", "$expand", "$top", "$skip", "$count", "$search", "$bogus", "x"]
    ),
    _CONDITIONS
    | st.sampled_from(["1", "Id", "Id desc", "Number,Id", "Groups($expand=Rights)", "true", "9999999999"]),
    max_size=4,
)
_LITERALS = st.sampled_from(
    ["''", "'800'", "0", "null", "true", "2026-01-01T00:00:00Z", "'+01:00'", "'0:00:0'", "x", "'"]
)
_VALUES: Any = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.sampled_from(["101", "LoggedIn", "Away", "RingAll"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["Number", "Id", "Rights", "To"]), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(_CONDITIONS, _SETS)
@settings(max_examples=300, deadline=None)
def test_a_filter_is_understood_or_refused(condition: str, name: str) -> None:
    type_ = model().sets[name].type
    try:
        keep = parse(condition, type_, MONDAY)
    except BadQuery:
        return
    keep({})


@given(
    st.text(max_size=60)
    | st.lists(st.sampled_from(["Users", "(", ")", "'", "/", "=", ",", "101", "Pbx.X"])).map("".join)
)
@settings(deadline=None)
def test_a_path_is_understood_or_none(path: str) -> None:
    segments(path)


@given(_OPTIONS, _SETS)
@settings(deadline=None)
def test_options_are_understood_or_refused(options: dict[str, str], name: str) -> None:
    try:
        Query.of(options.items(), model().sets[name].type, 100, MONDAY)
    except BadQuery:
        return


@st.composite
def _requests(draw: st.DrawFn) -> tuple[str, str, dict[str, str], Any]:
    """Method, path, options and body of something a confused program could ask."""
    method = draw(st.sampled_from(["GET", "GET", "GET", "POST", "PATCH", "DELETE", "PUT", "OPTIONS"]))
    kind = draw(st.integers(0, 3))
    name = draw(_SETS)
    if kind == 0:
        path = draw(
            st.sampled_from(
                ["{}", "{}(29)", "{}(1)", "{}('x')", "{}(Number='101')", "{}(29)/Groups", "{}(29)/Agents"]
            )
        ).format(name)
    elif kind == 1:
        call = draw(st.sampled_from(sorted(model().calls)))
        arguments = ",".join(f"{one}={draw(_LITERALS)}" for one in model().calls[call].parameters)
        brackets = f"({arguments})" if model().calls[call].verb == "GET" else ""
        path = call.replace("()", "(29)") + brackets
    elif kind == 2:
        path = draw(st.sampled_from([*sorted(model().singletons), CALL_LOG, "$metadata", "Defs/TimeZones"]))
    else:
        path = draw(st.text(max_size=20))
    fields = list(model().sets[name].type.properties) or ["Id"]
    body = draw(st.dictionaries(st.sampled_from(fields), _VALUES, max_size=4))
    return method, path, draw(_OPTIONS), body


@given(asked=st.lists(_requests(), min_size=4, max_size=12))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_request_whatever_makes_the_server_fail(asked: list[tuple[str, str, dict[str, str], Any]]) -> None:
    asyncio.run(_ask_all(asked))


async def _ask_all(asked: list[tuple[str, str, dict[str, str], Any]]) -> None:
    world = default_world()
    async with (
        Simulator(world=world, company=company_of(world), clock=ManualClock(MONDAY), history=50) as sim,
        aiohttp.ClientSession() as session,
    ):
        client = Xapi(sim, session)
        await client.log_in("8001")
        for method, path, options, body in asked:
            status, answer = await client.ask(method, quote(path, safe="()'=,/$"), params=options, json=body)
            assert status < 500, (method, path, options, body, answer)
            assert status < 400 or not answer or set(answer) == {"error"}
        assert (await client.ask("GET", "Users"))[0] == 200
        assert (await client.ask("GET", "Queues?$expand=*"))[0] == 200
