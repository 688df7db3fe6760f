"""What a tensor of PyTorch's can be beside its numbers, spelt once: subjects run these lines, and scripts print them."""

from __future__ import annotations

from types import MappingProxyType

from ...subject.setting import Context, Setting, entered

#: The memory below a new tensor of the same dtype and strides.
_OVER = "t = torch.empty(0, dtype=t.dtype).set_({}, t.storage_offset(), t.shape, t.stride())"

#: State to the lines that bring the tensor `t` into it. Its storage lies in `room`, from `start` on.
STATES = MappingProxyType(
    {
        "plain": "",
        "requires_grad": "t = t.requires_grad_()",
        "non_leaf": "t = t.requires_grad_().view_as(t)",
        "parameter": "t = torch.nn.Parameter(t, requires_grad=t.is_floating_point() or t.is_complex())",
        "subclass": "class Subclass(torch.Tensor): pass\nt = t.as_subclass(Subclass)",
        "inference": f"with torch.inference_mode():\n    {_OVER.format('t.untyped_storage()')}",
        "conj": "t = torch.conj(t)",
        "neg": "t = torch._neg_view(t)",
        "zero": "t = torch._efficientzerotensor(t.shape, dtype=t.dtype)",
        "readonly_source": (
            "bits = np.frombuffer(room, np.uint8, t.untyped_storage().nbytes(), start)\n"
            f"bits.flags.writeable = False\n{_OVER.format('torch.from_numpy(bits).untyped_storage()')}"
        ),
        "sparse_coo": "t = t.to_sparse()",
        "sparse_csr": "t = t.to_sparse_csr()",
        "mkldnn": "t = t.to_mkldnn()",
        "nested": "t = torch.nested.nested_tensor(list(t.unbind()))",
        "meta": "t = t.to('meta')",
        "fake": (
            "from torch._subclasses.fake_tensor import FakeTensorMode\n"
            "with FakeTensorMode():\n    t = torch.empty_strided(t.shape, t.stride(), dtype=t.dtype)"
        ),
    }
)

#: Quantized dtypes, with the integers that they are stored as, and the line that makes one of the other: it copies.
QUANTIZED = MappingProxyType({"qint8": "int8", "quint8": "uint8", "qint32": "int32"})
QUANTIZE = "t = torch._make_per_tensor_quantized_tensor(t, 1.0, 0)"
#: States of the memory, which are there before a tensor is quantized.
OF_MEMORY = ("inference", "readonly_source")

#: Settings of the process that are none of a conversion's business.
SETTINGS = MappingProxyType(
    {
        "default dtype float64": Setting("torch.set_default_dtype(torch.float64)", "torch.set_default_dtype(torch.float32)"),
        "default dtype float16": Setting("torch.set_default_dtype(torch.float16)", "torch.set_default_dtype(torch.float32)"),
        "no_grad": entered("torch.no_grad()"),
        "inference mode": entered("torch.inference_mode()"),
        "autocast": entered("torch.autocast('cpu', torch.bfloat16)"),
        "device cpu": entered("torch.device('cpu')"),
        "device meta": entered("torch.device('meta')"),
    }
)

#: Code in which a conversion answers as outside; what it has made there is told, not what the code makes of it.
CONTEXTS = MappingProxyType(
    {
        "torch.jit.trace": Context(
            "(lambda made: (torch.jit.trace(lambda x: (made.append(convert(source)), x)[1], torch.zeros(1), check_trace=False),"
            " made[0])[1])([])"
        ),
        "torch.vmap": Context(
            "(lambda made: (torch.vmap(lambda x: (made.append(convert(source)), x)[1])(torch.zeros(1)), made[0])[1])([])"
        ),
    }
)
