from datetime import datetime, timezone


def start(flow):
    flow.words = ["start"]
    flow.kept = {"deep": [1, 2]}
    flow.when = datetime.fromtimestamp(0, timezone.utc)


def middle(flow):
    flow.words.append("middle")
    flow.scaled = 10 * flow.alpha


def end(flow):
    flow.words.append("end")
