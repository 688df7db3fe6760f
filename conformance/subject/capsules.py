"""DLPack capsules whose deleter is counted. See https://dmlc.github.io/dlpack/latest/python_spec.html."""

from __future__ import annotations

import ctypes
from typing import Any

_Deleter = ctypes.CFUNCTYPE(None, ctypes.c_void_p)

_name = ctypes.pythonapi.PyCapsule_GetName
_name.restype, _name.argtypes = ctypes.c_char_p, [ctypes.py_object]
pointer = ctypes.pythonapi.PyCapsule_GetPointer
pointer.restype, pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]


class DLTensor(ctypes.Structure):
    """https://dmlc.github.io/dlpack/latest/c_api.html"""

    _fields_ = [
        ("data", ctypes.c_void_p),
        ("device_type", ctypes.c_int32),
        ("device_id", ctypes.c_int32),
        ("ndim", ctypes.c_int32),
        ("code", ctypes.c_uint8),
        ("bits", ctypes.c_uint8),
        ("lanes", ctypes.c_uint16),
        ("shape", ctypes.c_void_p),
        ("strides", ctypes.c_void_p),
        ("byte_offset", ctypes.c_uint64),
    ]


#: Where the deleter stands in DLManagedTensor (behind a DLTensor of 48 bytes and the context) and in
#: DLManagedTensorVersioned (behind version and context). https://dmlc.github.io/dlpack/latest/c_api.html
_DELETER_AT = {b"dltensor": 56, b"dltensor_versioned": 16}

#: Deleters that the other side may still call: it has their address, and nothing else keeps them.
_hooked: list[Any] = []


class Counted:
    """A producer that counts what becomes of its capsules.

    given    capsules handed out
    deleted  runs of their deleters
    reuse    whether each call gives the first capsule again
    """

    def __init__(self, producer: Any, reuse: bool = False) -> None:
        self._producer, self.reuse = producer, reuse
        self._first: Any = None
        self.given = self.deleted = 0

    def __dlpack__(self, **options: Any) -> Any:
        if self._first is not None:
            return self._first
        capsule = self._producer.__dlpack__(**options)
        self._hook(capsule)
        self.given += 1
        if self.reuse:
            self._first = capsule
        return capsule

    def __dlpack_device__(self) -> Any:
        return self._producer.__dlpack_device__()

    def forget(self) -> None:
        """Let go of the first capsule: at the end of the interpreter it would outlive its deleter."""
        self._first = None

    def _hook(self, capsule: Any) -> None:
        """Put a deleter before the capsule's own."""
        name = _name(capsule)
        field = ctypes.c_void_p.from_address(pointer(capsule, name) + _DELETER_AT[name])
        own = _Deleter(field.value or 0)

        def delete(managed: int) -> None:
            self.deleted += 1
            own(managed)

        hook = _Deleter(delete)
        _hooked.append(hook)
        field.value = ctypes.cast(hook, ctypes.c_void_p).value
