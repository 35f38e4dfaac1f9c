"""Faults that a test switches on while the emulator runs.

A fault is a JSON document:

    {"on": "request", "where": {"service": "dynamodb", "operation": "PutItem"}, "do": "throttle", "skip": 0, "times": 1}

`on` names the place, `where` the facts that must hold there (a fact that ends in * matches by prefix), `do` what happens;
the first `skip` matches are let through, then it strikes `times` times. README.md lists places, facts and effects.
"""
import itertools
import threading

EFFECTS = {
    "request": {"throttle", "fail", "reset"},
    "lambda": {"kill-at-start", "kill-after", "kill-before-answer"},
    "batch": {"host-terminated", "lose"},
    "event": {"drop", "duplicate"},
}

_lock = threading.Lock()
_ids = itertools.count(1)
_active: list[dict] = []


def add(fault: dict) -> dict:
    """Switches a fault on; a misspelt one is an error, since it would never strike."""
    on, do = fault.get("on"), fault.get("do")
    if on not in EFFECTS:
        raise ValueError(f"on is {on!r}, and must be one of {sorted(EFFECTS)}")
    if do not in EFFECTS[on]:
        raise ValueError(f"do is {do!r}, and must be one of {sorted(EFFECTS[on])} for {on}")
    known = {"where": {}, "skip": 0, "times": 1, "milliseconds": 0, **fault, "id": next(_ids), "struck": 0}
    with _lock:
        _active.append(known)
    return known


def clear() -> None:
    """Switches all faults off."""
    with _lock:
        _active.clear()


def all_of_them() -> list[dict]:
    """The faults that are on, with how often each has struck."""
    with _lock:
        return [dict(fault) for fault in _active]


def strike(on: str, **facts: str) -> dict | None:
    """The fault that strikes here and now, if any."""
    with _lock:
        for fault in _active:
            if fault["on"] != on or not all(_matches(wanted, facts.get(name)) for name, wanted in fault["where"].items()):
                continue
            if fault["skip"] > 0:
                fault["skip"] -= 1
            elif fault["struck"] < fault["times"]:
                fault["struck"] += 1
                return dict(fault)
    return None


def _matches(wanted: str, fact: str | None) -> bool:
    if fact is None:
        return False
    return fact.startswith(wanted[:-1]) if wanted.endswith("*") else fact == wanted
