"""PyTorch to NumPy."""
