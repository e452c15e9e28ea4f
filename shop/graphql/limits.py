"""How deep and how large a query may be. infra/appsync/template.yaml sets AppSync's own limits to the same."""

from collections.abc import Iterable

from graphql import DocumentNode, FieldNode, FragmentDefinitionNode, FragmentSpreadNode, SelectionSetNode
from graphql.language import OperationDefinitionNode

MAX_TOKENS = 1000
MAX_DEPTH = 8
MAX_FIELDS = 250
# Each of them costs queries, under an alias as often as it stands there.
MAX_ROOTS = 5
# Asking for the schema is deep by nature, and answered only where introspection is on.
INTROSPECTION = ("__schema", "__type")


class TooComplex(ValueError):
    """Why a query is too much, in words."""


def check(document: DocumentNode) -> None:
    """Raise TooComplex for a document with an operation beyond the limits. Fragments count wherever they are used."""
    fragments = {each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)}
    for operation in document.definitions:
        if isinstance(operation, OperationDefinitionNode):
            _Measure(fragments).operation(operation)


class _Measure:
    """One operation's fields, counted as they would be answered."""

    def __init__(self, fragments: dict[str, FragmentDefinitionNode]) -> None:
        self.fragments = fragments
        self.selected = 0
        self.roots = 0

    def operation(self, operation: OperationDefinitionNode) -> None:
        self._walk(operation.selection_set, 1)

    def _walk(self, selections: SelectionSetNode | None, depth: int) -> None:
        for selection in selections.selections if selections else ():
            # Spreads count as well: fragments that hold each other would never end.
            self._count(depth)
            if isinstance(selection, FieldNode):
                self._field(selection, depth)
            elif isinstance(selection, FragmentSpreadNode):
                fragment = self.fragments.get(selection.name.value)
                self._walk(fragment.selection_set if fragment else None, depth)
            else:
                self._walk(getattr(selection, "selection_set", None), depth)

    def _field(self, field: FieldNode, depth: int) -> None:
        if depth == 1:
            self.roots += 1
            if self.roots > MAX_ROOTS:
                raise TooComplex(f"At most {MAX_ROOTS} fields of Query can be asked for at once.")
        if field.name.value not in INTROSPECTION:
            self._walk(field.selection_set, depth + 1)

    def _count(self, depth: int) -> None:
        self.selected += 1
        if self.selected > MAX_FIELDS:
            raise TooComplex(f"The query selects more than {MAX_FIELDS} fields.")
        if depth > MAX_DEPTH:
            raise TooComplex(f"The query is deeper than {MAX_DEPTH} fields.")


def names_below(fields: Iterable[FieldNode], fragments: dict[str, FragmentDefinitionNode]) -> set[str]:
    """The names of the fields right below these, fragments opened."""
    found: set[str] = set()
    for field in fields:
        _names(field.selection_set, fragments, found)
    return found


def _names(selections: SelectionSetNode | None, fragments: dict[str, FragmentDefinitionNode], found: set[str]) -> None:
    for selection in selections.selections if selections else ():
        if isinstance(selection, FieldNode):
            found.add(selection.name.value)
        elif isinstance(selection, FragmentSpreadNode):
            _names(fragments[selection.name.value].selection_set, fragments, found)
        else:
            _names(getattr(selection, "selection_set", None), fragments, found)
