"""Rooms and broadcasts among several sockets."""

import random


class _Party:
    """Four sockets: `a` and `b` in the room, `c` in the room and in the exception, `d` in neither.

    All are in `everybody`, through which a last event shows that nothing more is on its way.
    """

    def __init__(self, bench):
        self.bench = bench
        self.everyone = self.a, self.b, self.c, self.d = [bench.open() for _ in range(4)]
        self.room, self.exception, self.everybody = map(bench.unique, ("room", "except", "everybody"))
        members = {self.room: self.everyone[:3], self.exception: [self.c], self.everybody: self.everyone}
        for room, peers in members.items():
            for peer in peers:
                bench.assertEqual(peer.ask("join", room), ["ok"])

    def reaches(self, event, expected, receivers):
        """Emits from `a` and checks who got what, no more and no less."""
        self.a.emit(*event)
        self.a.emit("to-all", self.everybody, "last")
        last = [self.everybody, "last"]
        for peer in self.everyone:
            for args in [expected, last] if peer in receivers else [last]:
                self.bench.assertEqual(peer.next("room-event"), args)


def rooms(bench):
    peer = bench.open()
    bench.assertEqual(peer.ask("rooms"), [[]])
    one, two = bench.unique("b"), bench.unique("a")
    for room in (one, two, two):
        bench.assertEqual(peer.ask("join", room), ["ok"])
    bench.assertEqual(peer.ask("rooms"), [[two, one]])
    bench.assertEqual(peer.ask("leave", one), ["ok"])
    bench.assertEqual(peer.ask("leave", "never joined"), ["ok"])
    bench.assertEqual(peer.ask("rooms"), [[two]])
    peer.emit("to-all", one, "nobody")
    peer.emit("to-all", two, "me")
    bench.assertEqual(peer.next("room-event"), [two, "me"])


def to_others(bench):
    all = _Party(bench)
    all.reaches(["to-others", all.room, "x", {"y": [1]}], [all.room, "x", {"y": [1]}], [all.b, all.c])
    bench.assertEqual(all.a.ask("leave", all.room), ["ok"])
    all.reaches(["to-others", all.room], [all.room], [all.b, all.c])


def to_all(bench):
    all = _Party(bench)
    all.reaches(["to-all", all.room, "x", None], [all.room, "x", None], [all.a, all.b, all.c])
    bench.assertEqual(all.a.ask("leave", all.room), ["ok"])
    all.reaches(["to-all", all.room, "x"], [all.room, "x"], [all.b, all.c])


def to_except(bench):
    all = _Party(bench)
    all.reaches(["to-except", all.room, all.exception, "x"], [all.room, "x"], [all.a, all.b])


def broadcast(bench):
    # In a namespace of its own, since a broadcast reaches whoever else is connected.
    namespace = f"/dynamic-{random.randrange(10**9)}"
    a, b, c = (bench.open(namespace) for _ in range(3))
    elsewhere = bench.open()
    a.emit("broadcast", "x", [1])
    for peer in (b, c):
        bench.assertEqual(peer.next("broadcast-event"), ["x", [1]])
    b.emit("broadcast", "y")
    for peer in (a, c):
        bench.assertEqual(peer.next("broadcast-event"), ["y"])
    bench.shows_life(elsewhere)
    bench.assertEqual([len(peer.all("broadcast-event")) for peer in (a, b, c, elsewhere)], [1, 1, 2, 0])
