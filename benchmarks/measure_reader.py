"""Seconds, CPU seconds and peak memory of one reading, in a process of its own; printed as one line of JSON.

Belongs here: measuring, with nothing but Python, so that any environment can run it. Not here: the readers.
"""

import json
import sys
import time
from collections.abc import Callable, Mapping

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

Reader = Callable[[str], int]  # path of an RSA file -> number of acts read


def main(readers: Mapping[str, Reader], arguments: list[str]) -> None:
    """arguments: name of the reader, a small file (its reading does the imports and is not counted), the file."""
    name, warm_up, path = arguments
    reader = readers[name]
    reader(warm_up)
    start, cpu = time.perf_counter(), time.process_time()
    acts = reader(path)
    seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - cpu
    print(json.dumps({"seconds": seconds, "cpu_seconds": cpu_seconds, "peak_mb": peak_mb(), "acts": acts}))


def peak_mb() -> float | None:
    """Peak resident memory of this process, imports included; None where the system does not tell (Windows)."""
    if resource is None:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e6 / 1024)
