"""Lines of Python that build what a spec describes, with NumPy alone: what a reproducer begins with."""

from __future__ import annotations

from . import dtypes
from .containers import EXPRESSIONS, definitions
from .spec import OWNED, PALETTE, QUIET_SEEDS, TENSOR_DTYPES, ArraySpec, Spec, TensorSpec, period


def _dtype_text(name: str) -> str:
    if name in dtypes.RECORDS:
        return f"np.dtype({dtypes.RECORDS[name]!r})"
    if name in dtypes.EXTENDED:
        return f"ml_dtypes.{name}"
    if name == "StringDType":
        return "np.dtypes.StringDType()"
    return repr(dtypes.dtype(name).str if name.startswith(">") else name)


def contents(spec: Spec) -> list[str]:
    """Lines that make the owner's bytes, a uint8 array called `data`; none when they are all zero."""
    if not any(spec.owner_bytes):
        return []
    plain = spec._replace(planted=()).owner_bytes
    dtype = TENSOR_DTYPES[spec.dtype][1] if isinstance(spec, TensorSpec) else spec.dtype
    random_bits = QUIET_SEEDS <= spec.seed < PALETTE and (isinstance(spec, TensorSpec) or dtypes.is_raw(dtype))
    if not spec.seed:
        lines = [f"data = np.zeros({spec.nbytes}, np.uint8)"]
    elif random_bits and len(plain) > 256:
        noise = f"random.Random({spec.seed}).randbytes({max(-(-spec.nbytes // 4) * 4, 4096)})[:{spec.nbytes}]"
        lines = [f"data = np.frombuffer({noise}, np.uint8){' & 1' if spec.dtype == 'bool' else '.copy()'}"]
    else:  # Other contents come round, where elements stand on one grid.
        lead = spec.offset % max(spec.itemsize, 1)
        once = spec.nbytes if spec.has_partial_stride else lead + period(dtype, spec.seed) * spec.itemsize
        lines = [f"data = np.resize(np.frombuffer(bytes.fromhex({plain[:once].hex()!r}), np.uint8), {spec.nbytes})"]
    for index in dict(spec.planted):
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


def array(spec: ArraySpec) -> list[str]:
    if spec.dtype in dtypes.POINTERS:
        return [f"a = np.empty({spec.shape}, {_dtype_text(spec.dtype)})", *_pointed(spec), *_container(spec)]
    pad, n = (spec.address - spec.offset) % 64, spec.nbytes
    written = contents(spec)
    if spec.memory in OWNED:
        return [*written, *_owned(spec, bool(written)), *_container(spec)]
    data = "data" if written else f"np.zeros({n}, np.uint8)"
    if spec.memory in ("plain", "readonly"):
        typed = f"{-(-(n + 64) // spec.itemsize)}, {_dtype_text(spec.dtype)}).view(np.uint8" if spec.has_typed_owner else ""
        lines = [f"buffer = np.zeros({typed or f'{n + 64}, np.uint8'})", f"start = ({pad} - buffer.ctypes.data) % 64"]
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


def _owned(spec: ArraySpec, is_written: bool) -> list[str]:
    """Lines that make the array `a`, which owns its memory, at the spec's address."""
    order = "" if spec.strides == spec.c_strides else ", order='F'"
    how = "empty" if is_written else "zeros"
    made = f"np.{how if spec.itemsize else 'ndarray'}({spec.shape}, {_dtype_text(spec.dtype)}{order})"
    return [
        "kept = []",
        f"while (a := {made}).ctypes.data % 64 != {spec.address}:",
        f"    kept += [a, np.empty({spec.nbytes + 48}, np.uint8)]",
        *([f"ctypes.memmove(a.ctypes.data, data.tobytes(), {spec.nbytes})"] if is_written else []),
        *(["a.flags.writeable = False"] if spec.memory == "owned_r" else []),
    ]


def _container(spec: ArraySpec) -> list[str]:
    if spec.container == "ndarray":
        return []
    return [*definitions(spec.container), f"a = {EXPRESSIONS[spec.container]}"]
