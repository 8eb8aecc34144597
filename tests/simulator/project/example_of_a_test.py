"""A test of another project: synchronous, with `requests`. Run by test_plugin.py, and shown in the docs."""

from collections.abc import Callable

import pytest
import requests

from threecx_simulator.audio.pcm import tone
from threecx_simulator.pytest_plugin import Caller, RunningPbx
from threecx_simulator.readings import draw


def log_in(pbx: RunningPbx) -> requests.Session:
    session = requests.Session()
    session.trust_env = False  # else REQUESTS_CA_BUNDLE of the machine beats `verify`
    if pbx.ca_file:
        session.verify = str(pbx.ca_file)
    fields = {"client_id": "8001", "client_secret": "simulator-secret", "grant_type": "client_credentials"}
    answer = session.post(f"{pbx.url}/connect/token", data=fields, timeout=5)
    session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    return session


@pytest.mark.threecx(profile="manual", tls=True, speed=20)
def test_a_program_answers_plays_and_routes(
    threecx_pbx: RunningPbx, threecx_caller: Callable[..., Caller]
) -> None:
    caller = threecx_caller("+49301234567", "+4930555001", name="Paul")
    with log_in(threecx_pbx) as session:
        base = f"{threecx_pbx.url}/callcontrol/8001/participants"
        (leg,) = session.get(base, timeout=5).json()
        session.post(f"{base}/{leg['id']}/answer", json={}, timeout=5)
        caller.expect("connected 8001")
        session.post(f"{base}/{leg['id']}/stream", data=tone(440, 1), timeout=5)
        caller.press("1")
        assert (
            session.post(f"{base}/{leg['id']}/routeto", json={"destination": "101"}, timeout=5).status_code
            == 200
        )
    caller.expect("connected 101")
    caller.hang_up()
    assert caller.expect_end().ended_by == "caller"
    caller.expect_to_have_heard("tone:440:1")
    with pytest.raises(
        AssertionError, match=r"^Expected tone:1000:1 to have been heard; heard something else \(0% of it\)"
    ):
        caller.expect_to_have_heard("tone:1000:1")
    assert threecx_pbx.requests().tokens == {"8001": 1}


@pytest.mark.threecx(speed=20)
def test_a_program_calls_somebody_who_presses_a_key(threecx_pbx: RunningPbx) -> None:
    with log_in(threecx_pbx) as session:
        base = f"{threecx_pbx.url}/callcontrol/8001"
        made = session.post(f"{base}/makecall", json={"destination": "+491701234567"}, timeout=5).json()
        called = threecx_pbx.called("+491701234567")
        session.post(f"{base}/participants/{made['result']['id']}/stream", data=tone(440, 1), timeout=5)
        called.listen()
        called.press("1")
        called.expect("pressed 1")
        called.hang_up()
    assert called.expect_end().ended_by == "+491701234567"
    called.expect_to_have_heard("tone:440:1")


@pytest.mark.threecx(profile="v20_u9", seed=None, dtmf_frames="string", speed=20)
def test_a_marker_takes_the_options_of_the_profile(threecx_pbx: RunningPbx) -> None:
    profile = threecx_pbx.simulator.profile
    assert (profile.version, profile.party_did, profile.dtmf_frames) == ("20.0.9.0", True, "string")


@pytest.mark.threecx(profile="drawn", seed=3, company_seed=7, people=60, history=500)
def test_a_marker_asks_for_a_larger_company(threecx_pbx: RunningPbx) -> None:
    with log_in(threecx_pbx) as session:
        people = session.get(f"{threecx_pbx.url}/xapi/v1/Users/$count", timeout=5).text
    assert (people, threecx_pbx.simulator.profile) == ("60", draw(3))


def test_without_a_marker_it_is_the_likeliest_pbx(threecx_pbx: RunningPbx) -> None:
    threecx_pbx.behave("101", answers_after=None)
    caller = threecx_pbx.call("+49", "+4930555101")
    assert caller.report.state == "ringing"
    assert [call.id for call in threecx_pbx.calls()] == [caller.id]
