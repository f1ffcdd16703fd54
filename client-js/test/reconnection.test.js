// A connection that is lost, or can not be made, is made again.
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { connected, failure, open, record, start } from "./support/in-page.js";

const polling = { transports: ({ polling }) => [polling] };

suite("backing off", () => {
  /** The waits before the tries that follow, when none succeeds. */
  function waits(t, count, options) {
    const { network, clock } = start(t, options);
    const found = [];
    for (let round = 0; round < count; round++) {
      const before = network.legs.length;
      network.leg().lose();
      const [wait] = clock.pending;
      found.push(wait);
      clock.advance(wait);
      assert.equal(network.legs.length, before + 1);
    }
    return found;
  }

  test("without randomness the wait doubles up to its limit", (t) => {
    assert.deepEqual(waits(t, 6, { randomizationFactor: 0 }), [1000, 2000, 4000, 5000, 5000, 5000]);
    assert.deepEqual(
      waits(t, 4, { randomizationFactor: 0, reconnectionDelay: 10, reconnectionDelayMax: 35 }),
      [10, 20, 35, 35],
    );
  });

  test("full jitter: anything up to the ceiling is as likely", (t) => {
    for (const [random, expected] of [
      [0, [0, 0, 0, 0]],
      [0.5, [500, 1000, 2000, 2500]],
      [0.75, [750, 1500, 3000, 3750]],
    ]) {
      t.mock.method(Math, "random", () => random);
      assert.deepEqual(waits(t, 4), expected);
    }
  });

  test("full jitter: mean and spread", (t) => {
    let seed = 1;
    // A generator with a full period, so that the test is the same each time.
    t.mock.method(Math, "random", () => (seed = (seed * 16807) % 2147483647) / 2147483647);
    const first = Array.from({ length: 2000 }, () => waits(t, 1)[0]);
    const mean = first.reduce((sum, wait) => sum + wait, 0) / first.length;
    assert.ok(Math.abs(mean - 500) < 25, `mean ${mean}`);
    assert.ok(Math.min(...first) < 10 && Math.max(...first) > 990 && Math.max(...first) <= 1000);
    // As many in each tenth.
    for (let tenth = 0; tenth < 10; tenth++) {
      const count = first.filter((wait) => Math.floor(wait / 100) === tenth).length;
      assert.ok(Math.abs(count - 200) < 60, `${count} between ${tenth * 100} and ${tenth * 100 + 100}`);
    }
  });

  test("with a randomizationFactor a wait differs by up to that part, and is never above the limit", (t) => {
    for (const [random, expected] of [
      [0, [500, 1000, 2000, 2500]],
      [0.5, [1000, 2000, 4000, 5000]],
      [0.999999, [1500, 3000, 5000, 5000]],
    ]) {
      t.mock.method(Math, "random", () => random);
      assert.deepEqual(waits(t, 4, { randomizationFactor: 0.5 }).map(Math.round), expected);
    }
  });

  test("a connection that was made begins anew", (t) => {
    const { network, clock } = start(t, { randomizationFactor: 0 });
    network.leg().lose();
    clock.advance(1000);
    network.leg().lose();
    clock.advance(2000);
    open(network).lose("transport close");
    assert.deepEqual(clock.pending, [1000]);
  });

  test("no wait is out of range after very many tries", (t) => {
    const found = waits(t, 2000, { randomizationFactor: 0 });
    assert.equal(found.at(-1), 5000);
  });
});

suite("events", () => {
  test("of a try that fails and one that succeeds", (t) => {
    const { network, clock, socket, manager } = start(t, { randomizationFactor: 0 });
    const names = ["open", "close", "error", "reconnect_attempt", "reconnect_error", "reconnect", "reconnect_failed"];
    const heard = record(manager, ...names);
    const errors = record(socket, "connect_error");
    const first = failure("first");
    network.leg().lose("transport error", first);
    assert.deepEqual(heard.splice(0), [["error", first]]);
    clock.advance(1000);
    assert.deepEqual(heard.splice(0), [["reconnect_attempt", 1]]);
    const second = failure("second");
    network.leg().lose("transport error", second);
    assert.deepEqual(heard.splice(0).sort(), [
      ["error", second],
      ["reconnect_error", second],
    ]);
    clock.advance(2000);
    assert.deepEqual(heard.splice(0), [["reconnect_attempt", 2]]);
    open(network);
    assert.deepEqual(heard.splice(0), [["open"], ["reconnect", 2]]);
    assert.deepEqual(errors, [
      ["connect_error", first],
      ["connect_error", second],
    ]);
    network.leg().lose("transport close", failure("gone"));
    assert.deepEqual(heard[0].slice(0, 2), ["close", "transport close"]);
  });

  test("after reconnectionAttempts it is given up, until somebody asks again", (t) => {
    const { network, clock, socket, manager } = start(t, { randomizationFactor: 0, reconnectionAttempts: 2 });
    const heard = record(manager, "reconnect_attempt", "reconnect_failed");
    for (let round = 0; round < 3; round++) {
      network.leg().lose();
      clock.advance(10000);
    }
    assert.deepEqual(heard, [["reconnect_attempt", 1], ["reconnect_attempt", 2], ["reconnect_failed"]]);
    assert.equal(network.legs.length, 3);
    assert.equal(socket.active, true);
    socket.connect();
    assert.equal(network.legs.length, 4);
  });

  test("and then it begins anew", (t) => {
    const { network, clock, socket } = start(t, { randomizationFactor: 0, reconnectionAttempts: 1 });
    network.leg().lose();
    clock.advance(1000);
    network.leg().lose();
    assert.deepEqual(clock.pending, []);
    socket.connect();
    network.leg().lose();
    assert.deepEqual(clock.pending, [1000]);
  });

  test("without reconnection nothing is tried", (t) => {
    const { network, clock } = connected(t, { reconnection: false });
    network.leg().lose();
    clock.advance(100000);
    assert.equal(network.legs.length, 1);
    assert.deepEqual(clock.pending, []);
  });
});

