"""Requests a second and how long each takes: `kerasrecipes serve` beside FastAPI and `predict`.

    python -m benchmarks.serving                        10,000 requests from 16 clients, zoo/lenet
    python -m benchmarks.serving --requests 500

Both answer the same digit as PNG, in a process of their own, one after the other. The plain server
is what a tutorial would write: it decodes the image, scales it and calls `model.predict` for each
request, in FastAPI's threads. Needs the extra `[serve]` and `pip install fastapi`.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import re
import statistics
import subprocess
import sys
import time

import numpy as np
from PIL import Image, ImageDraw

from kerasrecipes import zoo

PLAIN = """
import io, sys
import keras, numpy as np, uvicorn
from fastapi import FastAPI, Request
from PIL import Image

model = keras.saving.load_model(sys.argv[1])
height, width = model.input_shape[1:3]
app = FastAPI()

def answer(body):
    image = Image.open(io.BytesIO(body)).convert("L").resize((width, height))
    x = 255 - np.asarray(image, "float32")[None, :, :, None]
    probabilities = model.predict(x, verbose=0)[0]
    return {"label": int(probabilities.argmax()), "probability": float(probabilities.max())}

@app.post("/predict")
async def predict(request: Request):
    body = await request.body()
    from starlette.concurrency import run_in_threadpool
    return await run_in_threadpool(answer, body)

print("http://localhost:8765/", flush=True)
uvicorn.run(app, port=8765, log_level="warning")
"""


def digit() -> bytes:
    """Draw a seven as PNG."""
    image = Image.new("L", (112, 112), 255)
    ImageDraw.Draw(image).line([(30, 30), (82, 30), (50, 90)], 0, 10)
    out = io.BytesIO()
    image.save(out, "png")
    return out.getvalue()


async def client(port: int, body: bytes, counter: list[int], taken: list[float]) -> int:
    """Send requests one after the other until none is left, and count those that were lost."""
    head = (
        f"POST /predict HTTP/1.1\r\nhost: localhost:{port}\r\ncontent-type: image/png\r\n"
        f"content-length: {len(body)}\r\n\r\n"
    ).encode()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    lost = 0
    while counter[0] > 0:
        counter[0] -= 1
        began = time.perf_counter()
        writer.write(head + body)
        said = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", said, re.IGNORECASE)
        assert length is not None
        await reader.readexactly(int(length.group(1)))
        taken.append(time.perf_counter() - began)
        lost += not said.startswith(b"HTTP/1.1 200")
    writer.close()
    return lost


async def load(port: int, requests: int, clients: int) -> tuple[float, list[float], int]:
    """Send all requests and return the seconds, those of each request, and how many were lost."""
    body, taken = digit(), list[float]()
    await client(port, body, [20], [])  # the first calls compile
    counter, began = [requests], time.perf_counter()
    lost = await asyncio.gather(*(client(port, body, counter, taken) for _ in range(clients)))
    return time.perf_counter() - began, taken, sum(lost)


def measure(name: str, command: list[str], requests: int, clients: int) -> float:
    """Start a server, print a row of the table, and return requests a second."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            found = re.search(r"localhost:(\d+)", process.stdout.readline())
            assert found is not None, f"{name} did not start"
            for _ in range(100):  # it says its address before it listens
                try:
                    seconds, taken, lost = asyncio.run(load(int(found[1]), requests, clients))
                    break
                except ConnectionRefusedError:
                    time.sleep(0.1)
        finally:
            process.terminate()
    rate = requests / seconds
    median, late = 1000 * statistics.median(taken), 1000 * float(np.quantile(taken, 0.99))
    print(f"| {name} | {rate:,.0f} | {median:.1f} | {late:.1f} | {lost} |", flush=True)
    return rate


def main() -> None:
    """Measure both servers."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--clients", type=int, default=16)
    arguments = parser.parse_args()
    given = (arguments.requests, arguments.clients)
    print("| server | requests a second | median, ms | p99, ms | lost |\n|---|---|---|---|---|")
    own = [sys.executable, "-m", "kerasrecipes", "serve", "zoo/lenet", "--port", "0"]
    ours = measure("kerasrecipes serve", own, *given)
    model = str(zoo.find("zoo/lenet") / "model.keras")
    plain = measure("FastAPI, model.predict", [sys.executable, "-c", PLAIN, model], *given)
    print(f"\n{ours / plain:.1f} times as many requests a second")


if __name__ == "__main__":
    main()
