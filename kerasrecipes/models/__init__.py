"""Builders of uncompiled Keras models, a file per family: numbers in, `keras.Model` out."""
