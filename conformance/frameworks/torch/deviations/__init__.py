"""Where releases of PyTorch break their promises."""
