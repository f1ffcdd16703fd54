// The page: numbers come down and go up, and it keeps account of what a connection that breaks does to
// them. For browsers since 2014, so without what came to the language or the platform later.
(function () {
  "use strict";
  var UP_EVERY_MS = 200;
  var WATCH_EVERY_MS = 500;
  var SHOW_EVERY_MS = 250;
  var STRIP = 85;
  var LINES = 60;
  // A number that left the server so shortly before the page was back may have come as any other.
  var AT_ONCE_MS = 50;
  var TRANSPORTS = { websocket: "WebSocket", polling: "long-polling" };

  var page = makeId();
  var chosen = /[?&]transport=(websocket|polling)\b/.exec(location.search);
  var socket = io({
    query: { page: page },
    transports: chosen ? [chosen[1]] : undefined,
    // Somebody is looking on; the default is kinder to a server that many clients have lost.
    reconnectionDelay: 300,
    reconnectionDelayMax: 1000
  });

  var down = Ledger();
  var strip = Strip(at("strip"), STRIP);
  var counts = { connect: 0, disconnect: 0, detach: 0, resume: 0 };
  var times = { window: 0, short: 0, long: 0 };
  var sent = 0;
  var late = 0;
  var most = 0;
  var engine = null;
  // What the server's clock is behind this page's, at most: the fastest message tells.
  var behind = Infinity;
  var isDetached = false;
  var detachedAt = 0;
  var resumedAt = null;
  // Since the page was last back: how many came late, the first of them and the last.
  var burst = null;
  // Until when the plug is out, if it was this page that pulled it.
  var pulled = null;
  var view = null;

  function at(id) {
    return document.getElementById(id);
  }

  function makeId() {
    var id = "";
    while (id.length < 16) id += Math.random().toString(36).slice(2);
    return id.slice(0, 16);
  }

  function now() {
    return new Date().getTime();
  }

  function write(id, text) {
    text = String(text);
    // A reader is told of changes only.
    if (at(id).textContent !== text) at(id).textContent = text;
  }

  function seconds(ms) {
    return (ms / 1000).toFixed(1) + " s";
  }

  function transport() {
    var name = engine && engine.transport && engine.transport.name;
    return TRANSPORTS[name] || name || "none";
  }

  // ---- What happened ---------------------------------------------------------------------

  function log(event, text) {
    var list = at("log");
    var line = document.createElement("li");
    var time = document.createElement("time");
    var name = document.createElement("b");
    time.appendChild(document.createTextNode(new Date().toTimeString().slice(0, 8)));
    name.appendChild(document.createTextNode(event));
    [time, name].forEach(function (part) {
      line.appendChild(part);
      line.appendChild(document.createTextNode(" "));
    });
    line.appendChild(document.createTextNode(text));
    list.insertBefore(line, list.firstChild);
    while (list.childNodes.length > LINES) list.removeChild(list.lastChild);
  }

  function tellBurst() {
    if (!burst) return;
    var isRight = burst.wrong === down.repeated + down.disordered && burst.lost === down.lost;
    log("replayed", burst.count + " numbers sent while this page was away, " + burst.first + " to " + down.last +
      (isRight ? ": each once, in order" : ": not as they should be"));
    burst = null;
  }

  // ---- Numbers down ----------------------------------------------------------------------

  socket.on("count", function (number, sentAt) {
    var time = now();
    var wrong = down.repeated + down.disordered;
    var lost = down.lost;
    var passed, isLate, isWrong;
    behind = Math.min(behind, time - sentAt);
    isLate = resumedAt !== null && sentAt + behind < resumedAt - AT_ONCE_MS;
    if (!isLate) tellBurst();
    passed = down.enter(number);
    isWrong = down.repeated + down.disordered > wrong;
    if (passed) strip.lose(passed[0], passed[1]);
    strip.add(String(number), isWrong ? "wrong" : isLate ? "late" : "");
    if (isLate) {
      late += 1;
      burst = burst || { first: number, count: 0, wrong: wrong, lost: lost };
      burst.count += 1;
    }
    if (passed) log("lost", passed[1] - passed[0] + 1 + " numbers, " + passed[0] + " to " + passed[1]);
    write("down", down.last);
  });

  // ---- Numbers up ------------------------------------------------------------------------

  function send() {
    sent += 1;
    // The client keeps it if there is no connection, also before the first.
    socket.emit("number", sent);
    showSent();
  }

  function showSent() {
    write("up", sent);
    if (view) write("waiting", Math.max(0, sent - view.up.last));
  }

  // ---- The connection --------------------------------------------------------------------

  function follow() {
    if (engine === socket.io.engine) return;
    engine = socket.io.engine;
    isDetached = false;
    resumedAt = null;
    engine.on("detach", function (reason) {
      counts.detach += 1;
      isDetached = true;
      detachedAt = now();
      log("detach", "the connection is lost (" + reason + "), the session is not");
      show();
    });
    engine.on("resume", function (about) {
      counts.resume += 1;
      isDetached = false;
      resumedAt = now();
      pulled = null;
      log("resume", "over " + transport() + " after " + seconds(resumedAt - detachedAt) + "; " + about.sent +
        " messages go up that the server has not confirmed");
      show();
    });
    engine.on("upgrade", function () {
      log("upgrade", "to " + transport());
      show();
    });
  }

  socket.on("connect", function () {
    counts.connect += 1;
    pulled = null;
    follow();
    log("connect", "a new session, over " + transport() + "; recovered: " + socket.recovered);
    show();
  });

  socket.on("disconnect", function (reason) {
    counts.disconnect += 1;
    log("disconnect", "the session is lost (" + reason + ")");
    show();
  });

  socket.on("connect_error", function (error) {
    // While it tries again, this comes often.
    if (!socket.active) log("refused", error.message);
  });

  // The server knows of the page from then on.
  socket.once("connect", watch);

  socket.on("hello", function (hello) {
    times = hello;
    write("pull", "Pull the plug for " + times["short"] + " s");
    write("stay", "Stay away for " + times["long"] + " s");
    write("window", times.window + " s");
  });

  function isAttached() {
    return socket.connected && !isDetached;
  }

  function pull(absence) {
    if (!isAttached()) return;
    pulled = now() + times[absence] * 1000;
    log("plug", "out for " + times[absence] + " s");
    socket.emit("pull", absence);
    show();
  }

  // ---- What the server knows -------------------------------------------------------------

  function watch() {
    var request = new XMLHttpRequest();
    request.onreadystatechange = function () {
      if (request.readyState !== 4) return;
      view = request.status === 200 ? JSON.parse(request.responseText) : null;
      if (view) most = Math.max(most, view.bytes);
      show();
      setTimeout(watch, WATCH_EVERY_MS);
    };
    request.open("GET", "watch?page=" + page + "&t=" + now().toString(36), true);
    request.send();
  }

  // ---- All that is shown -----------------------------------------------------------------

  function describe(isOut) {
    if (isAttached()) return isOut ? "Pulling the plug" : "Connected over " + transport();
    if (isOut) return socket.connected ? "Unplugged" : "Still unplugged, and the session is over";
    return counts.connect ? "Connecting again" : "Connecting";
  }

  function judge(id, account) {
    var isRight = account.lost + account.repeated + account.disordered === 0;
    write(id, "lost " + account.lost + ", repeated " + account.repeated + ", out of order " + account.disordered);
    at(id).className = isRight ? "verdict good" : "verdict bad";
  }

  function show() {
    var left = pulled === null ? 0 : Math.ceil((pulled - now()) / 1000);
    document.body.setAttribute("data-state", isAttached() ? "attached" : socket.connected ? "detached" : "gone");
    write("state", describe(left > 0));
    // Apart, so that no reader reads each second aloud.
    write("left", left > 0 && !isAttached() ? ", back in " + left + " s" : "");
    [at("pull"), at("stay")].forEach(function (button) {
      button.setAttribute("aria-disabled", String(!isAttached()));
    });
    judge("down-verdict", down);
    write("late", late);
    write("transport-used", isAttached() ? transport() : "none");
    write("detaches", counts.detach);
    write("resumes", counts.resume);
    write("connects", counts.connect);
    write("disconnects", counts.disconnect);
    write("recovered", counts.connect ? String(socket.recovered) : "–");
    at("server").className = view ? "card" : "card stale";
    if (!view) return;
    judge("up-verdict", view.up);
    write("arrived", view.up.last);
    showSent();
    write("server-state", view.state);
    write("server-detaches", view.detaches);
    write("server-resumes", view.resumes);
    write("server-connects", view.connects);
    write("server-disconnects", view.disconnects);
    write("bytes", view.bytes);
    write("most", most);
  }

  at("pull").onclick = function () {
    pull("short");
  };
  at("stay").onclick = function () {
    pull("long");
  };
  at("send").onclick = send;
  at("transport").value = chosen ? chosen[1] : "";
  at("transport").onchange = function () {
    // A new page, so that its accounts begin anew.
    location.search = this.value ? "?transport=" + this.value : "";
  };

  setInterval(send, UP_EVERY_MS);
  setInterval(show, SHOW_EVERY_MS);
  show();

  // For the browser's console, and for tests.
  window.socket = socket;
})();
