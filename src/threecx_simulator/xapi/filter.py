"""OData `$filter`: parsed against a type of the model into a predicate over rows.

As strict as ASP.NET OData, whose words its refusals have, and as it takes names, operators and functions in any case:
3CX's own web client sends `startsWith`, which that library knows only when it does so for every name (library source).
Rows carry values as the XAPI sends them (times and durations as ISO texts, a null as None or a missing key).
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedInput

from threecx_simulator.xapi.model import Type, called_like, model
from threecx_simulator.xapi.terms import (
    Scope,
    Term,
    alike,
    calculated,
    called,
    computed,
    constant,
    incompatible,
    member,
)
from threecx_simulator.xapi.values import BadQuery, Row, clock, kind_of, moment, named, seconds

Node = Tree[Token] | Token | None

_GRAMMAR = r"""
?start: either
?either: both | either _OR both -> disjunction
?both: comparison | both _AND comparison -> conjunction
?comparison: sum | comparison OPERATOR sum -> compare
?sum: product | sum ADDING product -> arithmetic
?product: unary | product MULTIPLYING unary -> arithmetic
?unary: primary | _NOT unary -> inverse | "-" unary -> negative
?primary: operand
    | primary _IN "(" operand ("," operand)* ")" -> member
    | primary _HAS operand -> has
?operand: "(" either ")" | literal | call | quantified | counted | path
call: FUNCTION "(" [either ("," either)*] ")"
quantified: PATH_TO "(" [NAME ":" either] ")"
counted: PATH_COUNT
path: NAME ("/" NAME)*
?literal: TEXT -> text | MOMENT -> moment | CLOCK -> clock | DURATION -> duration | GUID -> guid | NUMBER -> number
    | YES -> yes | NO -> no | NULL -> null
