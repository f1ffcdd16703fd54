// The last numbers, as a row of cells that wraps: how each of them came.
function Strip(list, room) {
  "use strict";
  var KINDS = { late: "sent while away", lost: "lost", wrong: "repeated or out of order" };

  function add(text, kind) {
    var cell = document.createElement("li");
    cell.appendChild(document.createTextNode(text));
    if (kind) {
      cell.className = kind;
      cell.title = KINDS[kind];
    }
    list.appendChild(cell);
    while (list.childNodes.length > room) list.removeChild(list.firstChild);
  }

  return {
    add: add,
    // Many that are lost are one cell.
    lose: function (first, last) {
      add(first === last ? String(first) : first + "–" + last, "lost");
    }
  };
}
