// Runs the features in a worker and tells the page of each.
"use strict";
importScripts("/encke.js", "/features.js");

self.onerror = function (message) {
  features.uncaught(message);
  self.postMessage({ error: String(message) });
};

self.onmessage = function (event) {
  var query = event.data;
  var context = { io: self.io, url: query.url, nowhere: query.nowhere, mode: query.mode, server: "encke" };
  features.runAll(context, function (result) {
    self.postMessage(result);
  }, function () {
    self.postMessage({ isDone: true });
  });
};
