"""NumPy to PyTorch inside other things: batches of data loaders, sparse and nested tensors, parameters."""

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
    flags,
    forms,
    leaves,
    may_refuse,
    observed,
    refuses,
    shape,
    shares,
    type_,
    values,
)
from ....promises.conditions import Condition, always, container_in, memory_in, ndarray, pointers, scalar
from ...words import named, same_dtype
from .words import (
    ARRAY_REFUSALS,
    BARE_REFUSALS,
    BRIDGE,
    DLPACK_REFUSALS,
    DOCS,
    ELEMENT_DTYPE,
    ELEMENT_REFUSALS,
    ELEMENT_VALUES,
    FOLLOWS_DEVICE,
    FROM_NUMPY,
    LIST_SHAPE,
    MEMORYVIEW,
    NO_FLAGS,
    OLDEST,
    READONLY_WARNING,
    SEEN,
    bare,
    buffer,
    dlpack_object,
    entry,
    floating,
    np_scalar,
    refused_on_meta,
    sequence,
    where,
    with_batch_axis,
)

_DATA = f"{DOCS}/data.html"
_PARAMETER = f"{DOCS}/generated/torch.nn.parameter.Parameter.html"
_SPARSE = f"{DOCS}/generated/torch.sparse_coo_tensor.html"

# -- data loaders --------------------------------------------------

_CONVERTED = documented(_DATA, "Convert each NumPy array element into a torch.Tensor.")
_LEFT_UNCHANGED = documented(_DATA, "If the input is not a NumPy array, it is left unchanged.")
_texts = Condition("the elements are texts, bytes or objects", lambda spec: spec.kind in "SUOT")
#: Those whose type is defined outside of NumPy, or in a module of it.
_subclass = container_in("subclass", "masked")
_mapped = memory_in("memmap_r", "memmap_r+", "memmap_c")
_plain_texts = container_in("ndarray") & ~_mapped & _texts
_foreign = np_scalar & Condition("its type is not NumPy's own", lambda spec: spec.np_dtype.type.__module__ != "numpy")
_unchanged = _subclass | _foreign | _plain_texts | bare | dlpack_object
#: A list, and a memoryview too, is converted item by item.
_collection = sequence | buffer

_ITEM_BY_ITEM: tuple[Clause, ...] = where(
    _collection,
    may_refuse("TypeError", "RuntimeError", "ValueError", "NotImplementedError", "OverflowError", source=SEEN),
    dtype(lambda spec: None, source=SEEN),
    shape(lambda spec: None, source=SEEN),
    values("unspecified", source=SEEN),
)

#: One item as a loader without batches hands it out. What is no plain array of numbers comes back as it was: of that only the
#: acceptance is owed.
_CONVERT: tuple[Clause, ...] = (
    *where(
        _unchanged,
        # Before 2.3 NumPy spelt its variable-width strings as PyTorch does not expect them.
        *during("numpy<2.3", refuses("TypeError", when=named("StringDType") & container_in("ndarray", "matrix"), source=SEEN)),
        accepts(source=_LEFT_UNCHANGED),
        dtype(lambda spec: None, source=_LEFT_UNCHANGED),
        shape(lambda spec: None, source=_LEFT_UNCHANGED),
        values("unspecified", source=_LEFT_UNCHANGED),
    ),
    *_ITEM_BY_ITEM,
    *where(
        np_scalar & _texts,
        may_refuse("TypeError", "ValueError", "OverflowError", source=SEEN),
        dtype(lambda spec: None, source=SEEN),
        values("unspecified", source=SEEN),
    ),
    *ARRAY_REFUSALS,
    *ELEMENT_REFUSALS,
    accepts(source=_CONVERTED),
    *ELEMENT_DTYPE,
    dtype(same_dtype, source=SEEN),
    ELEMENT_VALUES,
    *where(~_unchanged & ~_collection, shares(when=ndarray, source=SEEN), copies(source=SEEN), *READONLY_WARNING, NO_FLAGS),
)

