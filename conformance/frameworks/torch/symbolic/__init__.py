"""NumPy to PyTorch's symbolic forms."""
