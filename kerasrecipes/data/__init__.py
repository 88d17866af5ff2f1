"""Where examples come from: embedded, TensorFlow Datasets, the user's own files."""
