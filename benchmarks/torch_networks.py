"""Networks of recipes in PyTorch, layer by layer, for `benchmarks.beside_torch`; run by a Python
that has torch and NumPy.

    PYTHON torch_networks.py NAME SETTINGS.npz

Says first how many weights learn. Reads a number of steps, or `generate` and a number of tokens,
from each line of its input, and answers with the processor's seconds that they took.
"""

import math
import sys
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional


class Game(nn.Module):
    """DCGAN of 64 x 64 pixels."""

    def __init__(self, filters, latent, **_):
        super().__init__()
        self.latent = latent
        widths = [filters * 8, filters * 4, filters * 2, filters]
        layers = [nn.ConvTranspose2d(latent, widths[0], 4, 1, 0, bias=False)]
        for before, after in zip(widths, [*widths[1:], 3], strict=True):
            layers += [nn.BatchNorm2d(before), nn.ReLU()]
            layers += [nn.ConvTranspose2d(before, after, 4, 2, 1, bias=False)]
        self.generator = nn.Sequential(*layers, nn.Tanh())
        layers = [nn.Conv2d(3, filters, 4, 2, 1, bias=False), nn.LeakyReLU(0.2)]
        for number in range(3):
            wide = filters * 2 ** (number + 1)
            layers += [nn.Conv2d(wide // 2, wide, 4, 2, 1, bias=False), nn.BatchNorm2d(wide)]
            layers += [nn.LeakyReLU(0.2)]
        layers += [nn.Conv2d(8 * filters, 1, 4, 1, 0, bias=False), nn.Flatten()]
        self.discriminator = nn.Sequential(*layers)
        self.optimizers = [
            torch.optim.Adam(part.parameters(), 2e-4, (0.5, 0.999))
            for part in (self.discriminator, self.generator)
        ]

    def step(self, images):
        """Let the discriminator learn, then the generator, as in PyTorch's example."""
        real = images.permute(0, 3, 1, 2) / 127.5 - 1
        fake = self.generator(torch.randn(len(real), self.latent, 1, 1))
        loss = functional.softplus(-self.discriminator(real)).mean()
        loss = loss + functional.softplus(self.discriminator(fake.detach())).mean()
        self._learn(self.optimizers[0], loss)
        self._learn(self.optimizers[1], functional.softplus(-self.discriminator(fake)).mean())

    @staticmethod
    def _learn(optimizer, loss):
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


class Speech(nn.Module):
    """Log-mel features, two convolutions, recurrent layers in both directions, CTC."""

    def __init__(self, mel, window, stride, filters, units, symbols, **_):
        super().__init__()
        self.mel, self.window, self.stride = torch.tensor(mel), window, stride
        self.hann = torch.hann_window(window)
        self.first = nn.Conv1d(mel.shape[1], filters, 5, 2, 2, bias=False)
        self.second = nn.Conv1d(filters, filters, 5, 1, 2, bias=False)
        self.norms = nn.ModuleList([nn.LayerNorm(filters), nn.LayerNorm(filters)])
        self.gru = nn.GRU(filters, units, 2, batch_first=True, dropout=0.1, bidirectional=True)
        self.head = nn.Linear(2 * units, symbols)

    def loss(self, samples, labels):
        """Give the mean CTC loss of recordings of one length."""
        length = 2 ** (self.window - 1).bit_length()
        cut = functional.pad(samples, (0, self.window)).unfold(1, self.window, self.stride)
        power = torch.fft.rfft(cut * self.hann, length).abs() ** 2
        bands = power @ self.mel
        x = torch.log(bands + 1e-6 * bands.amax((1, 2), keepdim=True) + 1e-10)
        x = (x - x.mean(1, keepdim=True)) / torch.sqrt(x.var(1, keepdim=True) + 1e-3)
        for layer, norm in zip((self.first, self.second), self.norms, strict=True):
            x = functional.relu(norm(layer(x.transpose(1, 2)).transpose(1, 2)))
            x = functional.dropout(x, 0.1, self.training)
        x = self.head(functional.dropout(self.gru(x)[0], 0.1, self.training))
        steps = torch.full((len(x),), x.shape[1])
        logs = functional.log_softmax(x, -1).transpose(0, 1)
        return functional.ctc_loss(logs, labels, steps, (labels > 0).sum(1))


class Wavenet(nn.Module):
    """Dilated causal blocks over codes of 256 levels."""

    def __init__(self, channels, skip, depth, cycles, told, **_):
        super().__init__()
        self.codes = nn.Embedding(256, channels)
        self.label = nn.Embedding(1, told)
        self.dilations = [2 ** (n % depth) for n in range(depth * cycles)]
        count = len(self.dilations)
        self.blocks = nn.ModuleList(
            nn.Conv1d(channels, 2 * channels, 2, dilation=d) for d in self.dilations
        )
        self.told = nn.ModuleList(nn.Linear(told, 2 * channels, bias=False) for _ in range(count))
        self.out = nn.ModuleList(nn.Conv1d(channels, channels + skip, 1) for _ in range(count))
        self.head = nn.Sequential(
            nn.ReLU(), nn.Conv1d(skip, skip, 1), nn.ReLU(), nn.Conv1d(skip, 256, 1)
        )

    def loss(self, samples, labels):
        """Give the mean cross-entropy of the next code."""
        x = self.codes(samples).transpose(1, 2)
        label, total = self.label(torch.zeros(len(x), dtype=torch.long)), 0
        for number, dilation in enumerate(self.dilations):
            wide = self.blocks[number](functional.pad(x, (dilation, 0)))
            tanh, sigmoid = (wide + self.told[number](label)[:, :, None]).chunk(2, 1)
            outputs = self.out[number](torch.tanh(tanh) * torch.sigmoid(sigmoid))
            x, total = x + outputs[:, : x.shape[1]], total + outputs[:, x.shape[1] :]
        return functional.cross_entropy(self.head(total), labels)


class Unet(nn.Module):
    """U-Net with batch normalization."""

    def __init__(self, filters, levels, classes, **_):
        super().__init__()
        widths = [filters * 2**level for level in range(levels)]
        pairs = zip([3, *widths[:-1]], widths, strict=True)
        self.down = nn.ModuleList(self._two(before, after) for before, after in pairs)
        self.up = nn.ModuleList(nn.ConvTranspose2d(2 * w, w, 2, 2) for w in widths[-2::-1])
        self.joined = nn.ModuleList(self._two(2 * w, w) for w in widths[-2::-1])
        self.head = nn.Conv2d(filters, classes, 1)

    @staticmethod
    def _two(before, after):
        layers = []
        for width in (before, after):
            layers += [nn.Conv2d(width, after, 3, padding=1, bias=False), nn.BatchNorm2d(after)]
            layers += [nn.ReLU()]
        return nn.Sequential(*layers)

    def loss(self, images, labels):
        """Give the mean cross-entropy of pixels."""
        x, skips = images.permute(0, 3, 1, 2) / 127.5 - 1, []
        for number, layer in enumerate(self.down):
            x = layer(functional.max_pool2d(x, 2) if number else x)
            skips.append(x)
        for grow, join, skip in zip(self.up, self.joined, skips[-2::-1], strict=True):
            x = join(torch.cat([skip, grow(x)], 1))
        return functional.cross_entropy(self.head(x), labels)


class Gpt(nn.Module):
    """Decoder-only transformer with a cache of keys and values."""

    def __init__(self, vocabulary, length, units, layers, heads, **_):
        super().__init__()
        self.heads = heads
        self.tokens, self.places = nn.Embedding(vocabulary, units), nn.Embedding(length, units)
        self.blocks = nn.ModuleList(
            nn.ModuleList(
                [
                    *(nn.LayerNorm(units), nn.Linear(units, 3 * units), nn.Linear(units, units)),
                    *(nn.LayerNorm(units), nn.Linear(units, 4 * units)),
                    nn.Linear(4 * units, units),
                ]
            )
            for _ in range(layers)
        )
        self.norm = nn.LayerNorm(units)
        for part in self.modules():
            if isinstance(part, (nn.Linear, nn.Embedding)):
                nn.init.normal_(part.weight, 0, 0.02)

    def forward(self, tokens, caches=None, begin=0):
        """Give logits, and write keys and values to caches where there are some."""
        count = tokens.shape[1]
        x = self.tokens(tokens) + self.places(torch.arange(begin, begin + count))
        for number, (norm, mixed, out, second, hidden, result) in enumerate(self.blocks):
            shape = (len(x), count, self.heads, -1)
            q, k, v = (p.view(shape).transpose(1, 2) for p in mixed(norm(x)).chunk(3, -1))
            if caches is not None:
                for cache, new in zip(caches[number], (k, v), strict=True):
                    cache[:, :, begin : begin + count] = new
                k, v = (cache[:, :, : begin + count] for cache in caches[number])
            seen = functional.scaled_dot_product_attention(q, k, v, is_causal=caches is None)
            x = x + out(seen.transpose(1, 2).reshape(x.shape))
            x = x + result(functional.gelu(hidden(second(x))))
        return self.norm(x) @ self.tokens.weight.T

    def loss(self, tokens, labels):
        """Give the mean cross-entropy of the next token."""
        return functional.cross_entropy(self(tokens).flatten(0, 1), labels.flatten())

    @torch.no_grad()
    def generate(self, count, length):
        """Draw tokens one after another, with the cache."""
        size = self.tokens.embedding_dim // self.heads
        caches = [[torch.zeros(1, self.heads, length, size) for _ in range(2)] for _ in self.blocks]
        token = torch.zeros(1, 1, dtype=torch.long)
        for place in range(count):
            logits = self(token, caches, place)[:, -1]
            token = torch.multinomial(functional.softmax(logits, -1), 1)


NETWORKS = {"dcgan": Game, "speech": Speech, "wavenet": Wavenet, "unet": Unet, "gpt": Gpt}


def main() -> None:
    given = dict(np.load(sys.argv[2], allow_pickle=False))
    x, y = torch.tensor(given.pop("x")), torch.tensor(given.pop("y"))
    torch.manual_seed(0)
    settings = {name: value if value.ndim else value.item() for name, value in given.items()}
    torch.set_num_threads(settings.pop("threads"))
    model = NETWORKS[sys.argv[1]](**settings)
    learns = sum(math.prod(weight.shape) for weight in model.parameters())
    optimizer = torch.optim.AdamW(model.parameters(), 1e-3)
    print(learns, torch.__version__, torch.get_num_threads(), flush=True)
    for line in sys.stdin:
        word, _, number = line.strip().rpartition(" ")
        began = time.process_time()
        if word == "generate":
            model.eval()
            model.generate(int(number), settings["length"])
            model.train()
        for _ in range(0 if word else int(number)):
            if hasattr(model, "step"):
                model.step(x)
                continue
            optimizer.zero_grad()
            model.loss(x, y).backward()
            optimizer.step()
        print(time.process_time() - began, flush=True)


if __name__ == "__main__":
    main()
