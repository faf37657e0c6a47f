"""The primitives, one a file, and the table by which a trace names them."""

from autosched.schedule.primitives.base import Primitive
from autosched.schedule.primitives.bind import Bind
from autosched.schedule.primitives.block_prefix import BlockPrefix
from autosched.schedule.primitives.cache_factor import CacheFactor
from autosched.schedule.primitives.cache_part import CachePart
from autosched.schedule.primitives.cache_read import CacheRead
from autosched.schedule.primitives.cache_write import CacheWrite
from autosched.schedule.primitives.choose_after import ChooseAfter
from autosched.schedule.primitives.choose_product import ChooseProduct
from autosched.schedule.primitives.compute_at import ComputeAt
from autosched.schedule.primitives.compute_inline import ComputeInline
from autosched.schedule.primitives.compute_root import ComputeRoot
from autosched.schedule.primitives.double_buffer import DoubleBuffer
from autosched.schedule.primitives.fuse import Fuse
from autosched.schedule.primitives.offset_factor import OffsetFactor
from autosched.schedule.primitives.pad_reduce import PadReduce
from autosched.schedule.primitives.parallel import Parallel
from autosched.schedule.primitives.pragma import Pragma
from autosched.schedule.primitives.prefetch import Prefetch
from autosched.schedule.primitives.reorder import Reorder
from autosched.schedule.primitives.rfactor import RFactor
from autosched.schedule.primitives.set_scope import SetScope
from autosched.schedule.primitives.skip_masked import SkipMasked
from autosched.schedule.primitives.skip_zeros import SkipZeros
from autosched.schedule.primitives.split import Split
from autosched.schedule.primitives.storage_align import StorageAlign
from autosched.schedule.primitives.sum_first import SumFirst
from autosched.schedule.primitives.sum_terms import SumTerms
from autosched.schedule.primitives.tensorize import Tensorize
from autosched.schedule.primitives.tile import Tile
from autosched.schedule.primitives.transform_layout import TransformLayout
from autosched.schedule.primitives.unroll import Unroll
from autosched.schedule.primitives.vectorize import Vectorize
from autosched.schedule.primitives.winograd import Winograd

PRIMITIVES: dict[str, type[Primitive]] = {
    kind.name: kind
    for kind in (
        Split, Fuse, Reorder, Tile, Vectorize, Parallel, Unroll,
        ComputeAt, ComputeInline, ComputeRoot, CacheRead, CacheWrite, RFactor, Winograd,
        CacheFactor, CachePart, ChooseAfter, ChooseProduct, SumTerms, SumFirst, BlockPrefix,
        OffsetFactor, PadReduce, SkipZeros, SkipMasked, TransformLayout, SetScope, StorageAlign,
        Pragma, Prefetch, Bind, Tensorize, DoubleBuffer,
    )
}  # fmt: skip
