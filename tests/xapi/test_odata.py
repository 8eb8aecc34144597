"""Words of OData: a user's text never leaves its quotes."""

import posixpath
import re
from datetime import UTC, datetime
from urllib.parse import unquote

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from threecx_pbx.errors import BadParameter
from threecx_pbx.xapi.odata import all_of, call, moment, one_of, text
from threecx_pbx.xapi.paths import clean_path, known_paths


@given(st.text())
def test_any_text_is_one_literal_that_gives_the_text_back(value: str) -> None:
    literal = text(value)

    assert re.fullmatch(r"'(?:[^']|'')*'", literal, re.DOTALL)
    assert literal[1:-1].replace("''", "'") == value


@given(st.text(alphabet=st.characters(codec="utf-8")))
def test_a_text_in_a_function_call_ends_neither_its_quotes_nor_the_path(value: str) -> None:
    path = call("Contacts/Pbx.GetContactsByNumber", number=value)

    assert re.fullmatch(r"Contacts/Pbx\.GetContactsByNumber\(number='[^/?#,()\s]*'\)", path)
    inside = unquote(path.split("number=", 1)[1][:-1])
    assert inside == text(value)


@given(st.lists(st.text(), min_size=1, max_size=4))
def test_a_list_of_texts_has_as_many_comparisons_as_texts(values: list[str]) -> None:
    outside = re.sub(r"'(?:[^']|'')*'", "?", one_of("Number", values), flags=re.DOTALL)

    assert outside == "(" + " or ".join(["Number eq ?"] * len(values)) + ")"


def test_arguments_keep_their_order_and_kind() -> None:
    when = datetime(2026, 3, 1, 8, tzinfo=UTC)

    told = call("Report/Pbx.Get", periodFrom=when, queueDns="800 801", waitInterval="0:00:0", hidePcalls=True)

    assert (
        told
        == "Report/Pbx.Get(periodFrom=2026-03-01T08:00:00Z,queueDns='800%20801',waitInterval='0:00:0',hidePcalls=true)"
    )


def test_moments_are_told_in_utc() -> None:
    assert moment(datetime.fromisoformat("2026-03-01T08:00:00+01:00")) == "2026-03-01T07:00:00Z"


def test_empty_conditions_do_not_count() -> None:
    assert all_of("", "Id eq 1", "") == "Id eq 1"


@pytest.mark.parametrize(
    "path",
    [
        "",
        "../connect/token",
        "Users?$top=1",
        "//evil",
        "Users#x",
        "Users({Id})",
        "a\nb",
        "%2e%2e/%2e%2e/callcontrol",
        "Users/%252e%252E/callcontrol",
        "Users/.%2e/callcontrol",
        "%2Fcallcontrol",
        "Users%2F%2Fx",
        "Users%5c..%5ccallcontrol",
        "Users/%2e/x",
        "Users%00",
        "Users%250a",
        "Users/\ud800",
        "x" * 9000,
    ],
)
def test_what_is_no_path_of_the_xapi_is_refused(path: str) -> None:
    with pytest.raises(BadParameter):
        clean_path(path)


_PIECES = st.sampled_from(
    [
        "Users",
        "Pbx.",
        "(29)",
        "'",
        "/",
        "//",
        ".",
        "..",
        "%2e",
        "%2E",
        "%252e",
        "%2f",
        "%5c",
        "\\",
        "%",
        "25",
        " ",
        "?",
        "%00",
        "ü",
    ]
)


@given(st.lists(_PIECES | st.text(max_size=3), max_size=12).map("".join))
def test_no_path_that_is_let_through_leaves_the_xapi_however_often_it_is_unescaped(typed: str) -> None:
    try:
        path = clean_path(typed)
    except BadParameter:
        return

    sent = requests.Request("GET", f"http://pbx/xapi/v1/{path}").prepare().path_url
    assert sent == f"/xapi/v1/{path}"
    while (bare := unquote(sent)) != sent:
        sent = bare
    assert posixpath.normpath(sent) == sent.rstrip("/")
    assert not {"\\", "\n", "\0"} & set(sent)


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="?#{/.\\"), min_size=1, max_size=9))
def test_a_text_in_a_path_means_what_it_meant(typed: str) -> None:
    path = call("Contacts/Pbx.GetContactsByNumber", number=typed)
    try:
        assert unquote(clean_path(path)) == unquote(path)
    except BadParameter:
        assert any(ord(one) < 32 or 127 <= ord(one) < 160 or one in "%\ufffd" for one in typed)


def test_a_path_may_be_written_with_its_prefix() -> None:
    assert clean_path("/xapi/v1/Users(29)") == "Users(29)"
    assert clean_path("Queues(Number='80 0')") == "Queues(Number='80%200')"
    assert clean_path("CustomPrompts('a%2Fb%3F 100%.wav')") == "CustomPrompts('a%2Fb%3F%20100%25.wav')"


def test_the_editor_knows_all_paths_of_the_swagger() -> None:
    assert len(known_paths()) == 480
    assert known_paths()["Users({Id})"] == "GET PATCH DELETE"
