"""Checks of Stripe's requests and objects by the types of the installed SDK."""

import builtins
import functools
import sys
import types
from decimal import Decimal
from typing import Any, Literal, Union

import stripe
import typing_extensions as te
from stripe._stripe_object import UntypedStripeObject

OPTIONS = {
    "api_key", "stripe_version", "stripe_account", "stripe_context",
    "max_network_retries", "idempotency_key", "content_type", "headers",
}  # fmt: skip
SCALARS = {int: (int,), float: (int, float), str: (str,), bool: (bool,), Decimal: (str,), type(None): (type(None),)}


def check_params(typed_dict: type, params: Any, path: str = "") -> list[str]:
    """The errors Stripe would find in `params`, as "name: reason"; `typed_dict` is one of `stripe.params`."""
    if not isinstance(params, dict):
        return [f"{path}: expected object"]
    known = fields_of(typed_dict)
    problems = [f"{join(path, name)}: unknown parameter" for name in params if name not in known]
    for name, (annotation, required) in known.items():
        if name in params:
            problems += check(annotation, params[name], join(path, name), typed_dict)
        elif required:
            problems.append(f"{join(path, name)}: required")
    return problems


def check_object(cls: type, json: Any, path: str = "") -> list[str]:
    """The differences between a response's JSON and the SDK's class, as "name: reason"."""
    if not isinstance(json, dict):
        return [f"{path}: expected object"]
    problems = []
    for name, (annotation, _) in fields_of(cls).items():
        if name in json:
            problems += check(annotation, json[name], join(path, name), cls)
        elif type(None) not in members(annotation):
            problems.append(f"{join(path, name)}: missing")
    return problems


def check(annotation: Any, value: Any, path: str, owner: type) -> list[str]:
    """The problems of one value; `owner` is the class whose module the annotation was written in."""
    options = members(resolve(annotation, owner))
    allowed = choices(options)
    if allowed and isinstance(value, str):
        return [] if value in allowed else [f"{path}: {value!r} is not one of {', '.join(map(repr, allowed))}"]
    return min((_check_one(resolve(option, owner), value, path, owner) for option in options), key=_misfit)


def _misfit(problems: list[str]) -> tuple[int, int]:
    """A key to choose the alternative of a union: the fewest problems, then those that are nested deepest."""
    return len(problems), -min((problem.index(": ") for problem in problems), default=0)


def _check_one(annotation: Any, value: Any, path: str, owner: type) -> list[str]:
    kind = te.get_origin(annotation) or annotation
    if kind is Any or kind is Literal:
        return [] if kind is Any or value in te.get_args(annotation) else [f"{path}: {value!r} is not allowed"]
    if te.is_typeddict(kind):
        return check_params(kind, value, path)
    if kind in SCALARS:
        fits = isinstance(value, SCALARS[kind]) and not (isinstance(value, bool) and kind is not bool)
        return [] if fits else [f"{path}: {value!r} is not {kind.__name__}"]
    if kind is list or issubclass(kind, stripe.ListObject):
        return _check_list(kind, (te.get_args(annotation) or (Any,))[0], value, path, owner)
    if kind is dict or kind is UntypedStripeObject:
        return _check_free_object((te.get_args(annotation) or (Any,))[-1], value, path, owner)
    return check_object(kind, value, path)


def _check_list(kind: type, item: Any, value: Any, path: str, owner: type) -> list[str]:
    if kind is not list:
        value = value.get("data") if isinstance(value, dict) and value.get("object") == "list" else None
    if not isinstance(value, list):
        return [f"{path}: expected list"]
    return [problem for n, each in enumerate(value) for problem in check(item, each, f"{path}[{n}]", owner)]


def _check_free_object(item: Any, value: Any, path: str, owner: type) -> list[str]:
    if not isinstance(value, dict):
        return [f"{path}: expected object"]
    return [problem for name, each in value.items() for problem in check(item, each, join(path, name), owner)]


@functools.cache
def fields_of(cls: type) -> dict[str, tuple[Any, bool]]:
    """Each field of an SDK class: its resolved annotation, and whether a request requires it."""
    found = {}
    for base in reversed(cls.__mro__):
        if base.__module__.startswith("stripe.") and base is not stripe.StripeObject:
            for name, annotation in vars(base).get("__annotations__", {}).items():
                if not (name in OPTIONS or name in ("deleted", "OBJECT_NAME") or name.startswith("_")):
                    found[name] = _unwrap(annotation, base)
    return found


def _unwrap(annotation: Any, owner: type) -> tuple[Any, bool]:
    annotation = resolve(annotation, owner)
    required = True
    while te.get_origin(annotation) in (te.Required, te.NotRequired):
        required = te.get_origin(annotation) is te.Required
        annotation = resolve(te.get_args(annotation)[0], owner)
    return annotation, required


def resolve(annotation: Any, owner: type) -> Any:
    """The type behind a forward reference written in the module of `owner`."""
    written = getattr(annotation, "__forward_arg__", annotation)
    if not isinstance(written, str):
        return annotation
    return eval(written, {}, _Names(vars(sys.modules[owner.__module__])))  # noqa: S307 - the SDK's own source text


class _Names(dict):
    """A module's names, with those it imports for type checkers only; unknown types are Any."""

    def __missing__(self, name: str) -> Any:
        if hasattr(builtins, name):
            raise KeyError(name)
        return getattr(stripe, name, Any)


def members(annotation: Any) -> tuple:
    """The alternatives of a union; any other type as the only one."""
    return te.get_args(annotation) if te.get_origin(annotation) in (Union, types.UnionType) else (annotation,)


def choices(options: tuple) -> tuple:
    """The values of an enumeration, which the SDK types as `Literal | str`; () for text."""
    literals = [value for option in options if te.get_origin(option) is Literal for value in te.get_args(option)]
    return tuple(literals) if any(literals) else ()


def join(path: str, name: str) -> str:
    """Stripe's name of a nested parameter: `card[number]`."""
    return f"{path}[{name}]" if path else name
