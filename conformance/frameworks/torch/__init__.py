"""All that is known of PyTorch."""
