"""Run ``reachsim`` under the profiler, by processor time: python -m tests.benchmarks.profiled FILE ARGUMENTS…"""

import cProfile
import gc
import sys
import time


def main() -> None:
    file = sys.argv.pop(1)
    gc.set_threshold(200_000, 20, 20)  # as reachsim.__main__ does
    profile = cProfile.Profile(time.process_time)
    profile.enable()
    try:
        from reachsim import cli

        cli.main()
    finally:
        profile.disable()
        profile.dump_stats(file)


if __name__ == "__main__":
    main()
