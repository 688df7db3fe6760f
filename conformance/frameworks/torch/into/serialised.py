"""NumPy to PyTorch and into bytes: pickled, copied deeply, saved and loaded, alone or as part of a checkpoint."""

from __future__ import annotations

from ....promises import (
    Clause,
    EntryPoint,
    accepts,
    contexts,
    copies,
    documented,
    dtype,
    during,
    refuses,
    strides,
    type_,
)
from ....promises.conditions import container_in, empty, memory_in
from ...words import not_judged, same_dtype
from .words import BRIDGE, BRIDGED, DOCS, NO_FLAGS, OLDEST, SEEN, entry, where

_SERIALIZATION = f"{DOCS}/notes/serialization.html"
_LOAD = f"{DOCS}/generated/torch.load.html"
_SAVED = documented(_SERIALIZATION, "torch.save() and torch.load() let you easily save and load tensors")
_TORCH_SAVE = "import io\nfile = io.BytesIO()\ntorch.save({}, file)\nfile.seek(0)\ntorch.load(file{})"

#: A tensor over the array, and what comes back of it: the same, in memory of its own.
_THE_SAME: tuple[Clause, ...] = (
    *BRIDGE,
    accepts(source=_SAVED),
    dtype(same_dtype, source=_SAVED),
    copies(source=SEEN),
    strides("K", when=~empty, source=documented(_SERIALIZATION, "torch.save() ... preserves view relationships")),
    NO_FLAGS,
)
_UNTRACED = during("torch<2.3", contexts("torch.jit.trace", source=OLDEST))

_array = container_in("ndarray") & ~memory_in("memmap_r", "memmap_r+", "memmap_c") & BRIDGED
_array.text = "the input is a plain ndarray of numbers"
_TENSORS_ONLY = documented(
    _LOAD, "Indicates whether unpickler should be restricted to loading only tensors, primitive types, dictionaries"
)
#: Other dtypes, scalars, lists and objects are pickled in ways of their own, or not at all.
_OTHERS = where(~_array, *not_judged(SEEN))

ENTRY_POINTS: tuple[EntryPoint, ...] = (
    entry("pickle.loads[torch.from_numpy]", "import pickle\npickle.loads(pickle.dumps(torch.from_numpy(a)))", *_THE_SAME),
    entry("copy.deepcopy[torch.from_numpy]", "import copy\ncopy.deepcopy(torch.from_numpy(a))", *_UNTRACED, *_THE_SAME),
    entry("torch.load[torch.from_numpy]", _TORCH_SAVE.format("torch.from_numpy(a)", ", weights_only=True"), *_THE_SAME),
    entry(
        "torch.load[torch.from_numpy][weights_only=False]",
        _TORCH_SAVE.format("torch.from_numpy(a)", ", weights_only=False"),
        *_THE_SAME,
    ),
    # NumPy's own, in a checkpoint.
    entry(
        "torch.load[ndarray]",
        _TORCH_SAVE.format("a", ", weights_only=True"),
        type_(source=SEEN),
        # Or an array has more axes than a tensor is made of.
        refuses("UnpicklingError", "RuntimeError", when=_array, source=_TENSORS_ONLY),
        *_OTHERS,
    ),
    entry(
        "torch.load[ndarray][weights_only=False]",
        _TORCH_SAVE.format("a", ", weights_only=False"),
        type_("numpy.", when=_array, source=SEEN),
        type_(source=SEEN),
        *_OTHERS,
        accepts(source=documented(_LOAD, "Loads an object saved with torch.save() from a file.")),
        dtype(same_dtype, source=SEEN),
        copies(source=SEEN),
    ),
)
