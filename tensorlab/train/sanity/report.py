"""What sanity checks return."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Self


class SanityError(RuntimeError):
    """A sanity check failed; the message is that of the check or of the report."""


@dataclass(frozen=True)
class Check:
    """The result of one sanity check, which is false if the check failed.

    Attributes
    ----------
    name : str
        Name of the function that made the check.
    passed : bool or None
        Whether the check passed; None if it could not be made, for the reason in `message`.
    message : str
        What was found, for people.
    details : dict
        The same for programs; each check documents its entries.

    Examples
    --------
    >>> check = tl.train.sanity.Check("gradients", False, "no gradient reaches fc.weight")
    >>> bool(check), str(check)
    (False, 'FAILED   gradients  no gradient reaches fc.weight')
    """

    name: str
    passed: bool | None
    message: str
    details: Mapping[str, Any] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return self.passed is not False

    def raise_if_failed(self) -> Self:
        """Raise `SanityError` if the check failed; otherwise return the check."""
        if not self:
            raise SanityError(f"{self.name}: {self.message}")
        return self

    def __str__(self) -> str:
        return _line(self, len(self.name))


@dataclass(frozen=True)
class Report:
    """The results of several checks, false if one failed; printed, it is a table with a line for each.

    Examples
    --------
    >>> Check = tl.train.sanity.Check
    >>> report = tl.train.sanity.Report((Check("gradients", True, "all"), Check("initial_loss", None, "not known")))
    >>> print(report)
    ok       gradients     all
    skipped  initial_loss  not known
    >>> report["initial_loss"].passed is None, bool(report)
    (True, True)
    """

    checks: tuple[Check, ...]

    @property
    def failures(self) -> tuple[Check, ...]:
        """The checks that failed."""
        return tuple(check for check in self.checks if not check)

    def raise_if_failed(self) -> Self:
        """Raise `SanityError` with the table if a check failed; otherwise return the report."""
        if not self:
            raise SanityError(f"{len(self.failures)} of {len(self.checks)} checks failed\n{self}")
        return self

    def __bool__(self) -> bool:
        return not self.failures

    def __iter__(self) -> Iterator[Check]:
        return iter(self.checks)

    def __len__(self) -> int:
        return len(self.checks)

    def __getitem__(self, name: str) -> Check:
        return {check.name: check for check in self.checks}[name]

    def __str__(self) -> str:
        width = max((len(check.name) for check in self.checks), default=0)
        return "\n".join(_line(check, width) for check in self.checks)


VERDICTS = {True: "ok", False: "FAILED", None: "skipped"}


def _line(check: Check, width: int) -> str:
    return f"{VERDICTS[check.passed]:7}  {check.name:{width}}  {check.message}".rstrip()


def listed(items: list[Any], most: int = 5) -> str:
    """Return the first items in words, and how many more there are."""
    more = f" and {len(items) - most} more" if len(items) > most else ""
    return ", ".join(map(str, items[:most])) + more
