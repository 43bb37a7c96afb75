"""Benchmarks: ratios against a named peer in the same run, and the account of crashes."""
