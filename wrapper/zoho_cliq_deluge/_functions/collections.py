"""Functions of collections."""

from __future__ import annotations

from .._values.context import Context
from .._values.types import Braces, Collection, Value
from ..failures import Failure
from .lists import checked_index, distinct, index_of, last_index_of, sortable
from .registry import builtin

__all__ = ["KeyValue", "collection_of"]

_MOST_ELEMENTS = 50_000
_SLOT = 120


class KeyValue:
    """An argument ``key : value``."""

    __slots__ = ("key", "value")

    def __init__(self, key: str, value: Value) -> None:
        self.key = key
        self.value = value


def _elements(collection: Collection) -> list[Value]:
    """Return the elements. An undecided collection becomes a collection of elements.

    Raises:
        Failure: if the collection holds keys and values.
    """
    if collection.content is None:
        collection.content = []
    if isinstance(collection.content, dict):
        raise Failure("an element cannot be inserted into a collection of keys and values")
    return collection.content


def _pairs(collection: Collection) -> dict[str, Value]:
    """Return the keys and values. An undecided collection becomes a collection of keys and values.

    Raises:
        Failure: if the collection holds elements.
    """
    if collection.content is None:
        collection.content = {}
    if isinstance(collection.content, list):
        raise Failure("a key with a value cannot be inserted into a collection of elements")
    return collection.content


def _check_size(collection: Collection) -> None:
    if len(collection) > _MOST_ELEMENTS:
        raise Failure(f"a collection holds at most {_MOST_ELEMENTS:,} elements")


def collection_of(context: Context, arguments: list[Value]) -> Collection:
    """Return a collection of elements, or of keys and values."""
    collection = Collection()
    if arguments:
        insert(context, collection, *arguments)
    return collection


@builtin("insert")
def insert(context: Context, collection: Collection, first: Value, *others: Value) -> None:
    """Append elements, or set the values of keys."""
    for each in (first, *others):
        context.budget.charge(_SLOT)
        if isinstance(each, KeyValue):
            _pairs(collection)[each.key] = each.value
        else:
            _elements(collection).append(each)
    _check_size(collection)


@builtin("insertAll")
def insert_all(context: Context, collection: Collection, others: Value) -> None:
    """Append the elements of a list, or set the values of a map's keys."""
    if isinstance(others, Braces | Collection):
        others = others.content
    if isinstance(others, dict):
        context.budget.charge(_SLOT * len(others))
        _pairs(collection).update(others)
    elif isinstance(others, list):
        context.budget.charge(_SLOT * len(others))
        _elements(collection).extend(others)
    elif others is not None:
        raise Failure("a value of type LIST or KEY-VALUE is expected")
    _check_size(collection)


@builtin("get")
def get(context: Context, collection: Collection, key: Value) -> Value:
    """Return the element at an index, or the value of a key; null if there is no such key."""
    if isinstance(collection.content, list):
        return collection.content[checked_index(collection.content, _index(key))]
    return (collection.content or {}).get(context.printer.key(key))


def _index(key: Value) -> int:
    if type(key) is not int:
        raise Failure("the index of an element must be a number")
    return key


def _find(context: Context, collection: Collection, value: Value, last: bool) -> Value:
    content = collection.content
    if isinstance(content, dict):
        wanted = context.identity(value)
        found = [key for key, each in content.items() if context.identity(each) == wanted]
        return found[-1 if last else 0] if found else None
    return (last_index_of if last else index_of)(context, content or [], value)


@builtin("getKey")
def get_key(context: Context, collection: Collection, value: Value) -> Value:
    """Return the first key of a value (null if there is none), or the first index of an element (-1 if missing)."""
    return _find(context, collection, value, last=False)


@builtin("getLastKey")
def get_last_key(context: Context, collection: Collection, value: Value) -> Value:
    """Return the last key that has a value, or the last index of an element; null or -1 as in `get_key`."""
    return _find(context, collection, value, last=True)


@builtin("update")
def update(context: Context, collection: Collection, key: Value, value: Value) -> None:
    """Replace the element at an index, or set the value of a key."""
    context.budget.charge(_SLOT)
    if isinstance(collection.content, list):
        collection.content[checked_index(collection.content, _index(key))] = value
    else:
        _pairs(collection)[context.printer.key(key)] = value


@builtin("delete")
def delete(context: Context, collection: Collection, value: Value) -> None:
    """Remove the first element that equals a value, or the first key that has it, if there is one."""
    key = _find(context, collection, value, last=False)
    if isinstance(collection.content, list):
        if key >= 0:
            del collection.content[key]
    elif collection.content and key is not None:
        del collection.content[key]


