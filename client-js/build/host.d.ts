// What the client touches of Node, each behind a check.
declare const process: any;
declare const global: any;
