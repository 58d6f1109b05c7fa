"""Refused: what a command answers in a line, where others would print a trace."""


class Refused(Exception):
    """A request that cannot be carried out; the message says what was expected, what came, and what helps."""
