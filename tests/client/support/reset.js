// Breaks a connection so that the other end is told of an error. A socket whose end is under way can not be
// reset: Node would keep its handle, and its process could not exit.
export function reset(socket) {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}
