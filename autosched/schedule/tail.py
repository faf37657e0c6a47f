"""The tail policies: ways in which a split treats an extent that its factor does not divide.

All that distinguishes the policies is described here. Legality, lowering, the features of the
cost model and the choices of the search ask for these properties. Defaults, and sketches that
need one certain policy, name it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tail:
    """A tail policy: its name in schedules and traces, what it does in one line, and how."""

    name: str
    meaning: str
    moves_back: bool = False
    """The last tile begins early enough to end inside, and overlaps the tile before it."""
    runs_over: bool = False
    """Tiles run past the end where the storage is local, which is made large enough for them."""
    has_own_code: bool = False
    """A copy of the code computes the tail, so that whole tiles run without conditions."""

    @property
    def computes_whole_tiles(self) -> bool:
        """Whether all tiles are whole, and have more points than the extent; for data axes only."""
        return self.moves_back or self.runs_over

    @property
    def checks_all_tiles(self) -> bool:
        """Whether a condition is checked at the points of every tile, of whole ones as well."""
        return not (self.computes_whole_tiles or self.has_own_code)


_POLICIES = (
    Tail("guard", "a condition skips the points past the end"),
    Tail("shift", "the last tile moves back and computes an overlap again", moves_back=True),
    Tail("pad", "local buffers have room for whole tiles", runs_over=True, has_own_code=True),
    Tail("partition", "a copy of the code computes the partial tile", has_own_code=True),
)
TAILS = {tail.name: tail for tail in _POLICIES}
"""The policies by name. Contractions try those that have their own code, in this order for packed
operands, else reversed."""
EXACT = tuple(tail.name for tail in _POLICIES if not tail.computes_whole_tiles)
"""The policies that compute every point once, and none past the end."""
USE_EXACT = " or ".join(f'tail="{name}"' for name in EXACT)
"""What a hint proposes where no other policy is legal."""
