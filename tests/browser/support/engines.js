// The browsers that tests can drive, by name.
import { Chromium } from "./drivers/chromium.js";
import { Firefox } from "./drivers/firefox.js";
import { Phantom, QtWebKit, WebKit } from "./drivers/webkits.js";

const ENGINES = { chromium: Chromium, firefox: Firefox, webkit: WebKit, qtwebkit: QtWebKit, phantom: Phantom };
export const names = Object.keys(ENGINES);

// Starts one. It has `name`, `version`, `can`, `open(url, options)`, `page(options)` and `close()`; its
// pages have the verbs of drivers/page.js.
export async function launch(name, options) {
  const Engine = ENGINES[name];
  if (!Engine) throw new Error(`there is no engine "${name}": ${names.join(", ")}`);
  return Engine.launch(options);
}