_OR.7: /or\b/i
_AND.7: /and\b/i
_NOT.7: /not\b(?!\/)/i
_IN.7: /in\b/i
_HAS.7: /has\b/i
YES.7: /true\b/i
NO.7: /false\b/i
NULL.7: /null\b/i
OPERATOR.7: /(eq|ne|gt|ge|lt|le)\b/i
ADDING.7: /(add|sub)\b/i
MULTIPLYING.7: /(mul|divby|div|mod)\b/i
FUNCTION.3: /[A-Za-z_][\w.]*(?=\s*\()/
PATH_TO.6: /[\w$]+(\/\w+)*\/(any|all)(?=\()/
PATH_COUNT.6: /[\w$]+(\/\w+)*\/\$count\b/
TEXT.8: /([A-Za-z][\w.]*)?'(''|[^'])*'/
MOMENT.4: /\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?/
CLOCK.4: /\d\d:\d\d(:\d\d(\.\d+)?)?/
GUID.5: /[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}/
DURATION.9: /duration'[^']*'/i
NUMBER: /-?\d+(\.\d+)?([eE][-+]?\d+)?[lLmMdDfF]?\b/
NAME: /[A-Za-z_@$][\w]*/
%ignore /\s+/
"""

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda left, right: left == right,
    "ne": lambda left, right: left != right,
    "gt": lambda left, right: left > right,
    "ge": lambda left, right: left >= right,
    "lt": lambda left, right: left < right,
    "le": lambda left, right: left <= right,
}


class _Builder:
    """Turns a parse tree into terms, from the top down. `types`: of the row ("") and of the variables in force."""

    def __init__(self, types: Mapping[str, Type | str], now: datetime) -> None:
        self._types = types
        self._now = now

    def build(self, tree: Node) -> Term:
        """The term of a node; `_<rule>` methods read one rule each."""
        assert isinstance(tree, Tree)
        read: Callable[[Sequence[Node]], Term] = getattr(self, f"_{tree.data}")
        return read(tree.children)

    def _text(self, parts: Sequence[Node]) -> Term:
        literal = str(parts[0])
        prefix, _, quoted = literal.partition("'")
        text = quoted[:-1].replace("''", "'")
        if not prefix:
            return constant("text", text)
        enum = called_like(model().enums, prefix.rpartition(".")[2])
        if enum is None or prefix.lower() != f"pbx.{enum}".lower():
            raise BadQuery(f"The string '{literal}' is not a valid enumeration type constant.")
        member(text, enum, literal)
        return constant(enum, text)

    def _moment(self, parts: Sequence[Node]) -> Term:
        return constant("moment", moment(str(parts[0])))

    def _clock(self, parts: Sequence[Node]) -> Term:
        return constant("time", clock(str(parts[0])))

    def _duration(self, parts: Sequence[Node]) -> Term:
        return constant("duration", seconds(str(parts[0])[len("duration'") : -1]))

    def _guid(self, parts: Sequence[Node]) -> Term:
        return constant("guid", str(parts[0]).lower())

    def _number(self, parts: Sequence[Node]) -> Term:
        text = str(parts[0]).rstrip("lLmMdDfF")
        if re.fullmatch(r"-?\d+", text):
            return constant("number", int(text), "" if abs(int(text)) < 2**31 else "Edm.Int64")
        return constant("number", float(text), "Edm.Double")

    def _yes(self, _parts: Sequence[Node]) -> Term:
        return constant("flag", True)

    def _no(self, _parts: Sequence[Node]) -> Term:
        return constant("flag", False)

    def _null(self, _parts: Sequence[Node]) -> Term:
        return constant("null", None)

    def _path(self, parts: Sequence[Node]) -> Term:
        return self._walk([str(part) for part in parts])

    def _walk(self, names: Sequence[str]) -> Term:
        start = names[0] if names[0] in self._types else ""
        steps, taken = names[1:] if start or names[0] == "$it" else names, []
        here = self._types[start]
        kind, many = (here, False) if isinstance(here, str) else (here.name, False)
        for name in steps:
            found = here.property(name) if isinstance(here, Type) else None
            if found is None:
                raise BadQuery(f"Could not find a property named '{name}' on type 'Pbx.{kind}'.")
            taken.append(found.name)
            kind, many = found.kind, found.many
            here = model().types.get(kind, kind)
        read = _getter(start, taken, kind_of(kind), many)
        return Term(kind if many else kind_of(kind), read, many, named(f"[{kind}]" if many else kind))

    def _call(self, parts: Sequence[Node]) -> Term:
        given = [self.build(part) for part in parts[1:] if part is not None]
        return called(str(parts[0]).lower(), given, self._now)

    def _counted(self, parts: Sequence[Node]) -> Term:
        many = self._walk(str(parts[0]).split("/")[:-1])
        if not many.many:
            raise BadQuery("The $count segment can only follow a collection.")
        return Term("number", lambda scope: len(many.value(scope) or ()), edm="Edm.Int64")

    def _arithmetic(self, parts: Sequence[Node]) -> Term:
        return calculated(self.build(parts[0]), str(parts[1]).lower(), self.build(parts[2]))

    def _negative(self, parts: Sequence[Node]) -> Term:
        inner = self.build(parts[-1])
        if inner.kind not in {"number", "duration"} or inner.many:
            raise _unary("Negate", inner)
        return computed(inner.kind, (inner,), lambda value: -value, inner.edm)

    def _compare(self, parts: Sequence[Node]) -> Term:
        left, operator, right = self.build(parts[0]), str(parts[1]).lower(), self.build(parts[2])
        alike(left, operator, right)
        check = _COMPARE[operator]

        def value(scope: Scope) -> bool:
            one, other = left.value(scope), right.value(scope)
            if one is None or other is None:  # OData 4.01, 5.1.1.1: null is neither less nor greater
                return {"eq": one is other, "ne": one is not other}.get(operator, False)
            return check(one, other)

        return Term("flag", value)

    def _member(self, parts: Sequence[Node]) -> Term:
        left, *options = [self.build(part) for part in parts]
        for option in options:
            alike(left, "in", option)
        return Term("flag", lambda scope: left.value(scope) in [option.value(scope) for option in options])

    def _has(self, parts: Sequence[Node]) -> Term:
        """No enum of the XAPI has values that combine: a value has itself and no other."""
        left, right = self.build(parts[0]), self.build(parts[1])
        if left.many or left.kind not in model().enums or right.kind != left.kind:
            raise incompatible(left, "has", right)
        return Term("flag", lambda scope: left.value(scope) == right.value(scope))

    def _condition(self, part: Node, *beside: Node) -> Term:
        term = self.build(part)
        if term.kind in {"flag", "null"} and not term.many:
            return term
        raise incompatible(term, "and", self.build(beside[0])) if beside else _unary("Not", term)

    def _conjunction(self, parts: Sequence[Node]) -> Term:
        left, right = self._condition(parts[0], parts[1]), self._condition(parts[1], parts[0])
        return Term("flag", lambda scope: bool(left.value(scope)) and bool(right.value(scope)))

    def _disjunction(self, parts: Sequence[Node]) -> Term:
        left, right = self._condition(parts[0], parts[1]), self._condition(parts[1], parts[0])
        return Term("flag", lambda scope: bool(left.value(scope)) or bool(right.value(scope)))

    def _inverse(self, parts: Sequence[Node]) -> Term:
        inner = self._condition(parts[0])

        def value(scope: Scope) -> bool | None:  # not null is null, which no row satisfies
            found = inner.value(scope)
            return None if found is None else not found

        return Term("flag", value)

    def _quantified(self, parts: Sequence[Node]) -> Term:
        *names, quantifier = str(parts[0]).split("/")
        many = self._walk(names)
        if not many.many:
            raise BadQuery(f"'{quantifier}' needs a collection before it.")
        if parts[1] is None or parts[2] is None:
            return Term("flag", lambda scope: bool(many.value(scope)))
        variable, every = str(parts[1]), all if quantifier == "all" else any
        inner = _Builder({**self._types, variable: model().types.get(many.kind, many.kind)}, self._now)
        condition = inner._condition(parts[2])

        def value(scope: Scope) -> bool:
            return every(condition.value({**scope, variable: one}) for one in many.value(scope) or ())

        return Term("flag", value)


def _unary(operator: str, operand: Term) -> BadQuery:
    return BadQuery(
        "A unary operator with an incompatible type was detected. "
        f"Found operand type '{operand.type}' for operator kind '{operator}'."
    )


def _getter(start: str, names: Sequence[str], kind: str, many: bool) -> Callable[[Scope], Any]:
    readers: dict[str, Callable[[Any], Any]] = {"moment": moment, "duration": seconds, "time": clock}
    read = readers.get(kind, lambda value: value)

    def value(scope: Scope) -> Any:
        found: Any = scope.get(start)
        for name in names:
            found = found.get(name) if isinstance(found, Mapping) else None
            if callable(found):
                found = found()
        return found if many or found is None else read(found)

    return value


@cache
def _grammar() -> Lark:
    return Lark(_GRAMMAR, parser="lalr", maybe_placeholders=True)


def parse(text: str, type_: Type, now: datetime) -> Callable[[Row], bool]:
    """A predicate over rows of that type; `BadQuery` for what cannot be meant. `now`: the PBX's time."""
    try:
        term = _Builder({"": type_}, now).build(_grammar().parse(text))
    except UnexpectedInput as error:
        raise BadQuery(f"Syntax error at position {max(error.column, 0)} in '{text}'.") from error
    except RecursionError as error:
        raise BadQuery("The node count limit has been exceeded.") from error
    if term.kind not in {"flag", "null"} or term.many:
        raise BadQuery("The $filter expression must evaluate to a single boolean value.")
    return lambda row: bool(term.value({"": row}))
