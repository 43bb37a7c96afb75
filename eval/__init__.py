"""Measuring: evaluation suites and benchmarks over the assistant and its tools."""
