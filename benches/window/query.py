"""The same windows as one query of DuckDB over a table in memory: prints seconds, rows and peak memory as JSON."""
import json
import resource
import sys
import time

import duckdb

records, keys, threads = (int(word) for word in sys.argv[1:4])
db = duckdb.connect()
db.execute(f"SET threads = {threads}")
db.execute(
    "CREATE TABLE t AS SELECT (i * 2654435761 % 4294967296) % "
    f"{keys} AS k, make_timestamp(i * 3600) AS ts, (i * 7919 % 10007) / 8.0 AS x FROM range({records}) r(i)"
)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
start = time.process_time()
db.execute(
    "CREATE TABLE w AS SELECT time_bucket(INTERVAL 1 HOUR, ts) AS window_start, k, count(*) AS n, sum(x) AS total, "
    "max(x) AS most FROM t GROUP BY ALL"
)
seconds = time.process_time() - start
rows, total = db.execute("SELECT count(*), sum(total) FROM w").fetchone()
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({"seconds": seconds, "rows": rows, "total": total, "more": (after - before) << 10, "peak": after << 10}))
