"""NumPy to PyTorch's symbolic forms: traced and scripted graphs, torch.fx and function transforms here; the rest beside."""

from __future__ import annotations

from ....promises import EntryPoint, fact, may_share, raises, refuses
from ....promises.conditions import Condition, always
from ..into.words import SEEN
from . import compile, valueless
from .words import BUFFER, CONVERTED, SHARE, floats, form, has_nan, kept, known, ways

# -- torch.jit ----------------------------------------------------------------------------------------------------------------

_TRACED = "next(f.graph.outputs()).type()"
_TRACE_FACTS = (
    ("static.dtype", f"str({_TRACED}.dtype()).removeprefix('torch.')"),
    ("static.shape", f"tuple({_TRACED}.sizes())"),
    ("snapshot", "f(torch.zeros(1))"),
)
_FED = refuses("RuntimeError", "TypeError", "ValueError", when=always, source=SEEN)
_ATTRIBUTE = """class Holder(torch.nn.Module):
    def __init__(self, b):
        super().__init__()
        self.b = b
    def forward(self):
        return self.b
torch.jit.script(Holder(a))"""
_SCRIPT = f"{BUFFER}f = torch.jit.script(Holder(a))\nf()"

JIT: tuple[EntryPoint, ...] = (
    *ways(
        "torch.jit.trace",
        "f = torch.jit.trace(lambda x: {}, (torch.zeros(1),))\nf(torch.zeros(1))",
        _TRACE_FACTS,
        *known(),
    ),
    form("torch.jit.trace[fed ndarray]", "torch.jit.trace(lambda x: x, (torch.zeros(1),))(a)", (), _FED),
    form(
        "torch.jit.script[buffer torch.from_numpy(ndarray)]",
        _SCRIPT,
        (("snapshot", "f()"), ("eager_agreement", "torch.from_numpy(a)")),
        *CONVERTED,
        *SHARE,
    ),
    form(
        "torch.jit.script[ndarray attribute]",
        f"{BUFFER.replace('torch.from_numpy(b)', 'b')}torch.jit.script(Holder(a))",
        (),
        _FED,
    ),
)

# -- torch.fx -------------------------------------------------------------------------------------------------------------------

_PROXY = {
    "asarray": "np.asarray(seen[0])",
    "list": "np.array([seen[0]], dtype=object)",
    "ufunc": "np.negative(seen[0])",
    "from_numpy": "torch.from_numpy(seen[0])",
    "float": "float(seen[0])",
    "bool": "bool(seen[0])",
}
_FX_FACTS = (
    ("snapshot", "f(torch.zeros(1))"),
    *((f"symbolic_refusal.{name}", text) for name, text in _PROXY.items()),
)

FX: tuple[EntryPoint, ...] = (
    *ways(
        "torch.fx.symbolic_trace",
        "seen = []\nf = torch.fx.symbolic_trace(lambda x: (seen.append(x), {})[1])\nf(torch.zeros(1))",
        _FX_FACTS,
        *(fact(f"symbolic_refusal.{name}", raises("ValueError", "TypeError"), source=SEEN) for name in _PROXY),
    ),
    *ways(
        "make_fx",
        "from torch.fx.experimental.proxy_tensor import make_fx\nf = make_fx(lambda x: {})(torch.zeros(1))\nf(torch.zeros(1))",
        (("snapshot", "f(torch.zeros(1))"),),
        memory={"torch.from_numpy": (may_share(source=SEEN), kept("live", SEEN))},
    ),
)

# -- torch.func ------------------------------------------------------------------------------------------------------------------

_INSIDE = {
    "numpy": "x.numpy()",
    "asarray": "np.asarray(x)",
    "dlpack": "np.from_dlpack(x)",
    "ufunc": "np.negative(x)",
    "force": "x.numpy(force=True)",
}

#: A NaN is no gradient to compare with.
_no_nan = Condition("no element is NaN", lambda spec: not has_nan(spec))


def _transform(name: str, apply: str) -> tuple[EntryPoint, ...]:
    """A conversion inside a transform; `apply` applies the transform to a function of x, "{}", and a tensor of x."""
    gradient = "torch.func.grad(lambda x: (x * torch.tensor(a)).sum())(torch.ones(np.shape(a), dtype=torch.tensor(a).dtype))"
    facts = (
        *((f"symbolic_refusal.{key}", apply.replace("{}", text)) for key, text in _INSIDE.items()),
        ("gradient.fed", f"bool((({gradient}) == torch.tensor(a)).all())"),
    )
    refusals = tuple(fact(f"symbolic_refusal.{key}", raises("RuntimeError", "BufferError"), source=SEEN) for key in _INSIDE)
    return ways(name, apply, facts, *refusals, fact("gradient.fed", True, when=floats & _no_nan, source=SEEN))


FUNC: tuple[EntryPoint, ...] = (
    *_transform("torch.func.vmap", "torch.func.vmap(lambda x: {}, out_dims=None)(torch.ones(2, 3))"),
    *_transform("torch.func.grad", "torch.func.grad(lambda x: (x.sum(), {}), has_aux=True)(torch.ones(2, 3))[1]"),
    *_transform("torch.func.functionalize", "torch.func.functionalize(lambda x: {})(torch.ones(2, 3))"),
)

ENTRY_POINTS: tuple[EntryPoint, ...] = (
    *JIT,
    *FX,
    *FUNC,
    *compile.ENTRY_POINTS,
    *valueless.ENTRY_POINTS,
)
