"""TensorFlow, as the suite knows it."""

from __future__ import annotations

from pathlib import Path

from ...promises import EntryPoint, accepts, documented, dtype, refuses, shares, type_
from ...promises.conditions import always, contiguous, dtype_in, empty
from ...promises.releases import measured
from .. import numpy_functions
from ..framework import Exchange, Framework, marked
from ..words import same_dtype
from . import claims, costs, devices, programs
from .deviations import devices as device_deviations
from .deviations import into as into_deviations
from .deviations import lifetime, symbolic
from .deviations import out as out_deviations
from .into import constructors
from .into.words import DOCS, NO_BOOL_BY_DLPACK, SEEN
from .out import methods
from .scripts import SCRIPTS
from .states import CONTEXTS, SETTINGS, STATES
from .symbolic import functions

_HOME = "tensor_conformance.conformance.frameworks.tensorflow"
_SHARES = documented(f"{DOCS}/experimental/dlpack/from_dlpack", "The returned tensor uses the memory shared by dlpack capsules")
_IN_DLPACK = "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 complex64 complex128".split()

_SLOW = (
    *("tf.train.Example*", "tf.keras.layers.*"),
    *("tf.Tensor ? ndarray", "tf.Tensor == ndarray", "ndarray ? tf.Tensor", "ndarray == tf.Tensor", "tf.add", "tf.stack"),
    *("tf.constant[list]", "tf.ensure_shape", "tf.cast[float64]"),
    *("tf.Variable*", "*(tf.Variable)*", "tf.data.*", "tf.py_function*", "tf.numpy_function*", "tf.RaggedTensor*"),
    *("tf.sparse.*", "tf.TensorArray*", "tf.transpose*", "tf.keras.*", "*dlpack*[used]", "tf.ragged.*"),
)
_SLOWEST = ("tf.keras.Model[*", "tf.data.Dataset.from_generator*", "tf.data.*[prefetch]", "tf.numpy_function[tf.function]")
_ONE_BY_ONE = ("*make_tensor_proto*", "tf.constant[list]", "tf.ragged.*", "np.stack*")


def _marked(entries: tuple[EntryPoint, ...]) -> tuple[EntryPoint, ...]:
    """The entry points, with what they cost and by which way they go."""
    entries = marked(entries, _SLOW, cost="slow")
    entries = marked(entries, _SLOWEST, cost="slowest")
    entries = marked(entries, ["tf.keras.Model.predict*", "tf.keras.Model.fit*", "tf.saved_model*"], cost="compiled")
    entries = marked(entries, ["tf.data.*"], in_programs=False)
    entries = marked(entries, ["*dlpack*"], protocol="dlpack")
    entries = marked(entries, ["np.from_dlpack(tf.Tensor)*"], releases=("tensorflow>=2.20",))
    entries = marked(entries, ["tf.keras.ops.*"], releases=("tensorflow>=2.16",))
    # Before, NumPy knew no copy=None, and copied under copy=False: https://numpy.org/doc/stable/release/2.0.0-notes.html
    entries = marked(entries, ["np.asarray(tf.Tensor)[*copy=*]", "np.array(tf.Tensor)[copy=*]"], releases=("numpy>=2.0",))
    entries = marked(entries, ["np.array(tf.Tensor)[order=F]"], like="np.array(tf.Tensor)")
    entries = marked(entries, ["np.array(list[tf.Tensor])"], like="np.stack(tf.Tensor)")
    return marked(entries, _ONE_BY_ONE, one_by_one=True)


_NUMPY_FUNCTIONS = numpy_functions.entry_points("tensorflow", "tf.Tensor", "tf.constant(a)", always, SEEN, shuffles=False)


def _on_device(device: str) -> tuple[EntryPoint, ...]:
    return _marked(devices.entry_points(device))


TENSORFLOW = Framework(
    name="tensorflow",
    title="TensorFlow",
    imports="import tensorflow as tf",
    distributions=("tensorflow", "tensorflow-cpu", "tensorflow-intel", "tf-nightly", "tf-nightly-cpu"),
    adapter=f"{_HOME}.adapter",
    memory="contiguous",
    scripts=SCRIPTS,
    entry_points=_marked((*constructors.ENTRY_POINTS, *methods.ENTRY_POINTS, *functions.ENTRY_POINTS, *_NUMPY_FUNCTIONS)),
    on_device=_on_device,
    device_adapter=f"{_HOME}.device_adapter",
    deviations=(
        *into_deviations.DEVIATIONS,
        *out_deviations.DEVIATIONS,
        *symbolic.DEVIATIONS,
        *lifetime.DEVIATIONS,
        *device_deviations.DEVIATIONS,
    ),
    claims=claims.CLAIMS,
    costly=costs.COSTLY,
    measured=measured(Path(__file__).with_name("measured.jsonl")),
    states=STATES,
    settings=SETTINGS,
    contexts=CONTEXTS,
    exchange=Exchange(
        take="tf.experimental.dlpack.from_dlpack",
        call="tf.experimental.dlpack.from_dlpack({capsule})",
        capsule="tf.experimental.dlpack.to_dlpack({})",
        tensor="tf.Tensor",
        gives=(refuses("InvalidArgumentError", "BufferError", when=~dtype_in(*_IN_DLPACK), source=SEEN),),
        takes=(
            refuses("InvalidArgumentError", when=~contiguous & ~empty, source=SEEN),
            *NO_BOOL_BY_DLPACK,
            accepts(source=_SHARES),
            type_("tf.Tensor", source=SEEN),
            dtype(same_dtype, source=SEEN),
            shares(source=_SHARES),
        ),
    ),
    programs=programs.PROGRAMS,
    order=1,
)
