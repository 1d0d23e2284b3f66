"""What other engines answer and cost on the data of the bench: a line of JSON for each.

    python3 others.py DATA_FOLDER river|sets

River 0.26, mlxtend 0.25 and pyfim are wanted (pip install river mlxtend pyfim); what is not there is left out, and
said on standard error. Processor time is that of this process around the loop: records are parsed before it.
"""

import csv
import json
import sys
import time

FOLDER, PART = sys.argv[1:]


def tell(**line):
    print(json.dumps(line), flush=True)


def rows(name):
    with open(f"{FOLDER}/{name}.csv", newline="") as file:
        return list(csv.DictReader(file))


def numbers(name, label):
    all_rows = rows(name)
    return [({k: float(v) for k, v in row.items() if k != label}, row[label]) for row in all_rows]


def learn(name, model, records):
    from river import metrics

    accuracy, kappa = metrics.Accuracy(), metrics.CohenKappa()
    answers = []
    begin = time.process_time()
    for x, y in records:
        answers.append(model.predict_one(x))
        model.learn_one(x, y)
    cpu_s = time.process_time() - begin
    for answer, (_, y) in zip(answers, records):
        accuracy.update(y, answer if answer is not None else "?")
        kappa.update(y, answer if answer is not None else "?")
    tell(engine="river", data="elec2", what=name, n=len(records), accuracy=accuracy.get(), kappa=kappa.get(), cpu_s=cpu_s)


def anomalies(records):
    from river import anomaly, compose, preprocessing

    model = compose.Pipeline(preprocessing.MinMaxScaler(), anomaly.HalfSpaceTrees(seed=1))
    scores = []
    begin = time.process_time()
    for x, _ in records:
        scores.append(model.score_one(x))
        model.learn_one(x)
    cpu_s = time.process_time() - begin
    tell(engine="river", data="shuttle", what="HST", n=len(records), cpu_s=cpu_s)


def river():
    from river import compose, forest, linear_model, naive_bayes, preprocessing, tree

    records = numbers("elec2", "class")
    learn("NB", naive_bayes.GaussianNB(), records)
    flags = [(x, y == "1") for x, y in records]
    scaled = compose.Pipeline(preprocessing.StandardScaler(), linear_model.LogisticRegression())
    learn("LR", scaled, flags)
    learn("HT", tree.HoeffdingTreeClassifier(), records)
    learn("HAT", tree.HoeffdingAdaptiveTreeClassifier(seed=1), records)
    learn("ARF10", forest.ARFClassifier(n_models=10, seed=1), records)
    anomalies(numbers("shuttle_anomaly", "anomaly"))


def baskets(name):
    found = {}
    for row in rows(name):
        found.setdefault(row["tid"], set()).add(row["item"])
    return [sorted(items) for items in found.values()]


def sets():
    for name, support in [("groceries", 0.01), ("groceries", 0.005), ("supermarket", 0.2), ("supermarket", 0.1)]:
        lists = baskets(name)
        try:
            import pandas
            from mlxtend.frequent_patterns import fpgrowth
            from mlxtend.preprocessing import TransactionEncoder

            encoder = TransactionEncoder()
            frame = pandas.DataFrame(encoder.fit_transform(lists), columns=encoder.columns_)
            begin = time.process_time()
            found = len(fpgrowth(frame, min_support=support, use_colnames=True))
            tell(engine="mlxtend", data=name, what=str(support), n=found, cpu_s=time.process_time() - begin)
        except ImportError as missing:
            print(f"mlxtend is left out: {missing}", file=sys.stderr)
        try:
            import fim

            begin = time.process_time()
            found = len(fim.fpgrowth(lists, supp=100 * support, report="a"))
            tell(engine="pyfim", data=name, what=str(support), n=found, cpu_s=time.process_time() - begin)
        except ImportError as missing:
            print(f"pyfim is left out: {missing}", file=sys.stderr)


try:
    {"river": river, "sets": sets}[PART]()
except ImportError as missing:
    print(f"{PART} is left out: {missing}", file=sys.stderr)
