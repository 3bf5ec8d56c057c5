"""What `iog serve http` takes: python benchmarks/serve.py

A server with the cache and one without are asked the same over HTTP, in turn, so that whatever else the
machine does slows both down. Times are those of the client on the same machine, from request to answer with
run lengths; least and median. "CPU" is what the server's process used of all cores, the mean: on a machine
that does nothing else the answer takes about as long, or less, as the model uses several cores.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import socket
import statistics
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import psutil
from PIL import Image

from iog.samples import samples

SIZE = (4000, 3000)
"""12 megapixels, as a phone's camera takes them."""
TARGETS = {"third click": 40, "correction": 25}
"""Milliseconds that are wanted with the cache."""
USERS = 8


class Taken(NamedTuple):
    """What a request takes, in seconds."""

    seconds: float
    cpu: float
    """Of the server."""


class Client:
    """Asks one server."""

    def __init__(self, address: str, process: psutil.Process) -> None:
        self.address, self._process = address, process

    @property
    def cpu(self) -> float:
        """Seconds that the server has used."""
        times = self._process.cpu_times()
        return float(times.user + times.system)

    def ask(self, path: str, body: Any) -> Any:
        """The answer to JSON, or to the bytes of a file."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.address}{path}", data, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=300) as answer:
            return json.load(answer)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=10, help="photos for single times")
    parser.add_argument("--requests", type=int, default=40, help="requests for the rate, and of each user")
    arguments = parser.parse_args()
    with serving("512") as cached, serving("0") as bare:
        clients = {"cache": cached, "no cache": bare}
        print_times(clients, arguments.rounds)
        print_rates(clients, arguments.requests)
        print_users(clients["cache"], arguments.requests)


def print_times(clients: dict[str, Client], rounds: int) -> None:
    """Single requests on photos of 12 megapixels."""
    taken: dict[str, dict[str, list[Taken]]] = {name: {} for name in clients}
    for number in range(rounds + 1):
        content = large(number)
        for name, client in clients.items():
            found = steps(client, content, number)
            if number:  # the first warms up
                for step, one in found.items():
                    taken[name].setdefault(step, []).append(one)
    print(f"{'ms, 12 megapixels':32}{'cache':>13}{'CPU':>6}{'no cache':>14}{'CPU':>6}   wanted")
    for step in taken["cache"]:
        line = f"{step:32}"
        for name, width in (("cache", 13), ("no cache", 14)):
            seconds = [one.seconds for one in taken[name][step]]
            cpu = statistics.mean(one.cpu for one in taken[name][step])
            cell = f"{1000 * min(seconds):.0f} / {1000 * statistics.median(seconds):.0f}"
            line += f"{cell:>{width}}{1000 * cpu:6.0f}"
        print(line + (f"{TARGETS[step]:9}" if step in TARGETS else ""))


def steps(client: Client, content: bytes, number: int) -> dict[str, Taken]:
    """A person's way on one photo: what each step takes."""
    x, y = 700 + 40 * number, 500 + 30 * number
    corners = [[x, y], [x + 1500, y + 1400]]
    query = "&".join(f"corners={value}" for value in (*corners[0], *corners[1]))
    unseen, first = timed(client, f"/v1/objects?{query}", content)
    place = f"/v1/objects/{first['id']}/clicks"
    other = {"photo": first["photo"], "corners": [[x + 90, y + 90], [x + 1300, y + 1300]]}
    seen, _ = timed(client, "/v1/objects", other)
    third, _ = timed(client, place, {"x": x + 750, "y": y + 700})
    correction, _ = timed(client, place, {"x": x + 60, "y": y + 60, "foreground": False})
    return {
        "box, a photo seen before": seen,
        "box, a photo not seen before": unseen,
        "third click": third,
        "correction": correction,
    }


def print_rates(clients: dict[str, Client], requests: int) -> None:
    """Clicks a second on a few photos, one client after the other in short turns."""
    seconds = dict.fromkeys(clients, 0.0)
    places = {name: opened(client) for name, client in clients.items()}
    for number in range(requests):
        for name, client in clients.items():
            place, (x, y) = places[name][number % len(places[name])]
            click = {"x": x + number // 4, "y": y, "role": "inside"}
            seconds[name] += timed(client, place, click)[0].seconds
    print("\nclicks a second, one client, the sample photos")
    for name, taken in seconds.items():
        print(f"{name:32}{requests / taken:16.1f}")


def opened(client: Client) -> list[tuple[str, tuple[int, int]]]:
    """An object on each sample photo: the address for clicks, and a pixel of the object."""
    found = []
    for sample in samples():
        photo = client.ask("/v1/photos", sample.photo.read_bytes())["photo"]
        made = client.ask("/v1/objects", {"photo": photo, "corners": sample.clicks.corners})
        found.append((f"/v1/objects/{made['id']}/clicks", sample.clicks.inside or sample.clicks.box.centre))
    return found


def print_users(client: Client, requests: int) -> None:
    """As many at once: what each waits in all, and for its slowest answer."""
    places = [opened(client)[number % 4] for number in range(USERS)]
    alone = sum(_click(client, places[0], number) for number in range(requests)) / requests
    waits: list[list[float]] = [[] for _ in places]
    start = threading.Barrier(USERS)

    def work(user: int) -> None:
        start.wait()
        for number in range(requests):
            waits[user].append(_click(client, places[user], number + 7))

    threads = [threading.Thread(target=work, args=(user,)) for user in range(USERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    means = [1000 * sum(own) / len(own) for own in waits]
    print(f"\nms a click, {USERS} users at once")
    print(f"{'one alone':32}{1000 * alone:16.0f}")
    print(f"{'the user who waited least':32}{min(means):16.0f}")
    print(f"{'the user who waited most':32}{max(means):16.0f}")
    print(f"{'the slowest of all answers':32}{1000 * max(max(own) for own in waits):16.0f}")


def _click(client: Client, place: tuple[str, tuple[int, int]], number: int) -> float:
    path, (x, y) = place
    click = {"x": x + number % 9 - 4, "y": y + number // 9, "role": "inside"}
    return timed(client, path, click)[0].seconds


def timed(client: Client, path: str, body: Any) -> tuple[Taken, Any]:
    """What a request takes, and the answer."""
    used, start = client.cpu, time.perf_counter()
    answer = client.ask(path, body)
    return Taken(time.perf_counter() - start, client.cpu - used), answer


def large(number: int) -> bytes:
    """The file of a photo: a sample made large, each time another one."""
    photo = samples()[number % 4].photo
    picture = Image.open(photo).convert("RGB").resize(SIZE, Image.Resampling.BICUBIC)
    pixels = np.roll(np.asarray(picture), 17 * number, axis=1)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=90)
    return file.getvalue()


@contextmanager
def serving(cache: str) -> Iterator[Client]:
    """`iog serve http`; its client."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "iog", "serve", "http", "--port", str(port), "--cache", cache]
    path = os.pathsep.join([str(Path(__file__).parents[1] / "src"), os.environ.get("PYTHONPATH", "")])
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": path})
    try:
        while True:
            try:
                urllib.request.urlopen(f"{address}/health", timeout=5).close()
                break
            except (urllib.error.URLError, OSError):
                if process.poll() is not None:
                    sys.exit("the server did not start")
                time.sleep(0.2)
        yield Client(address, psutil.Process(process.pid))
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main()
