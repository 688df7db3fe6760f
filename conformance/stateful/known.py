"""Known deviations that only a program shows: what breaks after a conversion, not by it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from conformance.stateful.model import Held
from conformance.stateful.program import Program, Step


@dataclass(frozen=True)
class KnownProgram:
    """One known break of a promise, as `Deviation`, with

    frameworks  that the program needs
    when        (step, the handle that it is done to) to whether it covers the step; such steps are left out of programs
    program     the shortest that shows it
    """

    id: str
    title: str
    package: str
    releases: str
    url: str
    upstream: str
    severity: str
    frameworks: tuple[str, ...]
    when: Callable[[Step, Held], bool]
    program: Program

    def applies_to(self, versions: dict[str, str]) -> bool:
        """Whether it is recorded for a subject with these releases."""
        release = versions.get(self.package)
        return release is not None and Version(Version(release).public) in SpecifierSet(self.releases, prereleases=True)


def _off_64(step: Step, held: Held) -> bool:
    return held.kind == "tensorflow" and held.address % 64 != 0


def _exported(step: Step, held: Held) -> bool:
    return step.do == "resize" and held.kind == "torch" and held.memory.crossed == "dlpack"


def _bridged(step: Step, held: Held) -> bool:
    return step.do == "resize" and held.kind == "torch" and held.memory.crossed == "numpy"


KNOWN: tuple[KnownProgram, ...] = (
    KnownProgram(
        id="torch-resize-after-dlpack",
        title="resize_ frees memory that np.from_dlpack was given: the array dangles (numpy() makes resize_ refuse).",
        package="torch",
        releases=">=2.13,<2.14",
        url="https://dmlc.github.io/dlpack/latest/python_spec.html",
        upstream="",
        severity="memory",
        frameworks=("torch",),
        when=_exported,
        program=(
            Step("array", to="h0", how="float32", at=(2,)),
            Step("convert", "h0", "h1", "torch.tensor"),
            Step("convert", "h1", "h2", "np.from_dlpack(torch.Tensor)"),
            Step("resize", "h1", at=(1000,)),
        ),
    ),
    KnownProgram(
        id="torch-refused-resize-changes-shape",
        title="resize_ of a tensor over NumPy's memory raises, and leaves the tensor with a shape larger than its memory.",
        package="torch",
        releases=">=2.13,<2.14",
        url="https://docs.pytorch.org/docs/2.13/generated/torch.Tensor.resize_.html",
        upstream="https://github.com/pytorch/pytorch/issues/170298",
        severity="memory",
        frameworks=("torch",),
        when=_bridged,
        program=(
            Step("array", to="h0", how="float32", at=(2,)),
            Step("convert", "h0", "h1", "torch.from_numpy"),
            Step("resize", "h1", at=(1000,)),
        ),
    ),
    KnownProgram(
        id="tf-view-of-misaligned-dlpack",
        title="Kernels kill the process on a tensor that DLPack imported from an address that is no multiple of 64.",
        package="tensorflow",
        releases=">=2.21,<2.22",
        url="https://www.tensorflow.org/api_docs/python/tf/experimental/dlpack/from_dlpack",
        upstream="https://github.com/tensorflow/tensorflow/pull/36862",
        severity="crash",
        frameworks=("tensorflow",),
        when=_off_64,
        program=(
            Step("array", to="h0", how="float32", at=(3,)),
            Step("view", "h0", "h1", "rest"),
            Step("convert", "h1", "h2", "tf.experimental.dlpack.from_dlpack"),
            Step("view", "h2", "h3", "rest"),
        ),
    ),
)


def known_step(step: Step, held: Held, versions: dict[str, str]) -> KnownProgram | None:
    """The deviation that covers a step on this handle, for these releases."""
    return next((known for known in KNOWN if known.applies_to(versions) and known.when(step, held)), None)
