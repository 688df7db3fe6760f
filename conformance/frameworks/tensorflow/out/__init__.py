"""TensorFlow to NumPy."""
