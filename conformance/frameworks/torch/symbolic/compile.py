"""NumPy to what PyTorch compiles and exports: torch.compile, with NumPy code that it traces, and torch.export."""

from __future__ import annotations

from ....promises import (
    Clause,
    EntryPoint,
    copies,
    documented,
    dtype,
    during,
    fact,
    may_refuse,
    may_share,
    observed,
    refuses,
    shape,
    type_,
    values,
)
from ....promises.conditions import Condition, always, container_in, empty, memory_in, ndarray, negative_stride, partial_stride
from ...words import named, native, same_dtype
from ..into.words import BRIDGED, DOCS, SEEN, WIDE_UNSIGNED
from .words import BUFFER, CONVERTED, COPY, SHARE, floats, form, kept, known, ways

_FAQ = documented(f"{DOCS}/torch.compiler_faq.html", "torch.compile understands native NumPy programs that work on NumPy arrays")
_COMPILE = documented(f"{DOCS}/generated/torch.compile.html", "Optimizes given model/function using TorchDynamo")
_READ_ONLY = documented(
    "https://numpy.org/doc/stable/reference/generated/numpy.ndarray.flags.html",
    "Attempting to change a non-writeable array raises",
)
_FULL_GRAPH = documented(
    f"{DOCS}/generated/torch.compile.html", "If True, then we require that the entire function be capturable into a single graph."
)

#: What Dynamo takes for an array: no subclass, which memory maps are, too.
_plain = container_in("ndarray") & ~memory_in("memmap_r+", "memmap_r", "memmap_c")
_plain.text = "the array is a plain ndarray"
#: What the C bridge takes from it.
_crosses = BRIDGED & ~negative_stride & ~partial_stride
_traced = _plain & _crosses
_traced.text = "the array is plain, and torch.from_numpy takes it"
#: Where memory can never be made writable, that it is taken at all is a law of its own.
_compared = _traced & ~memory_in("bytes", "protected")
#: A copy has the strides of its source: others are another layout, which is traced anew.
_plain_strides = Condition("strides are those of C order", lambda spec: spec.size > 0 and spec.strides == spec.c_strides)
_UNTRACED = ("TorchDynamoException", "RuntimeError", "TypeError", "ValueError", "AssertionError", "AttributeError")
_REFUSED = refuses(*_UNTRACED, when=~_traced, source=_FULL_GRAPH)
_BEFORE_2_4 = during(
    "torch<2.4",
    may_refuse(*_UNTRACED, when=~_plain | WIDE_UNSIGNED | ~_crosses, source=observed("torch 2.2")),
    type_(when=container_in("subclass"), source=observed("torch 2.2")),
    fact("eager_agreement", lambda spec: None, when=~_plain | WIDE_UNSIGNED, source=observed("torch 2.2")),
    fact("numpy_semantics", lambda spec: None, when=~_plain | WIDE_UNSIGNED, source=observed("torch 2.2")),
)
_SAME: tuple[Clause, ...] = (
    *_BEFORE_2_4,
    _REFUSED,
    dtype(same_dtype, source=SEEN),
    fact("eager_agreement", True, when=_compared, source=_COMPILE),
)

# -- torch.compile ---------------------------------------------------------------------------------------------------------------

_NEW = "torch._dynamo.reset()\n"
_TRACES = "torch._dynamo.utils.counters['stats']['unique_graphs']"
#: A compiled function does what the function does: it converts whenever it is called.
_LIVE = kept("live", _COMPILE, when=_traced & ~empty & ~native("bool"))


def _compiled(backend: str) -> tuple[EntryPoint, ...]:
    compiled = f"backend='{backend}', fullgraph=True)"
    bodies = tuple(
        form(
            f"torch.compile[{backend}][{convert}(ndarray)]",
            f"{_NEW}f = torch.compile(lambda: {convert}(a), {compiled}\nf()",
            (("snapshot", "f()"), ("eager_agreement", f"{convert}(a)")),
            *memory,
            _LIVE,
            *_SAME,
        )
        for convert, memory in (("torch.from_numpy", SHARE), ("torch.tensor", (copies(source=SEEN),)))
    )
    fed = form(
        f"torch.compile[{backend}][fed ndarray]",
        f"{_NEW}f = torch.compile(lambda x: torch.from_numpy(x).clone(), {compiled}\nf(a)",
        (
            ("snapshot", "f(a)"),
            ("retrace.equal_shape", f"(torch._dynamo.utils.counters.clear(), f(a.copy('K')), {_TRACES})[2]"),
            ("retrace.values", "bool((f(np.full_like(a, 3)) == 3).all())"),
            ("eager_agreement", "torch.from_numpy(a).clone()"),
        ),
        _LIVE,
        fact("retrace.equal_shape", 0, when=_plain_strides, source=_COMPILE),
        fact("retrace.values", True, when=floats, source=_COMPILE),
        copies(source=SEEN),
        *_SAME,
    )
    return (*bodies, fed)


#: NumPy programs, by what they show, and the arrays for which every bit of the result is NumPy's.
_real = ~named("complex64", "complex128")
_PROGRAMS: dict[str, tuple[str, Condition]] = {
    "copy": ("x.copy()", always),
    "negative": ("-x", ~native("bool")),
    "add 1": ("x + 1", always),
    "divide by 2": ("x / 2", _real),
    "sum": ("x.sum()", native("bool", "int8", "int16", "int32", "int64", "uint8")),
    "sqrt": ("np.sqrt(x)", native("int8", "int16", "uint8", "bool")),
    "astype float32": ("x.astype(np.float32)", _real),
    "add float64": ("x + np.float64(1)", _real),
    "compare": ("x > 0", _real),
}
#: Unsigned integers above 8 bits: PyTorch has few kernels for them.
_few_kernels = native("uint16", "uint32", "uint64")


