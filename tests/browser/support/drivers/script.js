// JavaScript for a page: wrapped so that any engine can run it and its result travels as JSON. All of
// it is ES5, and ASCII: an engine that turns a lone surrogate into U+FFFD on its way never sees one.

export function ascii(value) {
  return JSON.stringify(value ?? null).replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

// An expression whose value is the answer as JSON, or a promise of it. `source` is an expression or a
// function; when its value is a function, that is called with `args`.
export function wrap(source, args) {
  return `(function () {
  function tell(answer) {
    return JSON.stringify(answer).replace(/[\\u007f-\\uffff]/g, function (unit) {
      return "\\\\u" + ("000" + unit.charCodeAt(0).toString(16)).slice(-4);
    });
  }
  function plain(value) { return tell({ value: value }); }
  function fault(error) {
    var text = String(error), stack = error && error.stack;
    if (stack) text = String(stack).indexOf(text) < 0 ? text + "\\n" + stack : stack;
    return tell({ error: text });
  }
  try {
    var value = (${source}
);
    if (typeof value === "function") value = value.apply(null, ${ascii(args)});
    if (value && typeof value.then === "function") return value.then(plain).then(null, fault);
    return plain(value);
  } catch (error) { return fault(error); }
})()`;
}

// The value in such an answer; `refuse` makes the error to throw for a bad one.
export function unwrap(json, refuse) {
  if (typeof json !== "string") throw refuse("the script does not parse");
  const { value, error } = JSON.parse(json);
  if (error !== undefined) throw refuse(error);
  return value;
}

// Runs in the page. The elements that `target` means: a selector, or an object of `css`, `text` (a part
// of what it contains) and `name` (what a screen reader would call it, exactly).
export function find(target) {
  if (typeof target === "string") target = { css: target };
  function words(text) {
    return String(text || "").replace(/\s+/g, " ").replace(/^ | $/g, "");
  }
  function nameOf(element) {
    var ids = element.getAttribute("aria-labelledby");
    var label = element.id && document.querySelector('label[for="' + element.id + '"]');
    return words(
      element.getAttribute("aria-label") ||
        (ids && document.getElementById(ids).textContent) ||
        (label && label.textContent) ||
        element.getAttribute("alt") ||
        element.textContent ||
        element.getAttribute("title")
    );
  }
  return Array.prototype.filter.call(document.querySelectorAll(target.css || "*"), function (element) {
    if (target.text !== undefined && words(element.textContent).indexOf(words(target.text)) < 0) return false;
    return target.name === undefined || nameOf(element) === target.name;
  });
}

// Runs in the page. Where to press so that the element gets it, or why that cannot be. Needs `find`.
export const place = `function (target) {
  ${find}
  var all = find(target), element, index, box, x, y, hit;
  function isShown(element) {
    var box = element.getBoundingClientRect();
    return box.width > 0 && box.height > 0 && getComputedStyle(element).visibility !== "hidden";
  }
  for (index = 0; index < all.length && !element; index += 1) if (isShown(all[index])) element = all[index];
  if (!element) return { problem: all.length ? "it is not visible" : "there is no such element" };
  if (element.disabled) return { problem: "it is disabled" };
  box = element.getBoundingClientRect();
  if (box.top < 0 || box.left < 0 || box.bottom > window.innerHeight || box.right > window.innerWidth) element.scrollIntoView(false);
  box = element.getBoundingClientRect();
  x = Math.floor(box.left + box.width / 2);
  y = Math.floor(box.top + box.height / 2);
  hit = document.elementFromPoint(x, y);
  if (!hit || !(element === hit || element.contains(hit) || hit.contains(element))) {
    return { problem: "it is covered by " + (hit ? hit.tagName + "#" + hit.id : "nothing of the page") };
  }
  return { x: x, y: y };
}`;

// Runs in the page. Puts `text` where the element's value was, as a paste would. Needs `find`.
export const replace = `function (target, text) {
  ${find}
  var element = find(target)[0];
  if (!element) return "there is no such element";
  element.focus();
  element.select();
  return document.execCommand(text === "" ? "delete" : "insertText", false, text) || element.value === text ? "" : "it takes no text";
}`;
