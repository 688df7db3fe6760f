"""NumPy to PyTorch's tensors without values: FakeTensorMode and the meta device."""

from __future__ import annotations

from ....promises import EntryPoint, documented, dtype, fact, raises, values
from ....promises.conditions import Condition
from ...words import same_dtype
from ..into.words import ARRAY_REFUSALS, DOCS, SEEN
from .words import AGREES, form, known

_META = documented(
    f"{DOCS}/meta.html",
    "an abstract device which denotes a tensor which records only metadata, but no actual data.",
)
_REFUSALS = {
    "numpy": "r.numpy()",
    "asarray": "np.asarray(r)",
    "list": "np.array([r], dtype=object)",
    "ufunc": "np.negative(r)",
    "tolist": "r.tolist()",
    "dlpack": "np.from_dlpack(r)",
    "cpu": "np.asarray(r.cpu())",
    "bool": "bool(r.sum())",
}
_single = Condition("the array has exactly 1 element", lambda spec: spec.size == 1)
_FACTS = (
    ("static.dtype", "str(r.dtype).removeprefix('torch.')"),
    ("static.shape", "tuple(r.shape)"),
    *((f"symbolic_refusal.{name}", text) for name, text in _REFUSALS.items()),
)
_FAKE = "from torch._subclasses.fake_tensor import FakeTensorMode\nwith FakeTensorMode():\n    r = {}(a)\nr"


def _valueless(name: str, call: str, eager: str) -> EntryPoint:
    return form(
        name,
        call,
        (*_FACTS, ("eager_agreement", eager)),
        *ARRAY_REFUSALS,
        # A fake tensor of one element may remember it.
        *(fact(f"symbolic_refusal.{key}", None, when=_single, source=SEEN) for key in ("tolist", "bool")),
        *(fact(f"symbolic_refusal.{key}", raises("RuntimeError", "TypeError", "BufferError"), source=_META) for key in _REFUSALS),
        *known(_META),
        dtype(same_dtype, source=SEEN),
        values("unspecified", source=_META),
        AGREES,
    )


ENTRY_POINTS: tuple[EntryPoint, ...] = (
    *(
        _valueless(f"FakeTensorMode[torch.{name}(ndarray)]", _FAKE.format(f"torch.{name}"), f"torch.{name}(a)")
        for name in ("from_numpy", "tensor", "as_tensor")
    ),
    *(
        _valueless(f"torch.{name}(ndarray, device='meta')", f"r = torch.{name}(a, device='meta')\nr", f"torch.{name}(a)")
        for name in ("tensor", "as_tensor", "asarray")
    ),
)
