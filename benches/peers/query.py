"""The windows of the bench as one query of DuckDB, one thread: `file IN OUT`."""
import sys

import duckdb

_, source, sink = sys.argv[1:4]
db = duckdb.connect()
db.execute("SET threads = 1")
db.execute(
    "COPY (SELECT time_bucket(INTERVAL 1 HOUR, t) AS hour, k, count(*) AS n, sum(x) AS total, max(x) AS most "
    f"FROM read_csv('{source}', columns = {{'k': 'BIGINT', 't': 'TIMESTAMP', 'x': 'DOUBLE'}}, header = true) "
    f"GROUP BY ALL) TO '{sink}' (HEADER false)"
)
