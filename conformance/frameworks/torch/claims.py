"""What people say of PyTorch and arrays, each with a verdict and the evidence."""

from __future__ import annotations

from ...promises.claims import Claim

CLAIMS: tuple[Claim, ...] = (
    Claim(
        "torch.tensor copies, infers or takes the dtype, and takes requires_grad",
        "torch",
        "true",
        "the tensor does not follow the array, has its dtype or the one asked for, and asks for gradients when told to",
        (
            ("np.shares_memory(torch.tensor(a).numpy(), a)", False),
            ("str(torch.tensor(a).dtype)", "torch.float32"),
            ("str(torch.tensor(a, dtype=torch.float64).dtype)", "torch.float64"),
            ("torch.tensor(a, requires_grad=True).requires_grad", True),
            ("torch.tensor(a).requires_grad", False),
        ),
    ),
    Claim(
        "a direct, lossless conversion of an array to a symbolic tensor is generally impossible",
        "torch",
        "false",
        "traced, exported and compiled programs take torch.from_numpy(array) as it is, and share its memory",
        (
            ("same(torch.jit.trace(lambda x: torch.from_numpy(a), torch.zeros(1))(torch.zeros(1)))", True),
            ("same(torch.fx.symbolic_trace(lambda x: torch.from_numpy(a))(torch.zeros(1)))", True),
            ("same(compiled())", True),
        ),
        before=(
            "same = lambda t: t.numpy().tobytes() == a.tobytes()\n"
            "compiled = torch.compile(lambda: torch.from_numpy(a), backend='eager', fullgraph=True)\n"
        ),
    ),
)
