"""Which axes of a stage live on in which others."""

from __future__ import annotations

from collections.abc import Iterable

from autosched.schedule.relations import Relation, Split
from autosched.te.axis import Axis


def carried(
    relations: Iterable[Relation], seeds: Iterable[Axis], *, outer: bool = True, inner: bool = True
) -> dict[Axis, frozenset[Axis]]:
    """Every axis that `seeds` live on in, with those of them that it carries; first themselves.

    Without `outer` nothing is followed through the outer side of a split or a fuse, so that
    what is left steps by ones; without `inner` nothing through the inner side, so that what
    is left counts the largest steps.
    """
    found = {axis: frozenset((axis,)) for axis in seeds}
    for relation in relations:
        if isinstance(relation, Split):
            ways = ((relation.parent, relation.outer), (relation.parent, relation.inner))
        else:
            ways = ((relation.outer, relation.fused), (relation.inner, relation.fused))
        for (source, result), is_followed in zip(ways, (outer, inner), strict=True):
            if is_followed and source in found:
                found[result] = found.get(result, frozenset()) | found[source]
    return found
