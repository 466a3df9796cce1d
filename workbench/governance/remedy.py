"""What follows from a confirmed tag: the rules of the policy that mask its column, or a rule that would."""

from __future__ import annotations

from workbench.governance.policy.decide import Described, concerns
from workbench.governance.policy.records import Policy

__all__ = ["masking", "proposed_rule"]

_USUAL = {
    "email": "{kind: hash}",
    "phone": "{kind: partial, last: 3}",
    "iban": "{kind: partial, first: 2, last: 4}",
    "payment card": "{kind: partial, last: 4}",
    "birth date": "{kind: round, unit: year}",
    "location": "{kind: round, step: 0.1}",
    "pay": "{kind: round, step: 10000}",
}


def masking(policy: Policy, dataset: Described, column: str) -> tuple[str, ...]:
    """The mask rules about a column, by name: those that name one of its tags, or the column itself."""
    found = [each for each in dataset.columns if each.name == column]
    return tuple(rule.name for rule in policy.masks if any(concerns(rule, dataset, each) for each in found))


def proposed_rule(tag: str) -> str:
    """A rule for the policy's ``masks`` as YAML: a place to begin.

    >>> print(proposed_rule("phone"), end="")
    masks:
      - {name: phone, tags: [phone], unless: [engineer], mask: {kind: partial, last: 3}}
    """
    mask = _USUAL.get(tag, '{kind: "null"}')
    return f"masks:\n  - {{name: {tag}, tags: [{tag}], unless: [engineer], mask: {mask}}}\n"
