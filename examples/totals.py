#!/usr/bin/env python3
"""Says of each order line what it comes to: a stage of examples/totals.toml that reads and writes MessagePack.

Both pipes are without a buffer: a record is read as soon as it comes, and answered at once.
"""

import msgpack

out = open(1, "wb", 0)
for record in msgpack.Unpacker(open(0, "rb", 0)):
    out.write(msgpack.packb({"id": record["id"], "total": record["quantity"] * record["unit_price"]}))