def _program(name: str, program: str, exact: Condition) -> EntryPoint:
    """A NumPy program, traced: what NumPy gives is what it owes."""
    return form(
        f"torch.compile[eager][numpy {name}]",
        f"{_NEW}f = torch.compile(lambda x: {program}, backend='eager', fullgraph=True)\nf(a)",
        (("numpy_semantics", f"(lambda x: {program})(a)"),),
        *_BEFORE_2_4,
        may_refuse(*_UNTRACED, "NotImplementedError", when=_few_kernels | ~exact, source=SEEN),
        _REFUSED,
        shape(lambda spec: None, source=SEEN),
        values("unspecified", source=SEEN),
        fact("numpy_semantics", True, when=_compared & exact & ~_few_kernels, source=_FAQ),
        kind="numpy.",
    )


_WRITE = f"""{_NEW}b = np.array(a)
b.flags.writeable = False
def body(x):
    x[...] = 0
    return x
f = torch.compile(body, backend="eager", fullgraph=True)
f(b)"""

_READ = f"""{_NEW}b = np.array(a)
b.flags.writeable = False
f = torch.compile(lambda x: x.copy(), backend="eager", fullgraph=True)
f(b)
b.flags.writeable"""
_FLAG = documented(
    "https://numpy.org/doc/stable/reference/generated/numpy.ndarray.flags.html",
    "Setting this to False locks the data, making it read-only.",
)

NUMPY: tuple[EntryPoint, ...] = (
    *(_program(name, *program) for name, program in _PROGRAMS.items()),
    form(
        "torch.compile[eager][numpy read of read-only]",
        _READ,
        (("numpy_semantics", "False"),),
        *_BEFORE_2_4,
        _REFUSED._replace(when=~BRIDGED),
        shape(lambda spec: (), source=SEEN),
        values("unspecified", source=SEEN),
        fact("numpy_semantics", True, when=_traced, source=_FLAG),
        kind="bool",
    ),
    form(
        "torch.compile[eager][numpy write to read-only]",
        _WRITE,
        (("numpy_semantics", "body(np.broadcast_to(a, np.shape(a)))"),),
        refuses(*_UNTRACED, when=always, source=_READ_ONLY),
        shape(lambda spec: None, source=SEEN),
        values("unspecified", source=SEEN),
        fact("numpy_semantics", True, when=_traced, source=_READ_ONLY),
        kind="numpy.",
    ),
)

# -- torch.export ----------------------------------------------------------------------------------------------------

_OUTPUT = "list(p.graph.nodes)[-1].args[0][0].meta['val']"
_EXPORT_FACTS = (
    ("static.dtype", f"str({_OUTPUT}.dtype).removeprefix('torch.')"),
    ("static.shape", f"tuple({_OUTPUT}.shape)"),
    ("snapshot", "f()"),
)
_BODY = """class Maker(torch.nn.Module):
    def forward(self):
        return {}
"""
_SAVED = """import io
file = io.BytesIO()
torch.export.save(torch.export.export(Holder(a), ()), file)
file.seek(0)
p = torch.export.load(file)
f = p.module()
f()"""
_BUFFERED = (*_EXPORT_FACTS, ("eager_agreement", "torch.from_numpy(a)"))

_wide = named("uint16", "uint32", "uint64") & ndarray


def _without_wide(before: str, newest: str, *types: str) -> tuple[Clause, ...]:
    """Releases that refuse wide unsigned integers; `newest` of them was asked."""
    seen = observed(newest)
    return during(
        before,
        may_refuse(*types, when=_wide, source=seen),
        fact("eager_agreement", lambda spec: None, when=_wide, source=seen),
    )


_UNEXPORTED = _without_wide("torch<2.5", "torch 2.4", "KeyError", "ValueError")
_UNSAVED = _without_wide("torch<2.12", "torch 2.11", "RuntimeError", "ValueError", "KeyError")

EXPORT: tuple[EntryPoint, ...] = (
    form(
        "torch.export[buffer torch.from_numpy(ndarray)]",
        f"{BUFFER}p = torch.export.export(Holder(a), ())\nf = p.module()\nf()",
        _BUFFERED,
        *_UNEXPORTED,
        *known(),
        *CONVERTED,
        *SHARE,
    ),
    form(
        "torch.export.load[buffer torch.from_numpy(ndarray)]",
        BUFFER + _SAVED,
        _BUFFERED,
        *_UNSAVED,
        *known(),
        *CONVERTED,
        *COPY,
    ),
    *ways(
        "torch.export",
        f"{_BODY}p = torch.export.export(Maker(), ())\nf = p.module()\nf()",
        _EXPORT_FACTS,
        *known(),
        memory={"torch.from_numpy": (may_share(source=SEEN), kept("live", SEEN))},
    ),
    form(
        "torch.export[strict][torch.from_numpy(ndarray)]",
        f"{_BODY.replace('{}', 'torch.from_numpy(a)')}p = torch.export.export(Maker(), (), strict=True)\nf = p.module()\nf()",
        (*_EXPORT_FACTS, ("eager_agreement", "torch.from_numpy(a)")),
        *known(),
        kept("snapshot", SEEN),
        may_share(source=SEEN),
        *_SAME,
    ),
)

ENTRY_POINTS: tuple[EntryPoint, ...] = (
    *_compiled("eager"),
    *_compiled("aot_eager"),
    *_compiled("inductor"),
    *NUMPY,
    *EXPORT,
)
