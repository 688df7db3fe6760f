"""All that is known of TensorFlow."""
