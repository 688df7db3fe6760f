"""NumPy to TensorFlow."""
