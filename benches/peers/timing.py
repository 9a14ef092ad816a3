"""CPU time of a peer."""

import statistics
import time


def timed(run, rounds):
    """The result, and the median CPU time in seconds; a single round if it takes more than ten seconds."""
    taken = []
    for _ in range(rounds):
        start = time.process_time()
        got = run()
        taken.append(time.process_time() - start)
        if taken[0] > 10:
            break
    return got, statistics.median(taken)
