"""`$filter` as ASP.NET OData reads it: its functions, operators and literals, and its words for what cannot be meant."""

import pytest

from .conftest import Start

pytestmark = pytest.mark.proves("simulator.section-12")


@pytest.mark.parametrize(
    ("condition", "numbers"),
    [
        ("substring(Number,1) eq '01'", ["101"]),
        ("substring(Number,2,1) in ('4','5')", ["104", "105"]),
        ("concat(concat(FirstName,' '),LastName) eq 'Sam Sales'", ["101"]),
        ("toupper(trim(LastName)) eq 'SALES'", ["101"]),
        ("length(Number) eq 3 and indexof(Number,'5') eq 2", ["105"]),
        ("Id add 1 eq 30 or Id sub 1 eq 29", ["100", "101"]),
        ("Id mod 5 eq 0", ["101"]),
        ("Id div 10 eq 2", ["100"]),
        ("Id mul 2 le 60 and -Id lt -29", ["101"]),
        ("round(Id divby 2) eq 15 and floor(1.9) eq 1 and ceiling(1.1) eq 2", ["100", "101"]),
        ("QueueStatus eq Pbx.QueueStatusType'LoggedIn' and Number eq '100'", ["100"]),
        ("QueueStatus has Pbx.QueueStatusType'LoggedOut'", []),
        ("not contains(Number,'10')", []),
        ("not (Number le '104')", ["105"]),
        ("Groups/$count gt 0 and Number eq '102'", ["102"]),
        ("Groups/all(one:one/Name eq 'DEFAULT') and Groups/any() and Number eq '103'", ["103"]),
        ("$it/Number eq '104'", ["104"]),
        ("Id eq 29L or Id eq 3.0e1", ["100", "101"]),
        ("number EQ '101' Or NUMBER eq '102' AND id Gt 0", ["101", "102"]),
        ("Number eq '102' and Enabled eq TRUE", ["102"]),
        ("Number eq 'O''Neil' or endswith(Number,'3')", ["103"]),
        ("Id div 0 eq 1 or Id mod 0 eq 1 or floor(1e400) eq 1", []),
    ],
)
async def test_a_condition_chooses_users(xapi: Start, condition: str, numbers: list[str]) -> None:
    client = await xapi(history=0)
    rows = await client.rows("Users", filter=condition, select="Number", orderby="Number")
    assert [row["Number"] for row in rows] == numbers


@pytest.mark.parametrize(
    ("condition", "some"),
    [
        ("StartTime lt now()", True),
        ("StartTime gt now()", False),
        ("StartTime ge now() sub duration'P1D' and day(StartTime) eq 2 and month(StartTime) eq 3", True),
        ("StartTime ge 2026-03-02T00:00:00Z add duration'P1D'", False),
        ("EndTime sub StartTime gt duration'PT1M'", True),
        ("totalseconds(EndTime sub StartTime) gt 100000", False),
        ("date(StartTime) eq 2026-03-02 and year(StartTime) eq 2026", True),
        ("hour(StartTime) lt 24 and minute(StartTime) ge 0 and second(StartTime) le 59", True),
        ("time(StartTime) ge 00:00 and time(StartTime) lt 23:59:59.9", True),
        ("time(StartTime) gt 23:00:00 or time(StartTime) eq null", False),
        ("StartTime gt mindatetime() and StartTime lt maxdatetime()", True),
        ("StartTime ge 2026-03-02T16:00:00+01:00 and StartTime le 2026-03-01", False),
    ],
)
async def test_a_condition_about_times_reckons_from_the_clock_of_the_pbx(
    xapi: Start, condition: str, some: bool
) -> None:
    client = await xapi()
    assert bool(await client.rows("Recordings", filter=condition, top=1)) is some


