"""One of two workers that train with stock Keras on `MultiWorkerMirroredStrategy`."""

import keras
import numpy as np
import tensorflow as tf

strategy = tf.distribute.MultiWorkerMirroredStrategy()
with strategy.scope():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
x = np.ones((8, 3), "float32")
dataset = tf.data.Dataset.from_tensor_slices((x, x[:, :1])).batch(4)
try:
    model.fit(dataset, epochs=1, verbose=0)
except Exception as error:
    print("stock fit failed:", type(error).__name__)
else:
    print("stock fit works")
