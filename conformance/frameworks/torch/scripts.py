"""How scripts spell what they do to PyTorch's tensors."""

from __future__ import annotations

from ....strategies.lines import contents
from ....strategies.spec import TensorSpec
from ..framework import Scripts
from .states import OF_MEMORY, QUANTIZE, QUANTIZED, STATES


def _tensor(spec: TensorSpec) -> list[str]:
    item, n = spec.itemsize, spec.nbytes
    written = contents(spec)
    steps = tuple(s // item for s in spec.strides)
    dtype = QUANTIZED.get(spec.dtype, spec.dtype)
    lines = [
        *written,
        f"room = np.zeros({n + 64}, np.uint8)",
        f"start = ({(spec.address - spec.offset) % 64} - room.ctypes.data) % 64",
        *([f"room[start : start + {n}] = data"] if written else []),
        f"storage = torch.frombuffer(room, dtype=torch.uint8, offset=start, count={n or 1}).untyped_storage()",
        f"t = torch.empty(0, dtype=torch.{dtype}).set_(storage, {spec.offset // item}, {spec.shape}, {steps})"
        f"  # address % 64 == {spec.address}",
    ]
    then = STATES.get(spec.state, "").splitlines()
    if spec.dtype not in QUANTIZED:
        return [*lines, *then]
    return [*lines, *then, QUANTIZE] if spec.state in OF_MEMORY else [*lines, QUANTIZE, *then]


SCRIPTS = Scripts(
    build=_tensor,
    owner="room",
    change="r.detach().fill_(1)",
    use="r.fill_(1)  # Uses the memory it was given.",
    move="t = t.to({})",
    allocated="torch.{}.memory_allocated()",
)
