"""NumPy to PyTorch on other devices, and back."""