_BATCHED = documented(_DATA, "NumPy Arrays -> torch.Tensor")
#: A batch of one array: what is read-only is warned of, although it is copied.
_COLLATE: tuple[Clause, ...] = (
    refuses(
        "TypeError",
        "AttributeError",
        when=bare | dlpack_object,
        source=SEEN,
    ),
    *_ITEM_BY_ITEM,
    *where(
        np_scalar & _texts,
        may_refuse("TypeError", "ValueError", "OverflowError", source=SEEN),
        dtype(lambda spec: None, source=SEEN),
        shape(lambda spec: None, source=SEEN),
        values("unspecified", source=SEEN),
    ),
    *ARRAY_REFUSALS,
    *ELEMENT_REFUSALS,
    accepts(source=_BATCHED),
    *ELEMENT_DTYPE,
    dtype(same_dtype, source=SEEN),
    shape(with_batch_axis, source=documented(_DATA, "into a tensor with an additional outer dimension - batch size.")),
    ELEMENT_VALUES,
    *where(~_collection, copies(source=SEEN), NO_FLAGS),
)

# -- sparse and nested --------------------------------------------------

_INSIDE: tuple[Clause, ...] = (
    *ARRAY_REFUSALS,
    *ELEMENT_REFUSALS,
    *BARE_REFUSALS,
    *where(dlpack_object, *DLPACK_REFUSALS),
    *MEMORYVIEW,
)
_VALUES: tuple[Clause, ...] = (
    accepts(
        source=documented(
            _SPARSE,
            "values (array_like): Initial values for the tensor. Can be a list, tuple, NumPy ndarray, scalar, ...",
        )
    ),
    *ELEMENT_DTYPE,
    dtype(same_dtype, source=SEEN),
    LIST_SHAPE,
    ELEMENT_VALUES,
    copies(source=SEEN),
    NO_FLAGS,
)
_no_length = Condition(
    "the input has no length", lambda spec: not spec.shape or spec.container in ("array_interface", "dlpack", "array")
)
#: One value for each index: what has no length has no values.
_SPARSE_PROMISE: tuple[Clause, ...] = (
    refuses("TypeError", "ValueError", when=_no_length & ~(np_scalar & pointers), source=SEEN),
    *_INSIDE,
    *_VALUES,
)

#: Where a layout calls for a kernel, these dtypes have none.
_wide_unsigned = named("uint16", "uint32", "uint64", "ulonglong")
_NO_KERNEL: tuple[Clause, ...] = (
    *during("torch<2.8", may_refuse("RuntimeError", "TypeError", when=_wide_unsigned, source=observed("torch 2.7"))),
    may_refuse("NotImplementedError", "TypeError", when=_wide_unsigned, source=SEEN),
)
_NO_AXIS = refuses("RuntimeError", "TypeError", when=scalar, source=SEEN)

# What the data utilities have no rule for, they hand on as it is: texts, objects, foreign subclasses, NumPy scalars.
_PASSED_ON = type_(source=SEEN)
_AS_IT_IS = forms("array_interface", "array", "buffer", "dlpack", when=_unchanged, source=documented(_DATA))

#: A loader draws the seed of its workers, even where it has none.
_DRAWS: tuple[Clause, ...] = (
    leaves("torch.get_rng_state().tolist()", source=SEEN),
    contexts(
        "torch.vmap",
        source=documented(
            f"{DOCS}/generated/torch.vmap.html", "If 'error', any calls to random functions will error. Default: 'error'."
        ),
    ),
    *during("torch<2.4", refused_on_meta("NotImplementedError", seen=observed("torch 2.3"))),
    refused_on_meta("RuntimeError"),
)
_STREAM = """class Stream(torch.utils.data.IterableDataset):
    def __iter__(self):
        yield from (a, a)"""

