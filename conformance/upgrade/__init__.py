"""Upgrade checks: two releases are asked the same, and must answer the same."""
