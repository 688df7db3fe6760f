"""NumPy to what PyTorch compiles and exports: torch.compile, with NumPy code that it traces, and torch.export."""

from __future__ import annotations

from conformance.conditions import contiguous
from conformance.entry_points.torch_in_words import DOCS, SEEN
from conformance.entry_points.torch_symbolic_words import BUFFER, CONVERTED, COPY, SHARE, floats, form, kept, known, ways
from conformance.promises import EntryPoint, copies, documented, fact, may_share

_FAQ = documented(f"{DOCS}/torch.compiler_faq.html", "torch.compile understands native NumPy programs that work on NumPy arrays")
_COMPILE = documented(f"{DOCS}/generated/torch.compile.html", "Optimizes given model/function using TorchDynamo")
_NEW = "torch._dynamo.reset()\n"
_TRACES = "torch._dynamo.utils.counters['stats']['unique_graphs']"

#: A compiled function does what the function does: it converts whenever it is called.
_AGAIN = {
    "torch.from_numpy": SHARE,
    "torch.tensor": (copies(source=SEEN), kept("live", _COMPILE)),
}


def _compiled(backend: str) -> tuple[EntryPoint, ...]:
    compiled = f"backend='{backend}', fullgraph=True)"
    return (
        *ways(
            f"torch.compile[{backend}]",
            f"{_NEW}f = torch.compile(lambda: {{}}, {compiled}\nf()",
            (("snapshot", "f()"),),
            memory=_AGAIN,
        ),
        form(
            f"torch.compile[{backend}][fed ndarray]",
            f"{_NEW}f = torch.compile(lambda x: torch.from_numpy(x).clone(), {compiled}\nf(a)",
            (
                ("snapshot", "f(a)"),
                ("retrace.equal_shape", f"(torch._dynamo.utils.counters.clear(), f(a.copy('K')), {_TRACES})[2]"),
                ("retrace.values", "bool((f(np.full_like(a, 3)) == 3).all())"),
                ("eager_agreement", "torch.from_numpy(a).clone()"),
            ),
            kept("live", _COMPILE),
            fact("retrace.equal_shape", 0, when=contiguous, source=_COMPILE),
            fact("retrace.values", True, when=floats, source=_COMPILE),
            copies(source=SEEN),
            *CONVERTED,
        ),
    )


#: NumPy programs, by what they show.
_PROGRAMS = {
    "copy": "x.copy()",
    "negative": "-x",
    "add 1": "x + 1",
    "divide by 2": "x / 2",
    "sum": "x.sum()",
    "mean": "x.mean()",
    "sqrt": "np.sqrt(x)",
    "astype float32": "x.astype(np.float32)",
    "add float64": "x + np.float64(1)",
    "compare": "x > 0",
}


def _traced(name: str, program: str) -> EntryPoint:
    """A NumPy program, traced; what NumPy gives is what it owes."""
    return form(
        f"torch.compile[eager][numpy {name}]",
        f"{_NEW}f = torch.compile(lambda x: {program}, backend='eager', fullgraph=True)\nf(a)",
        (("numpy_semantics", f"(lambda x: {program})(a)"),),
        fact("numpy_semantics", True, source=_FAQ),
        kind="numpy.",
    )


NUMPY: tuple[EntryPoint, ...] = tuple(_traced(name, program) for name, program in _PROGRAMS.items())

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

EXPORT: tuple[EntryPoint, ...] = (
    form(
        "torch.export[buffer torch.from_numpy(ndarray)]",
        f"{BUFFER}p = torch.export.export(Holder(a), ())\nf = p.module()\nf()",
        _BUFFERED,
        *known(),
        *CONVERTED,
        *SHARE,
    ),
    form(
        "torch.export.load[buffer torch.from_numpy(ndarray)]",
        BUFFER + _SAVED,
        _BUFFERED,
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
    *ways(
        "torch.export[strict]",
        f"{_BODY}p = torch.export.export(Maker(), (), strict=True)\nf = p.module()\nf()",
        _EXPORT_FACTS,
        *known(),
        memory={"torch.from_numpy": (may_share(source=SEEN), kept("live", SEEN))},
    ),
)

ENTRY_POINTS: tuple[EntryPoint, ...] = (*_compiled("eager"), *_compiled("aot_eager"), *NUMPY, *EXPORT)
