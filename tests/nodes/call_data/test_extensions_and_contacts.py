"""Extensions, contacts and blocked callers."""

import json
from typing import Any

import pytest

from .conftest import Data


@pytest.mark.proves("data.getExtensions")
async def test_extensions_come_in_order_and_up_to_the_limit(data: Data) -> None:
    every = await data.run("getExtensions", returnAll=True)

    assert [one["number"] for one in every] == sorted(one["number"] for one in every)
    assert await data.run("getExtensions", limit=2) == every[:2]


async def test_raw_rows_come_when_they_are_not_simplified(data: Data) -> None:
    (one,) = await data.run("getExtensions", simplify=False, filters={"search": "Sue"})

    assert one["raw"]["FirstName"] == "Sue"


@pytest.mark.proves("data.getExtensionStatus", "data.setExtensionStatus")
async def test_presence_is_changed_and_read_again(data: Data) -> None:
    (after,) = await data.run("setExtensionStatus", extension="102", profile="Out of office")
    (now,) = await data.run("getExtensionStatus", extension={"mode": "id", "value": str(after["id"])})

    assert (after["profile"], now["profile"], now["onCall"]) == ("Out of office", "Out of office", False)


@pytest.mark.parametrize("extension", ["999", "1' or '1' eq '1", {"mode": "id", "value": "4711"}])
async def test_an_unknown_extension_is_named(data: Data, extension: Any) -> None:
    assert (await data.error("getExtensionStatus", extension=extension))["errorId"] == "recordUnknown"


async def test_numbers_of_expressions_are_numbers_of_telephones(data: Data) -> None:
    await data.run("createContact", firstName="Ada", phoneNumber=49305550123, country="DE")
    (found,) = await data.run("findContact", number="+49305550123")
    by_list = await data.run("getExtensionStatus", extension=102)
    by_number = await data.run("getExtensionStatus", extension={"mode": "number", "value": 102})
    (queue,) = await data.run("getQueueStats", queueId=800, metrics=["waitingCalls"])
    day = {"startDate": 20260302, "endDate": 20260302, "returnAll": True}
    calls = [
        await data.run("getCallHistory", **day, filters={"extensions": one}) for one in (102, "102", [102])
    ]

    assert found["firstName"] == "Ada"
    assert by_list == by_number
    assert queue["queue"] == "800"
    assert calls[0]
    assert calls[0] == calls[1] == calls[2]
    assert (await data.error("findContact", number=True))["errorId"] == "badParameter"
    assert (await data.error("getExtensionStatus", extension=True))["errorId"] == "badParameter"


@pytest.mark.parametrize("mode", ["list", "number", "id"])
async def test_an_extension_that_is_empty_is_named_so(data: Data, mode: str) -> None:
    error = await data.error("getExtensionStatus", extension={"mode": mode, "value": ""})

    assert (error["errorId"], error["message"]) == ("badParameter", "The extension is empty.")


@pytest.mark.parametrize("written", ["+49 30 5550123", "0049305550123", "030 555 0123"])
@pytest.mark.proves("data.findContact", "data.createContact")
async def test_a_contact_is_found_however_its_number_is_written(data: Data, written: str) -> None:
    (made,) = await data.run(
        "createContact", firstName="Ada", lastName="Lovelace", phoneNumber="(030) 5550123"
    )

    (found,) = await data.run("findContact", number=written)

    assert made["numbers"] == ["+49305550123"]
    assert found["contactId"] == made["contactId"]


@pytest.mark.parametrize(
    "stored",
    [
        "030 1234567",
        "030/1234567",
        "030-12345-67",
        "030 123456-7",
        "0049 30 1234567",
        "+49 (30) 1234567",
        "+49 (0)30 1234567",
        "+49 30 1 23 45 67",
        "+49 30 1234567 ext. 12",
    ],
)
@pytest.mark.proves("data.findContact")
async def test_a_caller_is_found_however_the_phone_book_writes_the_number(data: Data, stored: str) -> None:
    data.login["allowDataChanges"] = True
    contact = {"FirstName": "Ada", "Business2": stored}
    await data.run("xapiRequest", method="POST", path="Contacts", body=json.dumps(contact))

    for asked in ("+49301234567", "030 1234567"):
        assert [one["name"] for one in await data.run("findContact", number=asked)] == ["Ada"]
    assert await data.run("findContact", number="+44301234567") == []


