"""NumPy to PyTorch.

Looked at and left out:
- torch.stack, cat, where, add and all other functions and in-place methods on an ndarray operand, TensorDataset,
  nested.as_nested_tensor, masked.masked_tensor, nn.functional and linalg: refuse arrays with a TypeError, whatever they hold.
- torch.testing.assert_close, samplers, Subset, random_split, modules' constructors: take arrays, but hand out no tensor.
- UntypedStorage.from_buffer and its kin: undocumented, and copies; count * item size overflows there as in frombuffer.
- topk(k), full(size), tril(diagonal) and the like: take NumPy integers as sizes by __index__; no data crosses.
- torch.Tensor(0-d integers): a size, and uninitialised memory; see `legacy`.
- sparse_csc_tensor, sparse_bsr_tensor, sparse_bsc_tensor, sparse_compressed_tensor: the path of sparse_csr_tensor.
- frombuffer and asarray over a bytearray or mmap that moves or closes later: no array can do that.
"""

from __future__ import annotations

from ....promises import EntryPoint
from ....promises.conditions import negative_stride, partial_stride
from ... import numpy_functions
from . import arithmetic, buffers, constructors, data, dlpack, legacy, lists, operators, options, scalars, serialised
from .words import BRIDGED, SEEN

_MODULES = (
    constructors,
    options,
    dlpack,
    buffers,
    legacy,
    lists,
    serialised,
    data,
    operators,
    arithmetic,
    scalars,
)

_crosses = BRIDGED & ~negative_stride & ~partial_stride
_crosses.text = "torch.from_numpy takes the array"

ENTRY_POINTS: tuple[EntryPoint, ...] = (
    *(point for module in _MODULES for point in module.ENTRY_POINTS),
    *numpy_functions.entry_points("torch", "torch.Tensor", "torch.from_numpy(np.array(a))", _crosses, SEEN, shuffles=True),
)
