"""``python -m tests.withheld {files,fields,values,words,generated} [--each N]``: all that the tests try a share of.

``files``: every file of every shipped snapshot left out, refused or cut off, under every command that answers.
``fields``: every field of every kind of record left out, in the first of its kind or (``--records``) in more of them.
``values``: single values gone or made nonsense. ``words``: every word of an enumeration replaced by one that nobody
knows.
``generated``: random networks without an account, a Region, a file or a page, until ``--most`` have been tried.
Prints what is wrong; exit code 1 if anything is.
"""

from __future__ import annotations

import argparse
import itertools
import sys

from tests.withheld import fields, files, generated, values, words
from tests.withheld.surfaces import PLAIN


def main() -> int:
    options = argparse.ArgumentParser(prog="python -m tests.withheld", description=__doc__)
    options.add_argument("what", choices=["files", "fields", "values", "words", "generated"])
    options.add_argument("--each", type=int, default=1, metavar="N", help="only each N-th trial")
    options.add_argument("--first", type=int, default=0, metavar="N", help="begin with this one")
    options.add_argument("--records", type=int, default=1, metavar="N", help="of fields, in so many records of a kind")
    options.add_argument("--surface", action="append", choices=[*PLAIN], help="of files, only under these commands")
    options.add_argument("--most", type=int, default=10_000, metavar="N", help="of generated, so many trials")
    given = options.parse_args()
    wrong = tried = 0
    if given.what == "files":
        wanted = (one for one in files.trials() if not given.surface or one[4] in given.surface)
        for name, path, what, held, surface in itertools.islice(wanted, given.first, None, given.each):
            tried += 1
            for complaint in files.complaints(name, path, held, surface):
                wrong += 1
                print(f"{name} {path} {what}, {surface}: {complaint}", flush=True)
    elif given.what in ("fields", "words"):
        of_fields = given.what == "fields"
        trials, complaints = (
            (fields.trials(given.records), fields.complaints) if of_fields else (words.trials(), words.complaints)
        )
        for name, path, field, held in itertools.islice(trials, given.first, None, given.each):
            tried += 1
            for complaint in complaints(name, path, held):
                wrong += 1
                print(f"{name} {path}#/{field}: {complaint}", flush=True)
    elif given.what == "generated":
        last = given.first + given.most * given.each
        for topic, seed, what, held in itertools.islice(generated.every(), given.first, last, given.each):
            tried += 1
            for complaint in generated.complaints(topic, seed, held):
                wrong += 1
                print(f"{topic} {seed} {what}: {complaint}", flush=True)
    else:
        for name, what, held in itertools.islice(values.trials(), given.first, None, given.each):
            tried += 1
            for complaint in values.complaints(name, what, held):
                wrong += 1
                print(f"{name} {what}: {complaint}", flush=True)
    print(f"{tried} trials, {wrong} complaints")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
