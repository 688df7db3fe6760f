"""Reproducers: a few lines that show a finding with NumPy and the framework alone."""

from __future__ import annotations

from typing import Any

from conformance.law import Breach
from conformance.laws import LAWS
from conformance.promises import EntryPoint
from conformance.reproducer_under_pressure import lines as under_pressure
from strategies import dtypes
from strategies.spec import QUIET_SEEDS, ArraySpec, TensorSpec

_IMPORTS = {"torch": "import torch", "tensorflow": "import tensorflow as tf"}


def script(entry: EntryPoint, spec: ArraySpec | TensorSpec, law: str, breach: Breach) -> str:
    """A self-contained Python script that builds the input, converts it and shows what happens."""
    heading = [f"# {LAWS[law].must if law in LAWS else law}", f"# Owed: {breach.expected}. Seen: {breach.observed}."]
    build = _array(spec) if isinstance(spec, ArraySpec) else _tensor(spec, entry.framework)
    if entry.on and entry.framework == "torch":
        build.append(f"t = t.to({entry.on!r})")
    imports = ["import numpy as np", _IMPORTS[entry.framework]]
    if any("ml_dtypes." in line for line in build):
        imports.insert(0, "import ml_dtypes")
    for name in ("random", "ctypes"):
        if any(f"{name}." in line.replace(".ctypes.", "") for line in build):
            imports.insert(0, f"import {name}")
    if "tnp." in entry.call:
        imports.append("import tensorflow.experimental.numpy as tnp")
    if law in LAWS and LAWS[law].pressure:
        return "\n".join([*heading, *imports, "", *build, *under_pressure(entry, law, breach)]) + "\n"
    *before, last = entry.call.strip().splitlines()
    return "\n".join([*heading, *imports, "", *build, *before, f"r = {last}", *_show(entry, spec, law)]) + "\n"


def _show(entry: EntryPoint, spec: Any, law: str) -> list[str]:
    source = "a" if entry.direction == "in" else "t"
    told = [text for name, text in entry.facts if name.partition(".")[0] == law]
    if law == "snapshot" and spec.memory == "plain":
        shown = [f"print({text})" for text in told]
        return [*shown, "buffer[:] = ~buffer  # Change the source: does the form follow?", *shown]
    if told:
        return ["print(r)", *(f"print({text})" for text in told)]
    if law in ("memory", "follows", "twins") and entry.direction == "in" and spec.memory == "plain":
        return ["print(r)", "buffer[:] = ~buffer  # Change the source: does the result follow?", "print(r)"]
    if law in ("leads", "readonly") and entry.framework == "torch" and entry.direction == "in":
        return [f"print({source})", "r.detach().fill_(1)  # Change the result: does the source follow?", f"print({source})"]
    if law in ("leads", "immutability") and entry.direction == "out":
        return [f"print({source})", "r[...] = 1  # Change the result: does the source follow?", f"print({source})"]
    if law == "source" and isinstance(spec, ArraySpec):
        return ["print(a, a.flags if isinstance(a, np.ndarray) else '')"]
    if law == "survival":
        return [
            "r.fill_(1)  # Uses the memory it was given."
            if entry.framework == "torch" and entry.direction == "in"
            else "print(r)"
        ]
    return ["print(r)", "print(type(r), getattr(r, 'dtype', None), getattr(r, 'shape', None))"]


def _dtype_text(name: str) -> str:
    if name in dtypes.RECORDS:
        return f"np.dtype({dtypes.RECORDS[name]!r})"
    if name in dtypes.EXTENDED:
        return f"ml_dtypes.{name}"
    if name == "StringDType":
        return "np.dtypes.StringDType()"
    return repr(dtypes.dtype(name).str if name.startswith(">") else name)


def _contents(spec: ArraySpec | TensorSpec) -> list[str]:
    """Lines that make the owner's bytes, a uint8 array called `data`; none when they are all zero."""
    if not any(spec.owner_bytes):
        return []
    plain = spec._replace(planted=()).owner_bytes
    random_bits = spec.seed >= QUIET_SEEDS and (isinstance(spec, TensorSpec) or dtypes.is_raw(spec.dtype))
    if not spec.seed:
        lines = [f"data = np.zeros({spec.nbytes}, np.uint8)"]
    elif random_bits and len(plain) > 256:
        noise = f"random.Random({spec.seed}).randbytes({max(-(-spec.nbytes // 4) * 4, 4096)})[:{spec.nbytes}]"
        lines = [f"data = np.frombuffer({noise}, np.uint8){' & 1' if spec.dtype == 'bool' else '.copy()'}"]
    else:  # Quiet contents come round after 251 elements, where these stand on one grid.
        period = spec.nbytes if spec.has_partial_stride else spec.offset % max(spec.itemsize, 1) + 251 * spec.itemsize
        lines = [f"data = np.resize(np.frombuffer(bytes.fromhex({plain[:period].hex()!r}), np.uint8), {spec.nbytes})"]
    for index, _ in spec.planted:
        at = spec.position(index)
        element = spec.owner_bytes[at : at + spec.itemsize]
        lines.append(f"data[{at}:{at + len(element)}] = {list(element)}")
    return lines