ENTRY_POINTS: tuple[EntryPoint, ...] = (
    entry(
        "torch.utils.data.default_convert",
        "torch.utils.data.default_convert(a)",
        FOLLOWS_DEVICE._replace(when=~_unchanged),
        _PASSED_ON,
        _AS_IT_IS,
        *_CONVERT,
    ),
    entry(
        "torch.utils.data.DataLoader[batch_size=None]",
        "next(iter(torch.utils.data.DataLoader([a], batch_size=None)))",
        *_DRAWS,
        _PASSED_ON,
        _AS_IT_IS,
        *_CONVERT,
    ),
    entry("torch.utils.data.default_collate", "torch.utils.data.default_collate([a])", FOLLOWS_DEVICE, _PASSED_ON, *_COLLATE),
    entry(
        "torch.utils.data.DataLoader[batch_size=1]",
        "next(iter(torch.utils.data.DataLoader([a], batch_size=1)))",
        *_DRAWS,
        _PASSED_ON,
        *_COLLATE,
    ),
    # A stream that hands out one buffer again and again.
    entry(
        "torch.utils.data.DataLoader[IterableDataset][batch_size=None]",
        f"{_STREAM}\nnext(iter(torch.utils.data.DataLoader(Stream(), batch_size=None)))",
        *_DRAWS,
        _PASSED_ON,
        _AS_IT_IS,
        *_CONVERT,
    ),
    entry(
        "torch.utils.data.DataLoader[IterableDataset][batch_size=1]",
        f"{_STREAM}\nnext(iter(torch.utils.data.DataLoader(Stream(), batch_size=1)))",
        *_DRAWS,
        _PASSED_ON,
        *_COLLATE,
    ),
    entry(
        "torch.sparse_coo_tensor",
        "torch.sparse_coo_tensor(np.arange(len(a))[None], a)._values()",
        refused_on_meta("NotImplementedError"),
        *_SPARSE_PROMISE,
    ),
    entry(
        "torch.sparse_csr_tensor",
        "torch.sparse_csr_tensor(np.array([0, len(a)]), np.arange(len(a)), a, size=(1, len(a), *np.shape(a)[1:])).values()",
        *during("torch<2.3", refused_on_meta("RuntimeError", seen=OLDEST)),
        FOLLOWS_DEVICE,
        *_SPARSE_PROMISE,
    ),
    entry(
        "torch.nested.nested_tensor",
        "torch.nested.nested_tensor([a])[0]",
        # NumPy's truths are no numbers since 2.3.
        *during(
            ("torch<2.9", "numpy>=2.3"),
            may_refuse("TypeError", when=(np_scalar | sequence) & named("bool"), source=observed("torch 2.8")),
        ),
        *_INSIDE,
        *_NO_KERNEL,
        *_VALUES,
    ),
    entry(
        "torch.nested.nested_tensor[layout=jagged]",
        "torch.nested.nested_tensor([a], layout=torch.jagged).values()",
        FOLLOWS_DEVICE,
        *_INSIDE,
        _NO_AXIS,
        *_VALUES,
    ),
    entry(
        "torch.nn.Parameter",
        "torch.nn.Parameter(a)",
        # An element of dtype object may be None, which is the default.
        *where(
            np_scalar & pointers, may_refuse("TypeError", "AttributeError", source=SEEN), shape(lambda spec: None, source=SEEN)
        ),
        # The documentation asks for a tensor; what refuses other things is that they cannot be detached.
        refuses("TypeError", "AttributeError", when=always, source=documented(_PARAMETER, "data (Tensor): parameter tensor.")),
    ),
    entry(
        "torch.nn.Parameter[torch.from_numpy]",
        "torch.nn.Parameter(torch.from_numpy(a))",
        *BRIDGE,
        refuses(
            "RuntimeError", when=~floating, source=documented(_PARAMETER, "requires_grad (bool, optional): ... Default: True")
        ),
        accepts(source=documented(_PARAMETER, "A kind of Tensor that is to be considered a module parameter.")),
        dtype(same_dtype, source=SEEN),
        shares(source=documented(FROM_NUMPY, "The returned tensor and ndarray share the same memory.")),
        *READONLY_WARNING,
        flags("requires_grad", source=documented(_PARAMETER, "requires_grad (bool, optional): ... Default: True")),
    ),
)
