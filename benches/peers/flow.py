"""The windows of the bench as a dataflow of bytewax, one worker: `file IN OUT`.

Its watermark goes with the clock of the system, and what is behind it is dropped: so it waits long, and is not live.
"""
import sys
from datetime import datetime, timedelta, timezone

import bytewax.operators as op
from bytewax.dataflow import Dataflow
from bytewax.inputs import DynamicSource, StatelessSourcePartition
from bytewax.operators import windowing
from bytewax.outputs import DynamicSink, StatelessSinkPartition
from bytewax.testing import cluster_main

_, source, sink = sys.argv[1:4]


class Lines(StatelessSourcePartition):
    def __init__(self):
        self.file = open(source)

    def next_batch(self):
        lines = self.file.readlines(1 << 16)
        if not lines:
            raise StopIteration
        return [line for line in lines if line[0] != "k"]


class Source(DynamicSource):
    def build(self, step_id, worker_index, worker_count):
        return Lines()


class Out(StatelessSinkPartition):
    def __init__(self):
        self.file = open(sink, "w")

    def write_batch(self, items):
        for key, (window, (n, total, most)) in items:
            end = int((window + 1) * size.total_seconds() * 1000)
            self.file.write(f"{end},{key},{n},{total},{most}\n")

    def close(self):
        self.file.close()


class Sink(DynamicSink):
    def build(self, step_id, worker_index, worker_count):
        return Out()


def read(line):
    key, at, x = line.split(",")
    return key, (datetime.fromisoformat(at), float(x))


def add(sums, record):
    n, total, most = sums
    x = record[1]
    return n + 1, total + x, x if x > most else most


def merge(a, b):
    return a[0] + b[0], a[1] + b[1], max(a[2], b[2])


size = timedelta(hours=1)
flow = Dataflow("windows")
records = op.map("read", op.input("in", flow, Source()), read)
windows = windowing.fold_window(
    "window",
    records,
    windowing.EventClock(ts_getter=lambda record: record[0], wait_for_system_duration=timedelta(minutes=5)),
    windowing.TumblingWindower(length=size, align_to=datetime(1970, 1, 1, tzinfo=timezone.utc)),
    lambda: (0, 0.0, float("-inf")),
    add,
    merge,
)
op.output("out", windows.down, Sink())
cluster_main(flow, [], 0)
