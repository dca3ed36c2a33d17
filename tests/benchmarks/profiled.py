"""Run ``reachsim`` under the profiler, by processor time: python -m tests.benchmarks.profiled FILE ARGUMENTS…"""

import cProfile
import sys
import time


def main() -> None:
    file = sys.argv.pop(1)
    profile = cProfile.Profile(time.process_time)
    profile.enable()
    try:
        from reachsim.__main__ import main as reachsim

        reachsim()
    finally:
        profile.disable()
        profile.dump_stats(file)


if __name__ == "__main__":
    main()
