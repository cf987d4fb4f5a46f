// Compiled only: a script that uses the global of the script-tag build.

/// <reference path="../../../pkg/index.d.ts" />

function send(ticket: string, file: File): Promise<boolean> {
  return incoming
    .Uploader(ticket, file)
    .start()
    .done.then((o) => o.finished);
}

console.log(send.name);
