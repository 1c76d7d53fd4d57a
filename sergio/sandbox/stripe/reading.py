"""Decodes Stripe's form encoding (`card[number]=42...`) into parameters typed as in the SDK."""

import re
from typing import Any

import typing_extensions as te
from flask import request

from sergio.sandbox.stripe import contract
from sergio.sandbox.stripe.errors import ApiError, invalid

REMOVED = {"payment_method_types": "payment_method_types_no_longer_supported"}


def read(typed_dict: type) -> dict:
    """This request's parameters, typed by `typed_dict`; invalid ones get Stripe's errors."""
    params = typed(typed_dict, sent(), typed_dict)
    for problem in contract.check_params(typed_dict, params):
        raise bad_parameter(*problem.split(": ", 1))
    check_metadata(params)
    return params


def bad_parameter(name: str, reason: str) -> ApiError:
    """The error for a parameter; not stored under an idempotency key, as the request was not processed."""
    name = name.split("[")[0] if name.split("[")[0] in REMOVED else name
    if name in REMOVED:
        message = f"The parameter {name} is no longer supported. Use allowed_{name} instead."
        return invalid(message, name, REMOVED[name], remembered=False)
    if reason == "unknown parameter":
        return invalid(f"Received unknown parameter: {name}", name, "parameter_unknown", remembered=False)
    if reason == "required":
        return invalid(f"Missing required param: {name}.", name, "parameter_missing", remembered=False)
    return invalid(f"Invalid {name}: {reason}", name, "parameter_invalid", remembered=False)


def check_metadata(params: dict) -> None:
    """Stripe's limits: 50 keys, 40 characters a key, 500 a value (docs.stripe.com/api/metadata)."""
    metadata = params.get("metadata") or {}
    if len(metadata) > 50:
        raise bad_parameter("metadata", "more than 50 keys")
    for key, value in metadata.items():
        if len(key) > 40 or len(value) > 500:
            raise bad_parameter(f"metadata[{key}]", "keys can have 40 characters, values 500")


def sent() -> dict:
    """The request's parameters, nested, as text."""
    source = request.form if request.method == "POST" else request.args
    return nested(source.items(multi=True))


def nested(pairs) -> dict:
    """`a[b]=1` and `a[0]=x` as `{"a": {"b": "1"}}` and `{"a": ["x"]}`."""
    root: dict = {}
    for name, value in pairs:
        *path, last = re.findall(r"[^\[\]]+|(?<=\[)(?=\])", name) or [name]
        inner = root
        for part in path:
            inner = inner.setdefault(part, {})
            if not isinstance(inner, dict):
                raise bad_parameter(name, "both a value and an object")
        inner[last or str(len(inner))] = value
    return {name: _lists(value) for name, value in root.items()}


def _lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if value and all(key.isdigit() for key in value):
        return [_lists(value[key]) for key in sorted(value, key=int)]
    return {key: _lists(inner) for key, inner in value.items()}


def typed(annotation: Any, raw: Any, owner: type) -> Any:
    """The text converted to its type; text that cannot be converted is unchanged, and the check refuses it."""
    for option in contract.members(contract.resolve(annotation, owner)):
        value = _typed_one(contract.resolve(option, owner), raw, owner)
        if not contract.check(option, value, "", owner):
            return value
    return _typed_one(contract.resolve(annotation, owner), raw, owner)


def _typed_one(kind: Any, raw: Any, owner: type) -> Any:
    if te.is_typeddict(kind) and isinstance(raw, dict):
        known = contract.fields_of(kind)
        return {name: typed(known[name][0], value, kind) if name in known else value for name, value in raw.items()}
    if te.get_origin(kind) is list and isinstance(raw, list):
        return [typed(te.get_args(kind)[0], value, owner) for value in raw]
    if kind is bool:
        return {"true": True, "false": False}.get(raw, raw) if isinstance(raw, str) else raw
    if kind in (int, float) and isinstance(raw, str) and re.fullmatch(r"-?\d+", raw):
        return kind(raw)
    return raw
