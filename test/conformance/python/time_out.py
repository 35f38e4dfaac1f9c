import time


def start(flow):
    pass


def slow(flow):
    time.sleep(60)


def end(flow):
    pass
