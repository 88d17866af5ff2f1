"""What a model's answer hangs on, as plain arrays."""
