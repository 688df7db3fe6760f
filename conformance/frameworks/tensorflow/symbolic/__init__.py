"""NumPy to TensorFlow's symbolic forms."""
