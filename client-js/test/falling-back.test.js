// The first transport can not connect: the next is tried, for as long as there is time.
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { failure, open, record, start } from "./support/in-page.js";

const both = { transports: ({ polling, webSocket }) => [polling, webSocket], randomizationFactor: 0 };
const none = { transports: (network) => [network.transport("none", true, () => false)], randomizationFactor: 0 };

test("the error is that of the first transport", (t) => {
  const { network, socket } = start(t, both);
  const heard = record(socket, "connect_error");
  network.leg().lose("transport error", failure("the portal's page"));
  network.leg("websocket").lose("transport error", failure("code 1006"));
  assert.deepEqual(
    heard.map(([, error]) => error.message),
    ["the portal's page"],
  );
});

test("all of them together have the time of one", (t) => {
  const { network, clock, socket } = start(t, { ...both, timeout: 500 });
  const heard = record(socket, "connect_error");
  clock.advance(400);
  network.leg().lose();
  assert.equal(network.leg().transport, "websocket");
  clock.advance(99);
  assert.equal(heard.length, 0);
  clock.advance(1);
  assert.equal(heard.length, 1);
});

test("a WebSocket that can not connect is not remembered", (t) => {
  const { network, clock } = start(t, { ...both, rememberUpgrade: true });
  open(network, { upgrades: ["websocket"] });
  network.leg("websocket").open().packet("3probe");
  network.takePosts();
  network.leg("polling").answer("6");
  network.leg("websocket").lose("transport close");
  clock.advance(1000);
  network.leg("websocket").lose();
  assert.equal(network.leg().transport, "polling");
  open(network);
  network.takePosts();
  network.leg("polling").lose();
  clock.advance(1000);
  assert.equal(network.leg().transport, "polling");
});

suite("where no transport can run", () => {
  test("nobody is left to listen to the page, and a page that goes is no error", (t) => {
    const { clock, socket, page } = start(t, none);
    page.window.fire("pagehide", { persisted: false });
    for (let tries = 0; tries < 5; tries++) clock.advance(5000);
    socket.disconnect();
    page.assertDeserted();
    assert.deepEqual(clock.pending, []);
  });

  test("an error of before is not heard by an application that has left and come back", (t) => {
    const { clock, socket } = start(t, none);
    const heard = record(socket, "connect_error");
    socket.disconnect().connect();
    clock.advance(0);
    assert.equal(heard.length, 1);
  });
});
