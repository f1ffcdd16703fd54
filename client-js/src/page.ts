import { root } from "./root";

/**
 * What happens to the page as a whole. A page that slept is told of no lost connection and its
 * timers are late, so that whoever waits for something looks again when it wakes.
 */

function listen(target: any, event: string, callback: () => void): () => void {
  if (!target || !target.addEventListener) return () => {};
  target.addEventListener(event, callback, false);
  return () => target.removeEventListener(event, callback, false);
}

/** Calls `callback` when the page, or its network, is back. Gives the undo. */
export function onWake(callback: () => void): () => void {
  const { document } = root;
  const undo = [
    listen(root, "online", callback),
    listen(root, "pageshow", callback),
    listen(document, "visibilitychange", () => {
      if (!document.hidden) callback();
    }),
  ];
  return () => undo.forEach((each) => each());
}

/** Calls `callback` when the page goes for good. Gives the undo. */
export function onLeave(callback: () => void): () => void {
  return "onpagehide" in root
    ? listen(root, "pagehide", ((event: PageTransitionEvent) => {
        if (!event.persisted) callback();
      }) as () => void)
    : // A listener for this one would keep a page out of the back/forward cache.
      listen(root, "unload", callback);
}
