"""In a checkout, the suite's hooks; installed, `conformance.noticed` brings them."""

pytest_plugins = ("tensor_conformance.conformance.plugin", "tensor_conformance.conformance.benchmarks.plugin")
