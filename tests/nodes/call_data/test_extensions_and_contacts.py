"""Extensions, contacts and blocked callers."""

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


@pytest.mark.parametrize("written", ["+49 30 5550123", "0049305550123", "030 555 0123"])
@pytest.mark.proves("data.findContact", "data.createContact")
async def test_a_contact_is_found_however_its_number_is_written(data: Data, written: str) -> None:
    (made,) = await data.run(
        "createContact", firstName="Ada", lastName="Lovelace", phoneNumber="(030) 5550123"
    )

    (found,) = await data.run("findContact", number=written)

    assert made["numbers"] == ["+49305550123"]
    assert found["contactId"] == made["contactId"]


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


async def test_what_is_no_number_is_not_blocked(data: Data) -> None:
    assert (await data.error("blockCaller", number="everybody"))["errorId"] == "badParameter"


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
