// What the page remembers. A browser may forbid storage; the chat works without.

export function remember(storage, key, value) {
  try {
    storage.setItem(key, JSON.stringify(value));
  } catch {}
}

export function recall(storage, key) {
  try {
    return JSON.parse(storage.getItem(key));
  } catch {
    return null;
  }
}
