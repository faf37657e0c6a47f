"""Which rows of a store could not be read."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Unreadable:
    """The numbers of the rows that were passed over, by table, and why the first of each was."""

    rows: dict[str, set[object]] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)

    def add(self, table: str, number: object, reason: str) -> None:
        self.reasons.setdefault(table, f"row {number}: {reason}")
        self.rows.setdefault(table, set()).add(number)

    def clear(self) -> None:
        """Forget them: they were told."""
        self.rows.clear()

    @property
    def sentences(self) -> list[str]:
        """One for each table: how many rows, and what is wrong with the first."""
        return [
            f"{len(numbers)} {'rows' if len(numbers) > 1 else 'row'} of {table} cannot be read; "
            f"{self.reasons[table]}"
            for table, numbers in self.rows.items()
        ]
