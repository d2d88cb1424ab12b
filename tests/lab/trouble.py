"""The two ways in which the lab can be unable to do its work."""


class Unavailable(Exception):
    """This machine cannot hold a lab, and nobody here can change that: the tests are skipped, with this reason."""


class Broken(Exception):
    """The lab itself is at fault, or a server did not start: a failure, never a skip."""
