// Somebody who says a number every so often, and hears numbers: those of even number come back from the
// server, and those of odd number come from a friend who does the same. A page is one, and Node has the other.
// What came is kept, and a test says whether that is all of it. ES5.
function makeTalker(io) {
  "use strict";
  var TEXT = "\x1e é € ";
  var socket, room, timer, lastHeard;
  var isIn = false;
  var isAnswered = false;

  var talker = {
    said: 0,
    // Numbers, in the order in which they came.
    own: [],
    friends: [],
    // What came with another payload than belongs to its number.
    wrong: [],
    // What happened, as `[ms since 1970, what]`.
    story: [],
    // What must not happen, if it has.
    failure: "",
    // How many messages of the engine came in this session.
    messages: 0,
    // The longest time between two of them, in ms.
    silence: 0,
    // What they came over, as `[transport, ms of the first, ms of the last]`; a leg that is lost ends one.
    runs: [],

    begin: function (url, options, name) {
      room = name;
      socket = io(url, options);
      ["connect", "disconnect", "connect_error"].forEach(function (event) {
        socket.on(event, tell(event));
        // A page that is slow to begin may have to try again.
        socket.on(event, function () { if (timer || event === "disconnect") talker.failure = talker.failure || event; });
      });
      socket.io.on("open", attend);
      socket.on("message-back", function (number, payload) { hear(talker.own, number, payload); });
      socket.on("room-event", function (_, number, payload) { hear(talker.friends, number, payload); });
      socket.emit("join", room, function (answer) { isIn = answer === "ok"; });
    },

    isSettled: function (transport) {
      return isIn && socket.io.engine.transport.name === transport;
    },

    // From now on a number every so many milliseconds.
    start: function (ms) {
      timer = setInterval(say, ms);
    },

    // Gives how many there were.
    stop: function () {
      clearInterval(timer);
      return talker.said;
    },

    // Whether all has come back that was said up to this number, and from the friend up to that one.
    hasHeard: function (said, friendSaid) {
      return talker.own.length >= Math.floor(said / 2) && talker.friends.length >= Math.ceil(friendSaid / 2);
    },

    // Whether something came over this transport since then; gives how many ms after.
    hasHeardOver: function (transport, since) {
      var runs = talker.runs.filter(function (run) { return run[0] === transport && run[2] > since; });
      return runs.length > 0 && { ms: Math.max(0, runs[0][1] - since) };
    },

    // Whether so many legs were lost since then.
    hasLost: function (legs, since) {
      return talker.story.filter(function (told) { return told[0] >= since && told[1].indexOf("detach") === 0; }).length >= legs;
    },

    // What comes once too often comes before the answer.
    ask: function () {
      socket.emit("message-with-ack", "end", function () { isAnswered = true; });
    },

    hasAnswer: function () {
      return isAnswered;
    },

    leave: function () {
      socket.io.disconnect();
    }
  };
  return talker;

  function attend() {
    var engine = socket.io.engine;
    talker.messages = 0;
    engine.on("message", note);
    engine.on("detach", function (why) {
      lastHeard = lastHeard && { at: lastHeard.at };
      tell("detach")(why);
    });
    engine.on("resume", tell("resume"));
    engine.on("upgrade", tell("upgrade"));
    engine.on("upgradeError", tell("upgradeError"));
  }

  function tell(event) {
    return function (about) {
      talker.story.push([Date.now(), event + (about ? " " + (about.message || about.name || JSON.stringify(about)) : "")]);
    };
  }

  function note() {
    var now = Date.now();
    var over = socket.io.engine.transport.name;
    talker.messages += 1;
    if (lastHeard) talker.silence = Math.max(talker.silence, now - lastHeard.at);
    if (lastHeard && lastHeard.over === over) talker.runs[talker.runs.length - 1][2] = now;
    else talker.runs.push([over, now, now]);
    lastHeard = { at: now, over: over };
  }

  function say() {
    var number = (talker.said += 1);
    var payload = payloadOf(number);
    if (number % 2) socket.emit("to-others", room, number, payload);
    else if (number % 4) socket.emit("message", number, payload);
    else {
      socket.emit("message-with-ack", number, payload, function (number, payload) { hear(talker.own, number, payload); });
    }
  }

  function hear(list, number, payload) {
    list.push(number);
    if (show(payload) !== show(payloadOf(number))) talker.wrong.push(number + ": " + show(payload));
  }

  // Every third one is binary.
  function payloadOf(number) {
    return number % 3 ? TEXT + number : new Uint8Array([number & 0xff, number >> 8, 0x1e, 0xff]);
  }

  function show(payload) {
    if (!payload || payload.byteLength === undefined) return String(payload);
    return "bytes " + Array.prototype.join.call(new Uint8Array(payload), " ");
  }
}
