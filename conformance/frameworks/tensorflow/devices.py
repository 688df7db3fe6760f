"""NumPy to TensorFlow on another device than the first CPU (a GPU, a logical CPU), and back."""

from __future__ import annotations

from functools import cache

from ...promises import (
    Clause,
    EntryPoint,
    device,
    device_refusal,
    documented,
    dtype,
    may_refuse,
    may_share,
    refuses,
    shape,
    type_,
    values,
)
from ...promises.conditions import always, ndarray
from ...promises.entry_point import Direction
from ...subject.devices import numbered, split
from .into import constructors
from .into.words import DOCS, SEEN, numbers, objects, strings_too
from .out import methods
from .out.words import text

_PLACED = documented(f"{DOCS}/device", "Nested contexts will inherit and also create/execute their ops on the specified device.")
_UNKNOWN = documented(f"{DOCS}/device", "Specifies the device for ops created/executed in this context.")
_CAPSULES = documented(f"{DOCS}/experimental/dlpack/from_dlpack", "The returned tensor uses the memory shared by dlpack capsules")
_FED = documented(f"{DOCS}/compat/v1/placeholder", "Its value must be fed using the feed_dict optional argument to Session.run()")
#: What TensorFlow calls a kind of device.
_KINDS = {"cpu": "CPU", "cuda": "GPU", "mps": "GPU", "xpu": "XPU"}
_STATES = ("plain",)
#: What is refused here and there, for its own sake.
_others = ~numbers | ~ndarray
#: A device that nobody has. (A number too high is no such thing: soft placement takes another device of this job.)
_NOWHERE = "/job:nowhere/device:CPU:0"


@cache
def _host() -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in (*constructors.ENTRY_POINTS, *methods.ENTRY_POINTS)}


def _as_host(name: str, *instead: Clause) -> tuple[Clause, ...]:
    topics = {clause.topic for clause in instead}
    return (*instead, *(clause for clause in _host()[name].promise if clause.topic not in topics))


def _under(place: str, call: str, before: str = "") -> str:
    return f"{before}with tf.device({place!r}):\n    r = {call}\nr"


def entry_points(name: str) -> tuple[EntryPoint, ...]:
    """All calls about one device other than the first CPU."""
    kind, number = split(name)
    if kind not in _KINDS:
        return ()
    place = f"/{_KINDS[kind]}:{number}"
    there, here = device(numbered(name), source=_PLACED), device("cpu", source=_PLACED)

    def entry(
        title: str, call: str, direction: Direction, *promise: Clause, on: str = "", like: str = "tf.constant"
    ) -> EntryPoint:
        # Texts are the host's, and stay there.
        promise = (device("", when=strings_too | objects | text, source=SEEN), *promise)
        return EntryPoint(f"{title}[{name}]", call, "tensorflow", direction, promise, _STATES, device=name, on=on, like=like)

    # Logical CPUs share the host's memory, so that a tensor comes to another one without a copy.
    forwarded = may_share(when=always, source=SEEN)
    return (
        *(
            entry(call, _under(place, f"{call}(a)"), "in", *_as_host(call, there), like=call)
            for call in ("tf.constant", "tf.convert_to_tensor", "tf.Variable")
        ),
        entry(
            "tf.identity(tf.constant)",
            _under(place, "tf.identity(x)", "x = tf.constant(a)\n"),
            "in",
            *_as_host("tf.constant", there),
        ),
        entry(
            "tf.constant, back",
            f"with tf.device({place!r}):\n    x = tf.constant(a)\n{_under('/CPU:0', 'tf.identity(x)')}",
            "in",
            *_as_host("tf.constant", here),
        ),
        entry(
            "tf.experimental.dlpack",
            f"with tf.device({place!r}):\n    x = tf.constant(a)\n"
            "tf.experimental.dlpack.from_dlpack(tf.experimental.dlpack.to_dlpack(x))",
            "in",
            may_refuse(*_ANY, when=_others, source=SEEN),
            *_as_host("tf.constant", device(numbered(name) if kind != "cpu" else "cpu", source=_CAPSULES)),
        ),
        entry(
            "tf.compat.v1.placeholder, fed",
            "with tf.Graph().as_default():\n"
            f"    with tf.device({place!r}):\n"
            "        p = tf.compat.v1.placeholder(tf.as_dtype(np.asarray(a).dtype.newbyteorder('=')))\n"
            "        q = tf.identity(p)\n"
            "    r = tf.compat.v1.Session(config=tf.compat.v1.ConfigProto(allow_soft_placement=True)).run(q, {p: a})\n"
            "r",
            "in",
            may_refuse(*_ANY, when=_others, source=SEEN),
            dtype(lambda spec: None, when=_others, source=SEEN),
            shape(lambda spec: None, when=_others, source=SEEN),
            values("unspecified", when=_others, source=SEEN),
            type_(when=_others, source=SEEN),
            *_as_host("tf.constant", type_("numpy.", source=_FED), may_share(source=SEEN)),
        ),
        entry(
            "tf.constant, unknown device",
            _under(_NOWHERE, "tf.constant(a)"),
            "in",
            refuses(*_ANY, when=_others, source=SEEN),
            refuses("InvalidArgumentError", when=always, source=_UNKNOWN),
            device_refusal("/job:nowhere", source=_UNKNOWN),
        ),
        *(
            entry(call, source, "out", *_as_host(call), on=name, like=call)
            for call, source in (("tf.Tensor.numpy", "t.numpy()"), ("np.asarray(tf.Tensor)", "np.asarray(t)"))
        ),
        entry(
            "tf.identity, back",
            _under("/CPU:0", "tf.identity(t)"),
            "out",
            forwarded,
            here,
            type_("tf.Tensor", source=SEEN),
            on=name,
        ),
    )


_ANY = ("ValueError", "TypeError", "InvalidArgumentError", "NotFoundError", "UnimplementedError", "InternalError")
