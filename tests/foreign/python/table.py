"""Every feature, for every client, in every mode: one machine-readable line each."""

import os
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / ".deps"))
sys.dont_write_bytecode = True

from foreign.bench import Bench  # noqa: E402
from foreign.clients import MODES, Asyncio, Threads  # noqa: E402
from foreign.features import table  # noqa: E402


class Case(Bench):
    def __init__(self, kind, mode, base, feature, function):
        super().__init__(kind, mode, base)
        self.row = (kind.name, mode, feature)
        self._function = function

    def runTest(self):
        self._function(self)

    def id(self):
        return " | ".join(self.row)

    __str__ = id

    def shortDescription(self):
        return None


class Lines(unittest.TestResult):
    """Prints a line a test; what went wrong goes to standard error."""

    def startTest(self, test):
        super().startTest(test)
        self._why = []

    def addError(self, test, err):
        super().addError(test, err)
        self._fault(test, err, self.errors)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._fault(test, err, self.failures)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self._why.append("skipped")

    def stopTest(self, test):
        super().stopTest(test)
        why = " ".join(self._why[0].split()) if self._why else ""
        print("result", *test.row, "fail" if self._why else "pass", why, sep="\t", flush=True)

    def _fault(self, test, err, kept):
        print(f"{test}\n{kept[-1][1]}", file=sys.stderr, flush=True)
        self._why.append((str(err[1]) or err[0].__name__).splitlines()[0])


def main():
    base = os.environ.get("ENCKE_URL")
    if not base:
        sys.exit("ENCKE_URL is not set: the address of a conformance server")
    suite = unittest.TestSuite(
        Case(kind, mode, base, feature, function)
        for kind in (Threads, Asyncio)
        for mode in MODES
        for feature, function in table(mode, os.environ.get("ENCKE_PART")).items()
    )
    result = Lines()
    suite.run(result)
    sys.exit(not result.wasSuccessful())


main()
