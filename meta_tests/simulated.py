"""A pytest plugin, by which `pytest -p meta_tests.simulated conformance --device sim --framework torch` asks the simulated device."""

from __future__ import annotations

from conformance import devices

devices.KINDS["sim"] = devices.Kind("simulated", "meta_tests.accelerator")
