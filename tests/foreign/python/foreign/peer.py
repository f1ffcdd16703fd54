"""One namespace of one client, with everything that reached it kept in order, event by event."""

import threading
import time

from .clients import LIMIT, settle, settle_all


class Peer:
    def __init__(self, session, namespace):
        self.session = session
        self.namespace = namespace
        self._received = {}
        self._taken = {}
        self._changed = threading.Condition()
        self._answer = lambda *args: None
        on = session.client.on
        for name in ("connect", "disconnect", "connect_error"):
            on(name, self._noting(name), namespace=namespace)
        on("emit-with-ack", session.kind.may_block(self._asked), namespace=namespace)
        on("*", self._arrive, namespace=namespace)

    @property
    def sid(self):
        return self.session.client.get_sid(self.namespace)

    def emit(self, name, *args):
        settle(self._emit(name, args))

    def emit_all(self, name, arguments):
        """Emits once for each of `arguments`, one after the other."""
        settle_all(self._emit(name, args) for args in arguments)

    def ask(self, name, *args):
        """Emits and gives the arguments of the server's acknowledgement."""
        return self.ask_all(name, [args])[0]

    def ask_all(self, name, arguments):
        """Asks everything before the first answer; gives the answers in the order of the questions."""
        arguments = list(arguments)
        answers = {}
        settle_all(self._emit(name, args, self._keep(answers, nth)) for nth, args in enumerate(arguments))
        self._until(lambda: len(answers) == len(arguments), f"acknowledgement of {name}")
        return [answers[nth] for nth in range(len(arguments))]

    def answers(self, function):
        """What the server's questions are answered with; the function may block."""
        self._answer = function

    def next(self, name):
        """The arguments of the first `name` that no earlier call has taken."""
        nth = self._taken.get(name, 0)
        self._taken[name] = nth + 1
        return self.first(name, nth + 1)[nth]

    def first(self, name, count):
        """The arguments of the first `count` of `name`, once they have arrived."""
        self._until(lambda: len(self._received.get(name, ())) >= count, f"{name} number {count}")
        return self.all(name)[:count]

    def all(self, name):
        """The arguments of every `name` so far, in order."""
        return list(self._received.get(name, ()))

    def _emit(self, name, args, callback=None):
        return self.session.client.emit(name, tuple(args), namespace=self.namespace, callback=callback)

    def _noting(self, name):
        return lambda *args: self._arrive(name, *args)

    def _arrive(self, name, *args):
        with self._changed:
            self._received.setdefault(name, []).append(list(args))
            self._changed.notify_all()

    def _asked(self, *args):
        self._arrive("emit-with-ack", *args)
        return self._answer(*args)

    def _keep(self, answers, nth):
        def keep(*args):
            with self._changed:
                answers[nth] = list(args)
                self._changed.notify_all()

        return keep

    def _until(self, reached, what):
        deadline = time.monotonic() + LIMIT
        with self._changed:
            while not reached():
                if not self._changed.wait(deadline - time.monotonic()):
                    raise TimeoutError(f"no {what} within {LIMIT} s")