@builtin("deleteAll")
def delete_all(context: Context, collection: Collection, values: list[Value]) -> None:
    """Remove all elements that equal one of the values, or all keys that have one of them."""
    unwanted = {context.identity(value) for value in values}
    if isinstance(collection.content, list):
        collection.content[:] = [each for each in collection.content if context.identity(each) not in unwanted]
    elif collection.content:
        for key in [key for key, each in collection.content.items() if context.identity(each) in unwanted]:
            del collection.content[key]


@builtin("deleteKey")
def delete_key(context: Context, collection: Collection, key: Value) -> None:
    """Remove the element at an index, or a key."""
    if isinstance(collection.content, list):
        del collection.content[checked_index(collection.content, _index(key))]
    elif collection.content:
        collection.content.pop(context.printer.key(key), None)


@builtin("deleteKeys")
def delete_keys(context: Context, collection: Collection, keys: list[Value]) -> None:
    """Remove the elements at the indexes, or the keys."""
    if isinstance(collection.content, list):
        indexes = {checked_index(collection.content, _index(key)) for key in keys}
        collection.content[:] = [each for index, each in enumerate(collection.content) if index not in indexes]
        return
    for key in keys:
        delete_key(context, collection, key)


@builtin("keys")
def keys(context: Context, collection: Collection) -> Value:
    """Return the keys, or the indexes of the elements."""
    context.budget.charge(8 * len(collection))
    content = collection.content
    return list(range(len(content))) if isinstance(content, list) else list(content or {})


@builtin("values")
def values(context: Context, collection: Collection) -> Value:
    """Return the values, or the elements."""
    content = collection.content or []
    return list(content) if isinstance(content, list) else list(content.values())


@builtin("containsKey", "containKey")
def contains_key(context: Context, collection: Collection, key: Value) -> Value:
    """Return whether a key or an index exists."""
    if isinstance(collection.content, list):
        return type(key) is int and 0 <= key < len(collection.content)
    return context.printer.key(key) in (collection.content or {})


@builtin("containsValue", "containValue", "contains")
def contains_value(context: Context, collection: Collection, value: Value) -> Value:
    """Return whether the collection contains a value or element of the same type and content."""
    return _find(context, collection, value, last=False) not in (None, -1)


@builtin("notContains")
def not_contains(context: Context, collection: Collection, value: Value) -> Value:
    """Return whether the collection does not contain a value or element."""
    return not contains_value(context, collection, value)


@builtin("size")
def size(context: Context, collection: Collection) -> Value:
    """Return the number of elements, or of keys."""
    return len(collection)


@builtin("clear")
def clear(context: Context, collection: Collection) -> None:
    """Remove everything. The collection is undecided then: it may become one of elements or of keys and values."""
    collection.content = None


@builtin("sort")
def sort(context: Context, collection: Collection, ascending: bool = True) -> None:
    """Sort the elements, or the keys by their values."""
    content = collection.content
    if not content or not sortable(list(content if isinstance(content, list) else content.values())):
        return
    if isinstance(content, list):
        content.sort(reverse=not ascending)
    else:
        _reorder(content, sorted(content, key=content.__getitem__, reverse=not ascending))


@builtin("sortKey")
def sort_key(context: Context, collection: Collection, ascending: bool = True) -> None:
    """Sort the keys; upper case comes before lower case."""
    if isinstance(collection.content, dict):
        _reorder(collection.content, sorted(collection.content, reverse=not ascending))


def _reorder(content: dict[str, Value], ordered: list[str]) -> None:
    for key in ordered:
        content[key] = content.pop(key)


@builtin("distinct")
def distinct_values(context: Context, collection: Collection) -> Value:
    """Return the values or elements without duplicates."""
    return distinct(context, values(context, collection))


@builtin("intersect")
def intersect(context: Context, collection: Collection, other: Collection) -> Value:
    """Return what two collections have in common: the distinct elements, or the keys with equal values."""
    common = Collection()
    if isinstance(collection.content, dict) and isinstance(other.content, dict):
        common.content = {
            key: value
            for key, value in collection.content.items()
            if key in other.content and context.identity(other.content[key]) == context.identity(value)
        }
    else:
        wanted = {context.identity(each) for each in values(context, other)}
        mine = distinct(context, values(context, collection))
        common.content = [each for each in mine if context.identity(each) in wanted]
    return common


@builtin("duplicate")
def duplicate(context: Context, collection: Collection, start: int = 0, end: int | None = None) -> Value:
    """Return a copy of a part, from ``start`` (default: 0) to before ``end`` (default: the size)."""
    last = len(collection) if end is None else end
    if not 0 <= start <= last <= len(collection):
        raise Failure(f"the part from {start} to {last} does not lie within the {len(collection)} elements")
    context.budget.charge(_SLOT * (last - start))
    if isinstance(collection.content, dict):
        return Collection(dict(list(collection.content.items())[start:last]))
    return Collection((collection.content or [])[start:last])