_INVALID = "The query specified in the URI is not valid. "


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("$filter=Nope eq 1", f"{_INVALID}Could not find a property named 'Nope' on type 'Pbx.User'."),
        ("$select=Nope", f"{_INVALID}Could not find a property named 'Nope' on type 'Pbx.User'."),
        ("$orderby=Nope", f"{_INVALID}Could not find a property named 'Nope' on type 'Pbx.User'."),
        (
            "$top=500",
            f"{_INVALID}The limit of '100' for Top query has been exceeded. "
            "The value from the incoming request is '500'.",
        ),
        (
            "$skip=-1",
            f"{_INVALID}Invalid value '-1' for $skip query option found. "
            "The $skip query option requires a non-negative integer value.",
        ),
        (
            "$filter=Number eq 101",
            f"{_INVALID}A binary operator with incompatible types was detected. "
            "Found operand types 'Edm.String' and 'Edm.Int32' for operator kind 'Equal'.",
        ),
        (
            "$filter=not Number",
            f"{_INVALID}A unary operator with an incompatible type was detected. "
            "Found operand type 'Edm.String' for operator kind 'Not'.",
        ),
        (
            "$filter=contains(Id,'1')",
            f"{_INVALID}No function signature for the function with name 'contains' matches the specified arguments. "
            "The function signatures considered are: contains(Edm.String Nullable=true, Edm.String Nullable=true).",
        ),
        (
            "$filter=substringof('1',Number)",
            f"{_INVALID}An unknown function with name 'substringof' was found. "
            "This may also be a function import or a key lookup on a navigation property, which is not allowed.",
        ),
        (
            "$filter=QueueStatus eq 'Asleep'",
            f"{_INVALID}The string 'Asleep' is not a valid enumeration type constant.",
        ),
        (
            "$filter=Number",
            f"{_INVALID}The $filter expression must evaluate to a single boolean value.",
        ),
        ("$filter=", f"{_INVALID}The value for OData query '$filter' cannot be empty."),
        (
            "$expand=Number",
            f"{_INVALID}Property 'Number' on type 'Pbx.User' is not a navigation property or complex property. "
            "Only navigation properties can be expanded.",
        ),
        (
            "$apply=aggregate($count as All)",
            "The query parameter 'Specified argument was out of the range of valid values. (Parameter '$apply')' "
            "is not supported.",
        ),
    ],
)
async def test_a_refusal_has_the_words_of_the_library_behind_the_pbx(
    xapi: Start, query: str, message: str
) -> None:
    client = await xapi(history=0)
    refused = {"error": {"code": "", "message": message, "details": []}}
    assert await client.ask("GET", f"Users?{query}") == (400, refused)


@pytest.mark.parametrize(
    "condition",
    [
        "Number eq 'O'Neil'",
        'Number eq "101"',
        "Number eq guid'3f2504e0-4f89-41d3-9a0c-0305e82c3301'",
        "Number eq '101' and",
        "Number eq 09:30:00",
        "ResetQueueStatisticsSchedule/Time eq 99:99",
        "Id add 'x' eq 1",
        "not Number eq '101'",
        "FirstName has 'x'",
        "now(1) lt now()",
        "substring(Number) eq '1'",
        "Number/$count eq 1",
        "QueueStatus eq Pbx.UserTag'LoggedIn'",
        "-Number eq 1",
        "Id and true",
    ],
)
async def test_a_condition_that_cannot_be_meant_is_refused(xapi: Start, condition: str) -> None:
    client = await xapi(history=0)
    status, body = await client.ask("GET", "Users", params={"$filter": condition})
    assert (status, list(body)) == (400, ["error"])


async def test_names_in_options_are_known_in_any_case_and_sent_as_they_are_called(xapi: Start) -> None:
    client = await xapi(history=0)
    body = await client.get(
        "Users", select="id,number", expand="groups($select=name)", orderby="NUMBER desc", top=1
    )
    assert body["@odata.context"].endswith("$metadata#Users(Id,Number,Groups(Name))")
    assert body["value"] == [{"Id": 34, "Number": "105", "Groups": [{"Name": "DEFAULT"}]}]
    _, other = await client.ask("GET", "Users?$orderBy=Number desc&TOP=1&$Select=Number")
    assert [row["Number"] for row in other["value"]] == ["105"]


async def test_an_expanded_collection_is_ordered_cut_and_counted(xapi: Start) -> None:
    client = await xapi(history=0)
    await client.ask(
        "PATCH", "Queues(Number='800')", json={"Agents": [{"Number": str(n)} for n in range(100, 104)]}
    )
    options = "$count=true;$orderby=Number desc;$skip=1;$top=2;$select=Number"
    queue = (await client.rows("Queues", select="Number", expand=f"Agents({options})"))[0]
    assert queue == {
        "Number": "800",
        "Agents@odata.count": 4,
        "Agents": [{"Number": "102"}, {"Number": "101"}],
    }


async def test_a_property_that_is_a_time_of_day_compares_with_one(xapi: Start) -> None:
    client = await xapi(history=0)
    condition = "ResetQueueStatisticsSchedule/Time lt 00:00:01"
    assert [row["Number"] for row in await client.rows("Queues", filter=condition)] == ["800"]
    assert await client.rows("Queues", filter=condition.replace("lt", "gt")) == []


async def test_an_expanded_collection_without_entries_is_empty_and_trunks_lead_to_their_rules(
    xapi: Start,
) -> None:
    client = await xapi(history=0)
    options = "ReceiveExtensions,RoutingRules($select=Data;$expand=TrunkDN($select=Number))"
    trunk = (await client.rows("Trunks", expand=options))[0]
    assert trunk["ReceiveExtensions"] == []
    assert [one["Data"] for one in trunk["RoutingRules"]] == trunk["DidNumbers"]
    assert {one["TrunkDN"]["Number"] for one in trunk["RoutingRules"]} == {trunk["Number"]}
