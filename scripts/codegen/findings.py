"""What is wrong with a descriptor, and where: the JSON file, the field in it, the remedy."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A field of a JSON file; `field` is a dotted path."""

    file: str
    field: str = ""

    def at(self, *names: str) -> "Place":
        """A field further inside."""
        return replace(self, field=".".join(filter(None, (self.field, *names))))


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One fault, in one sentence that says what to change."""

    place: Place
    message: str

    def __str__(self) -> str:
        return ": ".join(filter(None, (self.place.file, self.place.field, self.message)))


class Faulty(Exception):
    """The descriptors cannot be generated from."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__("\n".join(map(str, findings)))
        self.findings = findings