suite("one at a time", () => {
  test("a lost connection is tried once at a time, whoever asks", (t) => {
    const { network, clock, socket, manager, page } = start(t, { randomizationFactor: 0 });
    network.leg().lose();
    socket.connect();
    assert.equal(network.legs.length, 1);
    page.window.fire("online");
    page.window.fire("pageshow");
    page.show();
    socket.connect();
    manager.open();
    manager.connect();
    assert.equal(network.legs.length, 2);
    clock.advance(15000);
    assert.equal(network.legs.length, 2);
    open(network);
    assert.equal(network.legs.length, 2);
  });

  test("open while the next try is waited for is that try, and later ones come", (t) => {
    const { network, clock, manager } = start(t, { randomizationFactor: 0 });
    network.leg().lose();
    manager.open();
    assert.equal(network.legs.length, 2);
    open(network);
    clock.advance(10000);
    assert.equal(network.legs.length, 2);
    network.leg().lose("transport close");
    clock.advance(1000);
    assert.equal(network.legs.length, 3);
  });

  test("nothing is tried once the application has left", (t) => {
    const { network, clock, socket, page } = start(t, { randomizationFactor: 0 });
    network.leg().lose();
    socket.disconnect();
    page.window.fire("online");
    clock.advance(100000);
    assert.equal(network.legs.length, 1);
    assert.deepEqual(clock.pending, []);
    page.assertDeserted();
  });

  test("a listener of reconnect_attempt may leave", (t) => {
    const { network, clock, socket, manager } = start(t, { randomizationFactor: 0 });
    manager.on("reconnect_attempt", () => socket.disconnect());
    network.leg().lose();
    clock.advance(10000);
    assert.equal(network.legs.length, 1);
    socket.connect();
    assert.equal(network.legs.length, 2);
  });

  test("reconnection(false) while the next try is waited for, and then a connect", (t) => {
    const { network, clock, socket, manager } = start(t, { randomizationFactor: 0 });
    network.leg().lose();
    manager.reconnection(false);
    clock.advance(10000);
    assert.equal(network.legs.length, 1);
    socket.connect();
    assert.equal(network.legs.length, 2);
  });
});

test("a connection that is ended while it is made again is made again", (t) => {
  const { network, clock, manager, socket } = start(t, { randomizationFactor: 0 });
  open(network).packet('40{"sid":"a"}');
  network.leg().lose("transport close");
  clock.advance(1000);
  manager.engine.close();
  clock.advance(10000);
  assert.equal(network.legs.length, 3);
  open(network).packet('40{"sid":"b"}');
  assert.equal(socket.id, "b");
});

suite("waking", () => {
  for (const [name, wake] of Object.entries({
    online: (page) => page.window.fire("online"),
    pageshow: (page) => page.window.fire("pageshow"),
    "visibilitychange to visible": (page) => page.show(),
  })) {
    test(`${name}: the next try is at once`, (t) => {
      const { network, page } = start(t, { randomizationFactor: 0 });
      network.leg().lose();
      wake(page);
      assert.equal(network.legs.length, 2);
    });

    test(`${name}: silence is noticed at once`, (t) => {
      const { socket, clock, page } = connected(t, { randomizationFactor: 0 });
      const heard = record(socket, "disconnect");
      clock.jump(44999);
      wake(page);
      assert.deepEqual(heard, []);
      clock.jump(1);
      wake(page);
      assert.equal(heard[0][1], "ping timeout");
    });
  }

  test("visibilitychange to hidden is not waking", (t) => {
    const { network, page } = start(t, { randomizationFactor: 0 });
    network.leg().lose();
    page.hide();
    assert.equal(network.legs.length, 1);
  });

  test("a handshake that was slept through is given up", (t) => {
    const { network, clock, socket, page } = start(t, { ...polling, randomizationFactor: 0 });
    const heard = record(socket, "connect_error");
    clock.jump(20000);
    page.window.fire("online");
    assert.equal(heard[0][1].message, "timeout");
    assert.ok(network.leg().isClosed);
  });

  test("nobody listens once all is over", (t) => {
    const { socket, page } = connected(t);
    assert.notEqual(page.window.count, 0);
    socket.disconnect();
    page.assertDeserted();
  });

  test("listeners do not add up over reconnects", (t) => {
    const { network, clock, page } = connected(t, { randomizationFactor: 0 });
    const before = [page.window.count, page.document.count];
    for (let round = 0; round < 5; round++) {
      network.leg().lose("transport close");
      clock.advance(1000);
      network.leg().lose();
      clock.advance(2000);
      open(network).packet('40{"sid":"a"}');
    }
    assert.deepEqual([page.window.count, page.document.count], before);
  });
});