def _pointed(spec: ArraySpec) -> list[str]:
    """Lines that fill the array `a` with what its elements point at."""
    pool = ["float('nan')" if each != each else repr(each) for each in dtypes.pool(spec.dtype)]
    pointed = [spec.pointed(spec.position(index) // spec.itemsize) for index in range(spec.size)]
    if len(set(pointed)) < 2:
        return [f"for i in np.ndindex(a.shape): a[i] = {pool[each]}" for each in pointed[:1]]
    return [f"pool = ({', '.join(pool)})", f"for i, n in zip(np.ndindex(a.shape), {pointed}): a[i] = pool[n]"]


def _array(spec: ArraySpec) -> list[str]:
    if spec.dtype in dtypes.POINTERS:
        return [f"a = np.empty({spec.shape}, {_dtype_text(spec.dtype)})", *_pointed(spec), *_container(spec)]
    pad, n = (spec.address - spec.offset) % 64, spec.nbytes
    written = _contents(spec)
    data = "data" if written else f"np.zeros({n}, np.uint8)"
    if spec.memory in ("plain", "readonly"):
        lines = [f"buffer = np.zeros({n + 64}, np.uint8)", f"start = ({pad} - buffer.ctypes.data) % 64"]
        lines += [f"buffer[start : start + {n}] = data"] if written else []
    elif spec.memory == "bytes":
        lines = [
            f"buffer = bytes({n + 64})",
            "home = np.frombuffer(buffer, np.uint8).ctypes.data",
            f"start = ({pad} - home) % 64",
        ]
        lines += [f"ctypes.memmove(home + start, data.tobytes(), {n})"] if written else []
    else:
        mode = {"protected": "r"}.get(spec.memory, spec.memory.removeprefix("memmap_"))
        lines = [f"np.concatenate([np.zeros({pad}, np.uint8), {data}, [np.uint8(0)]]).tofile('buffer.bin')", f"start = {pad}"]
        lines += [f"buffer = np.memmap('buffer.bin', np.uint8, {mode!r})"]
    at = f"start + {spec.offset}" if spec.offset else "start"
    lines.append(
        f"a = np.ndarray({spec.shape}, {_dtype_text(spec.dtype)}, buffer, {at}, {spec.strides})  # address % 64 == {spec.address}"
    )
    if spec.memory == "readonly":
        lines.append("a.flags.writeable = False")
    return written + lines + _container(spec)


def _container(spec: ArraySpec) -> list[str]:
    return {
        "ndarray": [],
        "subclass": ["a = a.view(type('Subclass', (np.ndarray,), {}))"],
        "matrix": ["a = a.view(np.matrix)"],
        "masked": ["a = np.ma.MaskedArray(a, np.arange(a.size).reshape(a.shape) == 0)"],
        "scalar": ["a = a[()]"],
        "list": ["a = list(a)"],
        "array_interface": ["a = type('Wrapper', (), {'__array_interface__': a.__array_interface__, 'keep': a})()"],
        "dlpack": [
            "x = a",
            "a = type('Wrapper', (), {'__dlpack__': lambda s, **k: x.__dlpack__(**k), '__dlpack_device__': lambda s: (1, 0)})()",
        ],
        "buffer": ["a = memoryview(a)"],
        "array": ["x = a", "a = type('Wrapper', (), {'__array__': lambda s, dtype=None, copy=None: np.asarray(x, dtype)})()"],
    }[spec.container]


def _tensor(spec: TensorSpec, framework: str) -> list[str]:
    if framework == "tensorflow":
        return _tensorflow_tensor(spec)
    item, n = spec.itemsize, spec.nbytes
    written = _contents(spec)
    lines = [
        *written,
        f"room = np.zeros({n + 64}, np.uint8)",
        f"start = ({(spec.address - spec.offset) % 64} - room.ctypes.data) % 64",
    ]
    lines += [f"room[start : start + {n}] = data"] if written else []
    strides = tuple(s // item for s in spec.strides)
    lines.append(f"t = torch.frombuffer(room, dtype=torch.{spec.dtype}, offset=start, count={n // item})")
    lines.append(f"t = t.as_strided({spec.shape}, {strides}, {spec.offset // item})  # address % 64 == {spec.address}")
    states = {
        "requires_grad": "t = t.requires_grad_()",
        "non_leaf": "t = t.requires_grad_().view_as(t)",
        "parameter": "t = torch.nn.Parameter(t, requires_grad=t.is_floating_point())",
        "conj": "t = torch.conj(t)",
        "neg": "t = torch._neg_view(t)",
        "zero": "t = torch._efficientzerotensor(t.shape, dtype=t.dtype)",
        "meta": "t = t.to('meta')",
        "sparse_coo": "t = t.to_sparse()",
        "sparse_csr": "t = t.to_sparse_csr()",
        "mkldnn": "t = t.to_mkldnn()",
        "nested": "t = torch.nested.nested_tensor([t])",
        "inference": "with torch.inference_mode(): t = t.clone()",
        "subclass": "t = t.as_subclass(type('Subclass', (torch.Tensor,), {}))",
        "fake": "from torch._subclasses import FakeTensorMode\nt = FakeTensorMode().from_tensor(t)",
        "readonly_source": "a = t.numpy().copy()\na.flags.writeable = False\nt = torch.from_numpy(a)",
    }
    return [*lines, states[spec.state]] if spec.state in states else lines


def _tensorflow_tensor(spec: TensorSpec) -> list[str]:
    if spec.dtype == "string":
        lines = [f"t = tf.fill({list(spec.shape)}, b'text')"]
    elif any(spec.values):
        lines = [f"t = tf.reshape(tf.io.decode_raw({spec.values!r}, tf.uint8), {[*spec.shape, spec.itemsize]})"]
        lines.append(f"t = tf.bitcast({'t' if spec.itemsize > 1 else 't[..., 0]'}, tf.dtypes.as_dtype({spec.dtype!r}))")
    else:
        lines = [f"t = tf.zeros({list(spec.shape)}, tf.dtypes.as_dtype({spec.dtype!r}))"]
    states = {
        "variable": "t = tf.Variable(t)",
        "forwarded": "t = tf.reshape(t, t.shape)",
        "operation": "t = tf.identity(t)",
        "slice": "t = t[:]",
    }
    return [*lines, states[spec.state]] if spec.state in states else lines
