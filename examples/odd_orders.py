#!/usr/bin/env python3
"""Scores each order line by how odd it is, and learns from it then (half-space trees, https://riverml.xyz).

A stage of examples/odd_orders.toml: an object a line comes in, and a line with the same id goes out.
"""

import json
import sys

from river import anomaly, compose, preprocessing

model = compose.Pipeline(preprocessing.MinMaxScaler(), anomaly.HalfSpaceTrees(seed=42))

for line in sys.stdin:
    record = json.loads(line)
    features = {name: record[name] or 0.0 for name in ("quantity", "unit_price")}
    score = model.score_one(features)
    model.learn_one(features)
    # Each answer at once: an order shall not wait for those behind it.
    print(json.dumps({"id": record["id"], "oddness": score}), flush=True)
