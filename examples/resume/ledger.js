// Keeps account of numbers: whether each comes once, and in order. What the first one should have been
// is not known, so that it is right whatever it is. src/ledger.rs does the same for the server.
function Ledger() {
  "use strict";
  var gaps = [];
  var ledger = { taken: 0, last: null, lost: 0, repeated: 0, disordered: 0 };

  // Gives the numbers that are passed over by this one, as [first, last], if there are any.
  ledger.enter = function (number) {
    var index, gap, passed;
    ledger.taken += 1;
    if (ledger.last === null || number > ledger.last) {
      if (ledger.last !== null && number > ledger.last + 1) {
        passed = [ledger.last + 1, number - 1];
        gaps.push(passed.slice());
        ledger.lost += number - ledger.last - 1;
      }
      ledger.last = number;
      return passed;
    }
    for (index = 0; index < gaps.length; index += 1) {
      gap = gaps[index];
      if (number < gap[0] || number > gap[1]) continue;
      ledger.lost -= 1;
      ledger.disordered += 1;
      gaps.splice(index, 1);
      if (number < gap[1]) gaps.splice(index, 0, [number + 1, gap[1]]);
      if (gap[0] < number) gaps.splice(index, 0, [gap[0], number - 1]);
      return undefined;
    }
    ledger.repeated += 1;
    return undefined;
  };
  return ledger;
}
