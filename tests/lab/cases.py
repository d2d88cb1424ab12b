"""The lab's tests."""


def run_all(lab):
    return 0