async def test_a_number_of_a_country_that_is_none_names_the_field_country(data: Data) -> None:
    for operation in ("findContact", "blockCaller"):
        error = await data.error(operation, number="0301234567", country="XX")
        assert (error["errorId"], error["message"]) == ("badParameter", "Country 'XX' is not known.")


@pytest.mark.proves("data.findContact", "data.getExtensions")
async def test_a_search_of_several_words_finds_who_has_them_all(data: Data) -> None:
    await data.run("createContact", firstName="Xenia", lastName="Böll", phoneNumber="+49305550125")
    await data.run("createContact", firstName="Xenia", lastName="Meier", phoneNumber="+49305550126")

    found = await data.run("findContact", findBy="text", search="Xenia Böll")
    other = await data.run("findContact", findBy="text", search="meier XENIA", limit=1)
    people = [await data.run("getExtensions", filters={"search": by}) for by in ("Sue Support", "102 Sue")]

    assert [one["name"] for one in found] == ["Xenia Böll"]
    assert [one["name"] for one in other] == ["Xenia Meier"]
    assert [[one["name"] for one in some] for some in people] == [["Sue Support"], ["Sue Support"]]


async def test_a_number_that_only_ends_alike_is_another_one(data: Data) -> None:
    await data.run("createContact", firstName="Ada", phoneNumber="+49305550123")

    assert await data.run("findContact", number="+44305550123") == []


async def test_a_contact_is_found_by_text_with_quotes_in_it(data: Data) -> None:
    await data.run("createContact", firstName="Grace", lastName="O'Hopper", phoneNumber="+49305550124")

    assert [one["name"] for one in await data.run("findContact", findBy="text", search="Hopper")] == [
        "Grace O'Hopper"
    ]
    assert await data.run("findContact", findBy="text", search='" or 1 eq 1 "') == []


async def test_a_contact_without_a_name_is_refused(data: Data) -> None:
    assert (await data.error("createContact", phoneNumber="+49305550123"))["errorId"] == "badParameter"


@pytest.mark.proves("data.blockCaller")
async def test_a_caller_is_blocked_once(data: Data) -> None:
    (first,) = await data.run("blockCaller", number="030 5550199")
    (again,) = await data.run("blockCaller", number="+49305550199")

    assert (first["number"], first["alreadyBlocked"], again["alreadyBlocked"]) == (
        "+49305550199",
        False,
        True,
    )
    assert first["blockId"] == again["blockId"]


@pytest.mark.proves("data.blockCaller")
@pytest.mark.parametrize(
    ("number", "named"),
    [
        ("everybody", "signs that are no digits"),
        ("+4930*", "signs that are no digits"),
        ("1-800-FLOWERS", "signs that are no digits"),
        ("030 1234567 ext. 5", "signs that are no digits"),
        ("101", "not a whole telephone number"),
        ("12", "not a whole telephone number"),
        ("110", "not a whole telephone number"),
        ("1234567", "not a whole telephone number"),
        ("+49101", "not a whole telephone number"),
    ],
)
async def test_only_a_whole_number_is_blocked(data: Data, number: str, named: str) -> None:
    error = await data.error("blockCaller", number=number)

    assert error["errorId"] == "badParameter"
    assert number in error["message"]
    assert named in error["message"]
    assert await data.run("xapiRequest", path="BlackListNumbers") == []


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        ("createContact", {"firstName": "A"}),
        ("blockCaller", {"number": "+49305550199"}),
        ("setExtensionStatus", {"extension": "102"}),
    ],
)
async def test_a_model_may_not_write(data: Data, operation: str, parameters: dict[str, str]) -> None:
    assert (await data.error(operation, tool=True, **parameters))["errorId"] == "dataChangesOff"
