"""What the two Python agents share: commands in as JSON lines, answers and reports out likewise."""
import json
import sys
import traceback


def write(message):
    # ASCII: a lone surrogate must not stop the report of it.
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


class Problem(Exception):
    """Something that the driver is told in one sentence."""


class Answer:
    """Answers one command, at once or later, one time."""

    def __init__(self, number):
        self.number = number

    def give(self, value=None):
        if self.number is not None:
            write({"id": self.number, "value": value})
            self.number = None

    def refuse(self, problem):
        if self.number is not None:
            write({"id": self.number, "problem": problem})
            self.number = None


class Desk:
    """Hands each command to the page that it is for; `make_page(number, before)` opens one."""

    def __init__(self, make_page):
        self.make_page = make_page
        self.pages = {}
        self.rest = b""

    def take(self, data):
        *lines, self.rest = (self.rest + data).split(b"\n")
        for line in lines:
            self.handle(json.loads(line))

    def handle(self, command):
        answer = Answer(command.pop("id"))
        verb, number = command.pop("do"), command.pop("page")
        try:
            if verb == "page":
                self.pages[number] = self.make_page(number, **command)
                answer.give()
            elif verb == "close":
                self.pages.pop(number).close()
                answer.give()
            else:
                getattr(self.pages[number], verb)(answer, **command)
        except Problem as problem:
            answer.refuse(str(problem))
        except Exception:
            answer.refuse(traceback.format_exc())
