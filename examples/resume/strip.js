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
    if (list.childNodes.length > room) dropRow();
  }

  // A whole row, so that the others stay as they are.
  function dropRow() {
    var top = list.firstChild.offsetTop;
    var first = Array.prototype.filter.call(list.childNodes, function (cell) {
      return cell.offsetTop === top;
    });
    first.forEach(function (cell) {
      list.removeChild(cell);
    });
  }

  return {
    add: add,
    // Many that are lost are one cell.
    lose: function (first, last) {
      add(first === last ? String(first) : first + "–" + last, "lost");
    }
  };
}
