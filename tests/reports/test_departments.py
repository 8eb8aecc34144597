"""Which holidays count for a department."""

from threecx_pbx.reports.departments import holidays_of

FIRST = {"Number": "GRP2", "IsDefault": True}
BRANCH = {"Number": "GRP3", "IsDefault": False}
GROUPS = [FIRST, BRANCH]
HOLIDAYS = [
    {"Name": "Labour Day", "Group": "GRP2"},
    {"Name": "Fair", "Group": "GRP3"},
    {"Name": "Old", "Group": "GRP0000"},
]


def names(group: dict[str, object]) -> list[object]:
    return [row["Name"] for row in holidays_of(group, GROUPS, HOLIDAYS)]


def test_a_department_has_the_holidays_of_the_first_one_whatever_its_number() -> None:
    assert names(FIRST) == names(BRANCH) == ["Labour Day", "Old"]


def test_a_department_with_holidays_of_its_own_has_those_alone() -> None:
    assert names(BRANCH | {"OverrideHolidays": True}) == ["Fair"]
    shown = [{"Name": "Shown", "Group": "GRP3"}]
    assert names(BRANCH | {"OverrideHolidays": True, "OfficeHolidays": shown}) == ["Shown"]
