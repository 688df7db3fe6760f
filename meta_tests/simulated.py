"""A pytest plugin: with `-p meta_tests.simulated`, `pytest conformance --device sim` asks the simulated device."""

from __future__ import annotations

from tensor_conformance.conformance.subject import devices

devices.KINDS["sim"] = devices.Kind("simulated", "meta_tests.accelerator")
