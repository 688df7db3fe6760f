"""The side on trial: it builds what a spec describes, converts it and reports what really happened.

Imports NumPy, the framework and `strategies` (without Hypothesis) only, so any interpreter can be a subject.
"""
