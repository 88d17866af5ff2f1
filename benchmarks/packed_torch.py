"""PyTorch's packed LSTM on rows of tokens, for `benchmarks.text`; run by a Python that has torch
and NumPy.

    PYTHON packed_torch.py ROWS.npz

Reads a line from its input for each epoch, "packed shuffled", "packed bucketed" or "padded
bucketed", and answers with the seconds that it took.
"""

import sys
import time
from itertools import pairwise

import numpy as np
import torch


class Model(torch.nn.Module):
    """Embedding, LSTM, one sigmoid unit: the same sizes as the Keras model."""

    def __init__(self, vocabulary_size: int, dimension: int, units: int):
        super().__init__()
        self.embedding = torch.nn.Embedding(vocabulary_size, dimension, padding_idx=0)
        self.lstm = torch.nn.LSTM(dimension, units, batch_first=True)
        self.head = torch.nn.Linear(units, 1)

    def forward(self, tokens, lengths, packs):
        """Give the score of each row, `(batch,)`, by its last state, from packed or from padded
        rows.
        """
        if not packs:
            outputs, _ = self.lstm(self.embedding(tokens))
            return self.head(outputs[torch.arange(len(lengths)), lengths - 1])[:, 0]
        packed = torch.nn.utils.rnn.pack_padded_sequence(
            self.embedding(tokens), lengths, batch_first=True, enforce_sorted=False
        )
        _, (state, _) = self.lstm(packed)
        return self.head(state[-1])[:, 0]


def main() -> None:
    data = np.load(sys.argv[1], allow_pickle=False)
    values, offsets, labels = (
        data["values"],
        data["offsets"],
        torch.tensor(data["labels"], dtype=torch.float32),
    )
    rows = [torch.tensor(values[a:b], dtype=torch.long) for a, b in pairwise(offsets)]
    torch.manual_seed(0)
    model = Model(*(int(data[name]) for name in ("vocabulary_size", "dimension", "units")))
    optimizer, loss = torch.optim.Adam(model.parameters()), torch.nn.BCEWithLogitsLoss()
    size = int(data["batch_size"])
    print("ready", torch.__version__, torch.get_num_threads(), flush=True)
    for line in sys.stdin:
        form, name = line.split()
        order = data[name]
        began = time.perf_counter()
        for start in range(0, len(order), size):
            numbers = order[start : start + size]
            batch = [rows[number] for number in numbers]
            tokens = torch.nn.utils.rnn.pad_sequence(batch, batch_first=True)
            outputs = model(tokens, torch.tensor([len(row) for row in batch]), form == "packed")
            optimizer.zero_grad()
            loss(outputs, labels[numbers]).backward()
            optimizer.step()
        print(time.perf_counter() - began, flush=True)


if __name__ == "__main__":
    main()
