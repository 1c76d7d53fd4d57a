"""What changed from one version of a quote to the next, as plain values; `formats` has the sentences.

A change is a dict: `what` names it, the rest are the values before (`was`) and after (`now`), with the `line` or the
`package` they belong to. It is frozen with the version, so the names of keys and changes never change.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import zip_longest

from sergio import pricing
from sergio.quotes.attachments import name_of

TEXTS = ("title", "intro", "terms")
PRICE = ("unit_price", "discount_rate", "discount", "tax_ppm")


def since(before: dict | None, after: dict) -> dict:
    """The keys of the content `after` that say what changed since the content `before`; none of a first version."""
    if before is None:
        return {}
    return {"since": before["version"], "changes": list(changes(pricing.in_ppm(before), after))}


def changes(before: dict, after: dict) -> Iterator[dict]:
    """The changes between two results of `evidence.frozen`: lines, packages, attachments, texts, deposit, last day,
    total.
    """
    yield from changed_lines(before, after)
    yield from changed_packages(packages_of(before), packages_of(after))
    yield from changed_attachments(before.get("attachments", ()), after.get("attachments", ()))
    for name in TEXTS:
        if before[name] != after[name]:
            yield {"what": name, "was": before[name], "now": after[name]} if name == "title" else {"what": name}
    yield from changed_deposit(before.get("deposit", 0), after.get("deposit", 0))
    for name in ("valid_until", "total"):
        if before[name] != after[name]:
            yield {"what": name, "was": before[name], "now": after[name]}


def changed_deposit(was: int, now: int) -> Iterator[dict]:
    if was != now:
        what = "deposit" if was and now else "deposit_added" if now else "deposit_removed"
        yield {"what": what, "was": was, "now": now}


def changed_lines(before: dict, after: dict) -> Iterator[dict]:
    """Lines are the same if they have the same description in the same package; repeated ones in their order."""
    old, new = by_name(before), by_name(after)
    for name in dict.fromkeys([*old, *new]):
        for was, now in zip_longest(old.get(name, ()), new.get(name, ())):
            if was is None:
                yield {"what": "added", **named(now, after), "now": now["amount"]}
            elif now is None:
                yield {"what": "removed", **named(was, before), "was": was["amount"]}
            else:
                yield from changed_line(was, now, named(now, after))


def changed_line(was: dict, now: dict, name: dict) -> Iterator[dict]:
    if any(was.get(key, 0) != now.get(key, 0) for key in PRICE) and was["amount"] != now["amount"]:
        yield {"what": "price", **name, "was": was["amount"], "now": now["amount"]}
    if (was["quantity"], was["unit"]) != (now["quantity"], now["unit"]):
        quantities = {"was": [was["quantity"], was["unit"]], "now": [now["quantity"], now["unit"]]}
        yield {"what": "quantity", **name, **quantities}
    if was["tax_ppm"] != now["tax_ppm"]:
        yield {"what": "tax_ppm", **name, "was": was["tax_ppm"], "now": now["tax_ppm"]}
    if was["detail"] != now["detail"]:
        yield {"what": "detail", **name}
    if was["optional"] != now["optional"]:
        yield {"what": "optional" if now["optional"] else "required", **name}


def changed_packages(old: dict[str, dict], new: dict[str, dict]) -> Iterator[dict]:
    """Packages by their names; their lines are compared with all others."""
    for name in dict.fromkeys([*old, *new]):
        if name not in old:
            yield {"what": "package_added", "package": name}
        elif name not in new:
            yield {"what": "package_removed", "package": name}
        elif old[name]["note"] != new[name]["note"]:
            yield {"what": "package_note", "package": name}


def changed_attachments(before: Iterable[dict], after: Iterable[dict]) -> Iterator[dict]:
    """Attachments are the same if they have the same file."""
    old, new = ({each["digest"]: name_of(each) for each in side} for side in (before, after))
    for digest in dict.fromkeys([*old, *new]):
        if digest not in old:
            yield {"what": "attachment_added", "attachment": new[digest]}
        elif digest not in new:
            yield {"what": "attachment_removed", "attachment": old[digest]}
        elif old[digest] != new[digest]:
            yield {"what": "attachment_renamed", "attachment": old[digest], "now": new[digest]}


def packages_of(facts: dict) -> dict[str, dict]:
    return {package["name"]: package for package in facts.get("packages", ())}


def by_name(facts: dict) -> dict[tuple[str, str], list[dict]]:
    """The lines by the names of their packages and their descriptions."""
    lines = defaultdict(list)
    for line in facts["lines"]:
        lines[package_name(line, facts), line["description"]].append(line)
    return lines


def named(line: dict, facts: dict) -> dict:
    package = package_name(line, facts)
    return {"line": line["description"], **({"package": package} if package else {})}


def package_name(line: dict, facts: dict) -> str:
    packages = facts.get("packages", ())
    return next((each["name"] for each in packages if each["id"] == line.get("package")), "")
