"""Where releases of TensorFlow break their promises."""
